// lsuv: the variance that it reaches, the number of tries, and failures.
#include <satur/initializer.hpp>

#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

using satur_test::refusal;

namespace {

/// A network of dense layers and tanh in plain loops, as a user may write it.
template <class T> struct plain_net {
  std::size_t batch = 200;
  std::vector<std::size_t> widths{30, 50, 40, 60};
  std::vector<std::vector<T>> w, b;
  std::vector<T> input;

  explicit plain_net(double gain) {
    std::mt19937_64 g(3);
    input.resize(batch * widths[0]);
    satur::fill(satur::normal{0.3, 2}, input, {1, 1}, g);
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
      w.emplace_back(widths[l] * widths[l + 1]);
      b.emplace_back(widths[l + 1]);
      satur::fill(satur::orthogonal{gain}, w.back(), satur::fans{widths[l], widths[l + 1]}, g);
    }
  }
  std::vector<T> z(std::size_t layer) const {
    std::vector<T> a = input;
    for (std::size_t l = 0;; ++l) {
      std::vector<T> out(batch * widths[l + 1]);
      for (std::size_t i = 0; i < batch; ++i) {
        for (std::size_t o = 0; o < widths[l + 1]; ++o) {
          T sum = b[l][o];
          for (std::size_t k = 0; k < widths[l]; ++k) {
            sum += a[i * widths[l] + k] * w[l][k * widths[l + 1] + o];
          }
          out[i * widths[l + 1] + o] = sum;
        }
      }
      if (l == layer) {
        return out;
      }
      for (T& x : out) {
        x = std::tanh(x);
      }
      a = out;
    }
  }
};

template <class T> double variance_of(std::vector<T> const& x) {
  double mean = 0;
  for (T v : x) {
    mean += static_cast<double>(v) / static_cast<double>(x.size());
  }
  double sum = 0;
  for (T v : x) {
    sum += std::pow(static_cast<double>(v) - mean, 2);
  }
  return sum / static_cast<double>(x.size());
}

} // namespace

TEST_CASE_TEMPLATE("lsuv: layers without bias need one try each", T, float, double) {
  for (double const gain : {0.01, 1.0, 30.0}) {
    plain_net<T> net(gain);
    for (std::size_t l = 0; l < net.w.size(); ++l) {
      auto const before = net.w[l];
      double const first = variance_of(net.z(l));
      satur::lsuv_report const r = satur::lsuv(net.w[l], [&] { return net.z(l); });
      CHECK(r.tries == 1);
      CHECK(r.first_variance == doctest::Approx(first).epsilon(1e-6));
      CHECK(r.variance == doctest::Approx(1).epsilon(1e-5));
      CHECK(variance_of(net.z(l)) == doctest::Approx(1).epsilon(1e-5));
      CHECK(r.factor == doctest::Approx(1 / std::sqrt(first)).epsilon(1e-6));
      CHECK(static_cast<double>(net.w[l][7]) == doctest::Approx(static_cast<double>(before[7]) * r.factor));
      // A second call changes nothing.
      satur::lsuv_report const again = satur::lsuv(net.w[l], [&] { return net.z(l); });
      CHECK(again.tries == 0);
      CHECK(again.factor == 1);
      CHECK(again.first_variance == again.variance);
    }
  }
}

TEST_CASE("lsuv: another target variance, and a layer with bias") {
  plain_net<double> net(1);
  auto const z = [&] { return net.z(0); };
  satur::lsuv(net.w[0], z, {.variance = 0.25, .tolerance = 1e-9});
  CHECK(variance_of(net.z(0)) == doctest::Approx(0.25).epsilon(1e-9));
  for (std::size_t o = 0; o < net.b[0].size(); ++o) {
    net.b[0][o] = o % 2 == 0 ? 0.6 : -0.6; // a variance of 0.36 that no scaling removes
  }
  double const w_before = net.w[0][7];
  double const first = variance_of(net.z(0));
  satur::lsuv_report const r = satur::lsuv(net.w[0], z, {.tolerance = 1e-3, .tries = 30});
  CHECK(r.tries > 1);
  CHECK(r.factor == doctest::Approx(net.w[0][7] / w_before).epsilon(1e-12)); // of all tries together
  CHECK(r.first_variance == doctest::Approx(first).epsilon(1e-12));
  CHECK(r.variance == doctest::Approx(variance_of(net.z(0))).epsilon(1e-12));
  CHECK(variance_of(net.z(0)) == doctest::Approx(1).epsilon(1e-3));
  // The bias alone has more variance than the target: not reachable.
  auto const before = net.w[0];
  bool thrown = false;
  double last_weight = 0;
  try {
    auto const seen = [&] {
      last_weight = net.w[0][7];
      return net.z(0);
    };
    satur::lsuv(net.w[0], seen, {.variance = 0.2, .tries = 7, .layer = "fc1"});
  } catch (satur::lsuv_error const& e) {
    thrown = true;
    std::string const said = e.what();
    CHECK(said.starts_with("satur::lsuv: layer fc1: the variance of z is 0."));
    CHECK(
        said.ends_with(" after 7 tries, wanted 0.2 within 0.01 of it; a bias may have the rest: set it to 0 first, or "
                       "allow more tries; the weights are as they were"));
    CHECK(e.report.tries == 7);
    CHECK(e.report.variance > 0.2);
    CHECK(e.report.first_variance == doctest::Approx(1).epsilon(1e-3));
    CHECK(e.report.factor == doctest::Approx(last_weight / before[7]).epsilon(1e-12));
  }
  CHECK(thrown);
  CHECK(net.w[0] == before);
}

TEST_CASE("lsuv: layers that cannot be scaled and invalid options throw") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  auto const said = [](std::vector<double> const& z, satur::lsuv_options const& options = {}) {
    std::vector<float> w{1, 2, 3};
    std::string words;
    try {
      satur::lsuv(
          w, [&] { return std::span<double const>(z); }, options);
    } catch (satur::lsuv_error const& e) {
      words = e.what();
    }
    CHECK(w == std::vector<float>{1, 2, 3});
    return words;
  };
  CHECK(said({}) == "satur::lsuv: z is empty; give a batch; the weights are as they were");
  CHECK(said({1, nan}) == "satur::lsuv: z holds NaN or infinity, or its variance overflows; look at the "
                          "input and the layers before; the weights are as they were");
  CHECK(said({1, std::numeric_limits<double>::infinity()}).starts_with("satur::lsuv: z holds NaN"));
  CHECK(said({0, 0, 0}, {.layer = "conv2"}) ==
        "satur::lsuv: layer conv2: every z is 0, whose variance no scaling changes; look for a dead layer "
        "before, or weights of 0; the weights are as they were");
  CHECK(said({0.1, 0.1, 0.1}).starts_with("satur::lsuv: every z is 0.1, whose"));
  CHECK(said({1, 4}).starts_with("satur::lsuv: the variance of z is 2.25 after 10 tries, wanted 1"));
  auto const refused = [](satur::lsuv_options const& options) {
    return refusal([&] {
      std::vector<float> w{1};
      satur::lsuv(
          w,
          [] {
            return std::vector<float>{1, 2};
          },
          options);
    });
  };
  CHECK(refused({.variance = 0}) == "satur::lsuv: variance is 0; allowed: a finite number > 0");
  CHECK(refused({.variance = nan}) == "satur::lsuv: variance is nan; allowed: a finite number > 0");
  CHECK(refused({.tolerance = -1}) == "satur::lsuv: tolerance is -1; allowed: a finite number > 0");
  CHECK(refused({.tries = 0}) == "satur::lsuv: tries is 0; allowed: at least 1");
}
