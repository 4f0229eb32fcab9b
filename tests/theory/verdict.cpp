// Verdicts before the first step, against nets that are trained, nets that are drawn, and closed forms.
#include "support/slow.hpp"

#include "satur/activation.hpp"
#include "satur/initializer.hpp"
#include "satur/theory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

namespace theory = satur::theory;
using satur::any_activation;
using theory::start_problem;
using numbers = std::vector<double>;

bool has(std::string const& text, std::string const& words) { return text.find(words) != std::string::npos; }
double off(double got, double exact) { return std::fabs(got / exact - 1.0); }

std::vector<std::size_t> same(std::size_t width, std::size_t layers) {
  return std::vector<std::size_t>(layers + 1, width);
}
template <class A> theory::verdict verdict_of(A const& act, theory::network const& net) {
  return theory::judge(any_activation(act), net); // one type: judge is compiled once
}

// --- a net of dense layers, drawn from laws of mean 0 ----------------------------------------------------------------

struct dense_net {
  any_activation act;
  std::vector<satur::fans> sizes{};
  std::vector<numbers> w{}, b{}, z{}, a{}, dz{};

  dense_net(any_activation const& activation, std::vector<theory::layer_law> const& laws, std::uint64_t seed)
      : act(activation) {
    std::mt19937_64 urbg(seed);
    for (theory::layer_law const& law : laws) {
      sizes.push_back(law.size);
      w.emplace_back(law.size.in * law.size.out);
      satur::fill(satur::normal{0.0, std::sqrt(law.weight_variance)}, w.back(), law.size, urbg);
      b.emplace_back(law.size.out);
    }
    z.resize(laws.size());
    a.resize(laws.size());
    dz.resize(laws.size());
  }
  /// f of the last layer is the identity if `logits`.
  void forward(double const* x, std::size_t batch, bool logits) {
    for (std::size_t l = 0; l < w.size(); ++l) {
      auto const [in, out] = sizes[l];
      double const* from = l == 0 ? x : a[l - 1].data();
      z[l].resize(batch * out);
      for (std::size_t s = 0; s < batch; ++s) {
        double* const to = z[l].data() + s * out;
        std::copy(b[l].begin(), b[l].end(), to);
        for (std::size_t i = 0; i < in; ++i) {
          for (std::size_t j = 0; j < out; ++j) {
            to[j] += from[s * in + i] * w[l][i * out + j];
          }
        }
      }
      a[l] = z[l];
      if (l + 1 < w.size() || !logits) {
        for (double& e : a[l]) {
          e = act.value(e);
        }
      }
    }
  }
  /// From dz of the last layer to dz of the layers below.
  void backward(std::size_t batch) {
    for (std::size_t l = w.size(); l-- > 1;) {
      auto const [in, out] = sizes[l];
      dz[l - 1].resize(batch * in);
      for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t i = 0; i < in; ++i) {
          double sum = 0.0;
          for (std::size_t j = 0; j < out; ++j) {
            sum += dz[l][s * out + j] * w[l][i * out + j];
          }
          dz[l - 1][s * in + i] = sum * act.derivative(z[l - 1][s * in + i]);
        }
      }
    }
  }
};

// --- a task: 4 classes of 3 clouds each, 8 numbers ------------------------------------------------------------------

constexpr std::size_t inputs = 8;
constexpr std::size_t classes = 4;
constexpr std::size_t width = 20;
constexpr std::size_t batch = 16;
constexpr std::size_t steps = 200;

struct samples {
  numbers x;
  std::vector<std::size_t> label;
};
samples draw_samples(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 of_centers(99);
  std::mt19937_64 urbg(seed);
  numbers centers(classes * 3 * inputs);
  satur::fill(satur::normal{0.0, 0.85}, centers, satur::fans{1, 1}, of_centers);
  samples all{numbers(count * inputs), {}};
  satur::fill(satur::normal{0.0, 0.5}, all.x, satur::fans{1, 1}, urbg);
  for (std::size_t s = 0; s < count; ++s) {
    std::size_t const cloud = urbg() % (classes * 3);
    all.label.push_back(cloud % classes);
    for (std::size_t i = 0; i < inputs; ++i) {
      all.x[s * inputs + i] += centers[cloud * inputs + i];
    }
  }
  return all;
}

/// Share of right answers on other samples, after 200 steps of gradient descent.
double accuracy_after_training(any_activation const& act, std::vector<theory::layer_law> laws, double rate) {
  static samples const train = draw_samples(steps * batch, 1);
  static samples const test = draw_samples(500, 2);
  satur::fans const last{laws.back().size.out, classes};
  laws.push_back(theory::law_of(satur::glorot_normal{}, last));
  dense_net net(act, laws, 11);
  std::size_t const top = laws.size() - 1;
  for (std::size_t k = 0; k < steps; ++k) {
    double const* const x = &train.x[k * batch * inputs];
    net.forward(x, batch, true);
    net.dz[top].resize(batch * classes);
    for (std::size_t s = 0; s < batch; ++s) {
      double const* const z = &net.z[top][s * classes];
      double const highest = *std::max_element(z, z + classes);
      double sum = 0.0;
      for (std::size_t j = 0; j < classes; ++j) {
        sum += std::exp(z[j] - highest);
      }
      for (std::size_t j = 0; j < classes; ++j) {
        double const wanted = train.label[k * batch + s] == j ? 1.0 : 0.0;
        net.dz[top][s * classes + j] = (std::exp(z[j] - highest) / sum - wanted) / static_cast<double>(batch);
      }
    }
    net.backward(batch);
    for (std::size_t l = 0; l <= top; ++l) {
      auto const [in, out] = net.sizes[l];
      double const* const from = l == 0 ? x : net.a[l - 1].data();
      for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t j = 0; j < out; ++j) {
          net.b[l][j] -= rate * net.dz[l][s * out + j];
        }
        for (std::size_t i = 0; i < in; ++i) {
          for (std::size_t j = 0; j < out; ++j) {
            net.w[l][i * out + j] -= rate * net.dz[l][s * out + j] * from[s * in + i];
          }
        }
      }
    }
  }
  net.forward(test.x.data(), test.label.size(), true);
  double right = 0.0;
  for (std::size_t s = 0; s < test.label.size(); ++s) {
    double const* const z = &net.z[top][s * classes];
    right += std::max_element(z, z + classes) == z + test.label[s] ? 1.0 : 0.0;
  }
  return right / static_cast<double>(test.label.size());
}

struct rule {
  char const* name;
  bool glorot;
  double gain;
};
theory::network task_net(rule const& r, std::size_t depth) {
  std::vector<std::size_t> widths{inputs};
  widths.resize(depth + 1, width);
  return r.glorot ? theory::network_of(satur::glorot_normal{r.gain}, widths)
                  : theory::network_of(satur::lecun_normal{r.gain}, widths);
}
/// The better of two learning rates, the second one only where the first one does not do.
double trained(any_activation const& act, theory::network const& net, double enough) {
  double const first = accuracy_after_training(act, net.layers, 0.1);
  return first >= enough ? first : std::max(first, accuracy_after_training(act, net.layers, 0.3));
}

/// No number that a reader cannot use.
bool plain(std::string const& text) {
  for (char const* word : {"inf", "nan", "e-", "e+", "  "}) {
    if (std::string rest = text; has(rest.erase(0, 1), word) && !has(text, "finite")) {
      return false;
    }
  }
  return !text.empty() && text.back() == '.';
}

/// Medians over drawn nets: size of dL/dz in the first layer over the last one's, and the mean slope of a layer.
std::pair<double, double> drawn(any_activation const& act, theory::network const& net, std::size_t layer) {
  numbers sizes;
  numbers slopes;
  for (int k = 0; k < 30; ++k) {
    dense_net d(act, net.layers, 100u + static_cast<unsigned>(k));
    std::mt19937_64 urbg(7u + static_cast<unsigned>(k));
    numbers x(net.layers.front().size.in);
    satur::fill(satur::normal{}, x, satur::fans{1, 1}, urbg);
    d.forward(x.data(), 1, false);
    numbers& last = d.dz.back();
    last.resize(d.sizes.back().out);
    satur::fill(satur::normal{}, last, satur::fans{1, 1}, urbg);
    d.backward(1);
    auto const square = [](numbers const& v) {
      double sum = 0.0;
      for (double const e : v) {
        sum += e * e;
      }
      return sum;
    };
    sizes.push_back(std::sqrt(square(d.dz.front()) / square(last)));
    double mean = 0.0;
    for (double const z : d.z[layer]) {
      mean += act.derivative(z) / static_cast<double>(d.z[layer].size());
    }
    slopes.push_back(mean);
  }
  std::sort(sizes.begin(), sizes.end());
  std::sort(slopes.begin(), slopes.end());
  return {sizes[sizes.size() / 2], slopes[slopes.size() / 2]};
}

} // namespace

TEST_CASE("judge: fine for every combination that trains, and not fine for those that clearly do not") {
  if (test::left_out_if_slow()) {
    return;
  }
  std::vector<rule> const rules{{"glorot", true, 1.0},
                                {"he", false, std::sqrt(2.0)},
                                {"PyTorch's default", false, std::sqrt(1.0 / 3.0)},
                                {"LeCun's times 3", false, 3.0}};
  any_activation const activations[] = {satur::tanh{},     satur::sigmoid{}, satur::relu{}, satur::leaky_relu{},
                                        satur::softsign{}, satur::selu{},    satur::gelu{}, satur::softplus{}};
  double const best = trained(satur::relu{}, task_net(rules[1], 1), 1.0);
  CHECK(best > 0.8);
  int fine = 0;
  int fine_and_trains = 0;
  int ill = 0;
  for (any_activation const& act : activations) {
    for (rule const& r : rules) {
      for (std::size_t const depth : {1u, 3u, 6u}) {
        theory::network const net = task_net(r, depth);
        theory::verdict const v = theory::judge(act, net);
        double const accuracy = trained(act, net, 0.8 * best);
        CAPTURE(act.name);
        CAPTURE(r.name);
        CAPTURE(depth);
        CAPTURE(accuracy);
        CAPTURE(v.text);
        CHECK((v.healthy() || accuracy < 0.8 * best));
        CHECK(plain(v.text));
        CHECK(has(v.text, "Fine: ") == v.healthy());
        fine += v.healthy() ? 1 : 0;
        fine_and_trains += v.healthy() && accuracy >= 0.8 * best ? 1 : 0;
        ill += v.healthy() ? 0 : 1;
      }
    }
  }
  MESSAGE(fine_and_trains << " of " << fine << " that are judged fine train, none of " << ill << " others");
  CHECK(fine_and_trains >= 9 * fine / 10);
  CHECK(ill >= 10);

  struct failure {
    any_activation act;
    rule how;
    std::size_t depth;
  };
  failure const failures[] = {{satur::sigmoid{}, rules[0], 8},
                              {satur::tanh{}, {"times 20", false, 20.0}, 3},
                              {satur::tanh{}, {"times 20", false, 20.0}, 6},
                              {satur::relu{}, {"times 0.1", false, 0.1}, 8},
                              {satur::relu{}, {"times 20", false, 20.0}, 3},
                              {satur::softsign{}, {"times 0.1", false, 0.1}, 6},
                              {satur::tanh{}, {"zeros", false, 0.0}, 3}};
  for (failure const& f : failures) {
    theory::network const net = task_net(f.how, f.depth);
    theory::verdict const v = theory::judge(f.act, net);
    CAPTURE(f.act.name);
    CAPTURE(f.how.name);
    CAPTURE(v.text);
    CHECK(!v.healthy());
    double const before = trained(f.act, net, 1.0);
    CHECK(before < 0.8 * best);
    if (v.all_layers) { // the advice, followed
      theory::network advised = net;
      for (theory::layer_law& law : advised.layers) {
        law.weight_variance *= v.advised_factor * v.advised_factor;
      }
      double const after = trained(f.act, advised, 1.0);
      CAPTURE(before);
      CAPTURE(after);
      CHECK(after > before + 0.05);
      CHECK((after >= 0.8 * best || f.act.name == satur::sigmoid::name)); // its gradient still falls 15 times
    }
  }
}

TEST_CASE("judge: now and after the advice, drawn networks agree with the numbers") {
  struct ill {
    any_activation act;
    double gain;
    std::size_t depth;
    start_problem problem;
  };
  for (ill const& i :
       {ill{satur::tanh{}, 0.5, 8, start_problem::weights}, ill{satur::tanh{}, 20.0, 3, start_problem::weights},
        ill{satur::sigmoid{}, 1.0, 8, start_problem::weights}, ill{satur::relu{}, 0.5, 6, start_problem::weights},
        ill{satur::softplus{}, 0.6, 6, start_problem::weights}}) {
    theory::network net = theory::network_of(satur::lecun_normal{i.gain}, same(150, i.depth));
    theory::verdict const v = theory::judge(i.act, net);
    CAPTURE(v.text);
    REQUIRE(v.problem == i.problem);
    REQUIRE(v.all_layers);
    double const usual = theory::moments(i.act, 0.0, 1.0).mean_derivative;
    auto const [size, slope] = drawn(i.act, net, v.layer);
    CHECK(off(size, v.gradient_size) < 0.15);
    CHECK(off(slope / usual, v.slope_share) < 0.15);
    CHECK(off(v.gradient_factor, std::pow(v.gradient_size, 2.0 / static_cast<double>(i.depth - 1))) < 1e-12);
    for (theory::layer_law& law : net.layers) {
      law.weight_variance *= v.advised_factor * v.advised_factor;
    }
    auto const [size_after, slope_after] = drawn(i.act, net, v.layer);
    REQUIRE(v.predicted.layers.size() == i.depth);
    CHECK(off(size_after, std::sqrt(v.predicted.layers[0].gradient_norm_squared)) < 0.2);
    CHECK(std::fabs(std::log(size_after)) < std::fabs(std::log(size))); // it helps
    CHECK((size_after > 0.01 && size_after < 10.0));
    CHECK(slope_after / usual > 0.2);
  }
}

TEST_CASE("judge: closed forms for relu, in sizes and not in squares") {
  // lecun_normal{g}: sigma_w^2 = g^2, chi = g^2/2, so sizes change by g/sqrt 2 a layer.
  theory::verdict const v = verdict_of(satur::relu{}, theory::network_of(satur::lecun_normal{0.5}, same(100, 9)));
  CHECK(off(v.gradient_size, std::pow(0.5 / std::sqrt(2.0), 8)) < 1e-12);
  CHECK(off(v.gradient_factor, 0.125) < 1e-12);
  CHECK(v.slope_share == doctest::Approx(1.0));
  CHECK(v.gradient == theory::gradient_trend::vanishing);
  CHECK(!v.saturated);
  CHECK(has(v.text, "Vanishing: the gradient shrinks to 0.35 a layer, to less than 0.001 from layer 9 to layer 1."));
  CHECK(v.advised_factor == doctest::Approx(2.8)); // 0.5 times 2.8 is sqrt 2, within rounding
  CHECK(has(v.text, "draw the weights 2.8 times as large: the gradient then keeps its size."));
  theory::verdict const large = verdict_of(satur::relu{}, theory::network_of(satur::lecun_normal{4.0}, same(100, 4)));
  CHECK(off(large.gradient_size, std::pow(std::sqrt(8.0), 3)) < 1e-12);
  CHECK(off(large.output_size, std::pow(8.0, 2) / std::sqrt(1.0)) < 1e-12); // each layer: g/sqrt 2
  CHECK(has(large.text, "Exploding: the gradient grows 2.8 times a layer, 23 times from layer 4 to layer 1."));
  CHECK(large.advised_factor < 1.0);
  // tanh with Glorot's rule, 6 layers: fine, though its square falls by half a layer at depth 2
  theory::verdict const tanh = verdict_of(satur::tanh{}, theory::network_of(satur::glorot_normal{}, same(300, 6)));
  CHECK(tanh.healthy());
  CHECK(std::isnan(tanh.advised_factor));
  CHECK(tanh.predicted.layers.empty());
  CAPTURE(tanh.text);
  CHECK(has(tanh.text, "Fine: the gradient shrinks to 0.82 a layer, to 0.37 from layer 6 to layer 1"));
  // the limits themselves, with identity: sizes are gains
  auto const at = [](double size) {
    return verdict_of(satur::identity{}, theory::network_of(satur::lecun_normal{size}, {64, 64, 64})).gradient;
  };
  CHECK(at(0.0101) == theory::gradient_trend::kept);
  CHECK(at(0.0099) == theory::gradient_trend::vanishing);
  // with f(0) = 1 the limit is 0.06
  struct raised {
    double value(double z) const { return 1.0 + z; }
    double derivative(double) const { return 1.0; }
  };
  auto const raised_at = [](double size) {
    return verdict_of(raised{}, theory::network_of(satur::lecun_normal{size}, {64, 64, 64})).gradient;
  };
  CHECK(raised_at(0.061) == theory::gradient_trend::kept);
  CHECK(raised_at(0.059) == theory::gradient_trend::vanishing);
  theory::network two = theory::network_of(satur::lecun_normal{1.0}, {64, 64, 64});
  two.layers[1].weight_variance *= 9.9 * 9.9;
  CHECK(verdict_of(satur::identity{}, two).healthy());
  two.layers[1].weight_variance *= 1.1 * 1.1;
  CHECK(verdict_of(satur::identity{}, two).gradient == theory::gradient_trend::exploding);
  // f(z) of a single layer: gain over sqrt 2
  auto const one = [](double gain) {
    return verdict_of(satur::relu{}, theory::network_of(satur::lecun_normal{gain}, {64, 64}));
  };
  CHECK(one(20.0 * std::sqrt(2.0) * 0.999).healthy());
  CHECK(one(20.0 * std::sqrt(2.0) * 1.001).gradient == theory::gradient_trend::exploding);
  CHECK(has(one(60.0).text,
            "Exploding: f(z) of the layer has root mean square 42. In this layer, divide the weights by"));
}

TEST_CASE("judge: weights never go the wrong way, and an advised net is fine") {
  std::mt19937_64 urbg(17);
  any_activation const activations[] = {satur::tanh{},     satur::sigmoid{},   satur::relu{}, satur::gelu{},
                                        satur::softplus{}, satur::hard_tanh{}, satur::selu{}};
  auto const uniform = [&](double from, double to) {
    return from + (to - from) * static_cast<double>(urbg() >> 11) * 0x1p-53;
  };
  int advised = 0;
  int single = 0;
  int without = 0;
  for (int k = 0; k < 150; ++k) {
    any_activation const& act = activations[urbg() % 7];
    std::size_t const depth = 1 + urbg() % 12;
    theory::network net = theory::network_of(satur::lecun_normal{std::exp(uniform(-3.0, 3.0))}, same(64, depth));
    if (urbg() % 3 == 0) {
      net.layers[urbg() % depth].weight_variance *= std::exp(uniform(-12.0, 12.0));
    }
    theory::verdict const v = theory::judge(act, net);
    CAPTURE(act.name);
    CAPTURE(v.text);
    CHECK(plain(v.text));
    CHECK(v.healthy() == (v.gradient == theory::gradient_trend::kept && !v.saturated));
    without += v.problem == start_problem::activation ? 1 : 0;
    if (!(v.problem == start_problem::weights)) {
      CHECK(std::isnan(v.advised_factor));
      continue;
    }
    ++advised;
    single += v.all_layers ? 0 : 1;
    bool const saturated_only = v.saturated || v.gradient == theory::gradient_trend::exploding;
    CHECK((saturated_only ? v.advised_factor < 1.0 : v.advised_factor > 1.0));
    for (std::size_t l = 0; l < depth; ++l) {
      if (v.all_layers || l == v.layer) {
        net.layers[l].weight_variance *= v.advised_factor * v.advised_factor;
      }
    }
    theory::prediction const after = theory::predict(act, net);
    double const size = std::sqrt(after.layers[0].gradient_norm_squared);
    CHECK((size >= 0.01 && size <= 10.0));
    CHECK(off(size, std::sqrt(v.predicted.layers[0].gradient_norm_squared)) < 1e-9);
    double const usual = theory::moments(act, 0.0, 1.0).mean_derivative;
    for (theory::layer_prediction const& l : after.layers) {
      CHECK(l.mean_derivative >= 0.2 * usual);
    }
    CHECK(theory::judge(act, net).healthy());
  }
  CHECK(advised > 30);
  CHECK(single > 5);
  CHECK(without > 3);
}

TEST_CASE("judge: names the layer whose weights are out of line") {
  theory::network const net = theory::network_of(satur::lecun_normal{}, same(50, 5));
  for (std::size_t const at : {0u, 2u, 4u}) {
    CAPTURE(at);
    std::string const layer = "of layer " + std::to_string(at + 1) + " of 5 are ";
    theory::network one = net;
    one.layers[at].weight_variance *= 900.0;
    theory::verdict const v = verdict_of(satur::tanh{}, one);
    CAPTURE(v.text);
    CHECK(v.saturated);
    CHECK(v.layer == at);
    CHECK(!v.all_layers);
    CHECK(off(v.advised_factor, 1.0 / 30.0) < 1e-12);
    CHECK(has(v.text, "The weights " + layer + "30 times as large as those of the others: divide them by 30;"));
    one = net;
    one.layers[at].weight_variance *= 100.0; // trains, but is told
    theory::verdict const ten = verdict_of(satur::relu{}, one);
    CHECK(ten.layer == at);
    CHECK(has(ten.text, "But the weights " + layer + "10 times as large as those of the others."));
    CHECK(!has(verdict_of(satur::relu{}, net).text, "But"));
  }
  theory::network faint = net;
  faint.layers[3].weight_variance *= 1e-8;
  theory::verdict const v = verdict_of(satur::tanh{}, faint);
  CHECK(v.layer == 3);
  CHECK(off(v.advised_factor, 1e4) < 1e-12);
  CHECK(has(v.text, "are less than 0.001 times as large as those of the others: draw them anew, with fan-in times "
                    "variance 1;"));
}

TEST_CASE("judge: inputs that are not standardized") {
  theory::network net = theory::network_of(satur::lecun_normal{}, same(50, 3));
  for (auto const& [mean, variance, words] :
       {std::tuple{33.0, 78.0 * 78.0, "have mean 33 and standard deviation 78"},
        std::tuple{0.0, 1e4, "have root mean square 100"}, std::tuple{0.0, 1e-6, "have root mean square 0.001"},
        std::tuple{-5.0, 1.0, "have mean -5 and standard deviation 1"}}) {
    net.input_mean = mean;
    net.input_variance = variance;
    for (any_activation const& act : {any_activation(satur::tanh{}), any_activation(satur::relu{})}) {
      theory::verdict const v = theory::judge(act, net);
      CAPTURE(v.text);
      CHECK(v.problem == start_problem::inputs);
      CHECK(!v.healthy());
      CHECK(std::isnan(v.advised_factor));
      CHECK(has(v.text, "The inputs " + std::string(words) + ". Standardize them (mean 0, variance 1); weights can"));
      CHECK(v.predicted.layers[0].variance == doctest::Approx(1.0));
    }
  }
  net.layers[1].weight_variance *= 1e6;
  CHECK(has(verdict_of(satur::tanh{}, net).text, "and judge again: the weights are not fine either."));
  net.layers[1].weight_variance /= 1e6;
  net.input_mean = 0.13; // digits from 0 to 1
  net.input_variance = 0.095;
  CHECK(verdict_of(satur::tanh{}, net).healthy());
}

TEST_CASE("judge: biases and means that push z to a flat side") {
  theory::network const net = theory::network_of(satur::lecun_normal{}, same(50, 4));
  for (bool const spread : {false, true}) {
    theory::network biased = net;
    (spread ? biased.layers[2].bias_variance : biased.layers[2].bias_mean) = spread ? 400.0 : -20.0;
    theory::verdict const v = verdict_of(satur::tanh{}, biased);
    CAPTURE(v.text);
    CHECK(v.problem == start_problem::biases);
    CHECK(v.layer == 2);
    CHECK(has(v.text, "The biases do this: set them to 0; "));
    CHECK(v.predicted.layers[2].mean == 0.0);
  }
  theory::verdict const shift =
      verdict_of(satur::sigmoid{}, theory::network_of(satur::uniform{0.0, 0.2}, same(300, 4)));
  CHECK(shift.problem == start_problem::weight_mean);
  CHECK(has(shift.text, "The mean of the weights does this: subtract it; "));
  CHECK(shift.predicted.layers[3].mean == 0.0);
}

TEST_CASE("judge: if no scale helps, it says what does, and how many layers are fine") {
  for (std::size_t const depth : {20u, 100u}) {
    theory::network net = theory::network_of(satur::glorot_normal{}, same(100, depth));
    theory::verdict const v = verdict_of(satur::sigmoid{}, net);
    CAPTURE(v.text);
    CHECK(v.problem == start_problem::activation);
    CHECK(v.gradient == theory::gradient_trend::vanishing);
    CHECK(!v.saturated);
    CHECK(std::isnan(v.advised_factor));
    CHECK(has(v.text, "No scale of the weights helps. A zero-centered activation of peak slope 1 does, and so do "
                      "normalization layers, or fewer layers: 2 are fine."));
    for (double gain = 0.5; depth == 20 && gain < 30.0; gain *= 1.08) { // indeed
      theory::prediction const p =
          theory::predict(satur::sigmoid{}, theory::network_of(satur::lecun_normal{gain}, same(100, depth)));
      double const size = std::sqrt(p.layers[0].gradient_norm_squared);
      double const slope = p.layers[0].mean_derivative / theory::moments(satur::sigmoid{}, 0.0, 1.0).mean_derivative;
      CHECK((size < 0.06 || size > 10.0 || slope < 0.4));
    }
    CHECK(verdict_of(satur::tanh{}, net).healthy());
    net.layers.resize(2);
    CHECK(verdict_of(satur::sigmoid{}, net).healthy());
    net.layers.push_back(net.layers.back());
    CHECK(!verdict_of(satur::sigmoid{}, net).healthy());
  }
}

TEST_CASE("judge: zeros, equal weights, and laws that are not finite get a sentence") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  double const infinity = std::numeric_limits<double>::infinity();
  theory::network const net = theory::network_of(satur::lecun_normal{}, same(20, 3));
  theory::network ill = net;
  ill.layers[1].weight_variance = 0.0;
  theory::verdict const zeros = verdict_of(satur::tanh{}, ill);
  CHECK(zeros.problem == start_problem::zero_weights);
  CHECK(zeros.gradient == theory::gradient_trend::vanishing);
  CHECK(zeros.layer == 1);
  CHECK((zeros.gradient_factor == 0.0 && zeros.gradient_size == 0.0));
  auto const unpredicted = [](theory::verdict const& v) { // no number stands for what was not predicted
    return std::isnan(v.slope_share) && std::isnan(v.saturated_share) && std::isnan(v.advised_factor) &&
           v.predicted.layers.empty();
  };
  auto const no_numbers = [&](theory::verdict const& v) {
    return unpredicted(v) && std::isnan(v.gradient_factor) && std::isnan(v.gradient_size);
  };
  CHECK(unpredicted(zeros));
  CHECK(zeros.text == "All weights of layer 2 of 3 are 0: its units are equal, and no gradient passes to what is "
                      "below. Draw random weights.");
  ill.layers[1].weight_mean = 0.3;
  theory::verdict const equal = verdict_of(satur::tanh{}, ill);
  CHECK(equal.problem == start_problem::equal_weights);
  CHECK(equal.layer == 1);
  CHECK(no_numbers(equal));
  CHECK(equal.text == "All weights of layer 2 of 3 are the same number: its units compute the same, and get the same "
                      "gradient. Draw random weights.");
  for (double const number : {nan, infinity, -infinity}) {
    for (auto const member : {&theory::layer_law::weight_variance, &theory::layer_law::weight_mean,
                              &theory::layer_law::bias_variance, &theory::layer_law::bias_mean}) {
      ill = net;
      ill.layers[2].*member = number;
      theory::verdict const v = verdict_of(satur::relu{}, ill);
      bool const weights = member == &theory::layer_law::weight_variance || member == &theory::layer_law::weight_mean;
      CHECK(v.problem == start_problem::not_finite);
      CHECK(v.layer == 2);
      CHECK(no_numbers(v));
      CHECK(has(v.text, std::string("The distribution of the ") + (weights ? "weights" : "biases") +
                            " of layer 3 of 3 is not finite"));
    }
    ill = net;
    ill.input_mean = number;
    CHECK(verdict_of(satur::relu{}, ill).problem == start_problem::inputs);
    CHECK(no_numbers(verdict_of(satur::relu{}, ill)));
  }
  // a recursion that leaves double, at either end
  for (double const gain : {1e10, 1e-10}) {
    theory::verdict const v = verdict_of(satur::relu{}, theory::network_of(satur::lecun_normal{gain}, same(10, 40)));
    CAPTURE(v.text);
    CHECK(v.problem == start_problem::weights);
    CHECK(off(v.advised_factor * gain, std::sqrt(2.0)) < 0.05);
    CHECK(plain(v.text));
    CHECK(has(v.text, "draw the weights anew, with fan-in times variance "));
  }
  theory::verdict const growing =
      verdict_of(satur::exponential{}, theory::network_of(satur::he_normal{}, same(10, 30)));
  CAPTURE(growing.text);
  CHECK(has(growing.text, "Exploding: z leaves the range of double."));
  CHECK(plain(growing.text));
  CHECK_THROWS_WITH_AS((void)verdict_of(satur::tanh{}, theory::network{}),
                       "satur::theory::judge: number of layers is 0; allowed: at least 1", std::invalid_argument);
  CHECK_THROWS_AS((void)verdict_of(satur::tanh{}, theory::network{.layers = {{.size = {0, 3}, .weight_variance = 1}}}),
                  std::invalid_argument);
  CHECK_THROWS_AS((void)theory::judge(any_activation(satur::tanh{}), net, nan), std::invalid_argument);
}
