// Common mistakes in backward passes of dense layers, of losses and of a net of two layers, one in each struct. The
// gradient check finds each, and names the array that is wrong and no other; the right ones pass.
#include <satur/activation.hpp>
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/testing.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using satur::dense;
using satur::testing::check_gradients;
using satur::testing::gradient_check;
using satur::testing::report;
using matrix = xt::xtensor<double, 2>;

/// Exactly these properties fail.
void finds(report const& r, std::vector<std::string> const& wrong) {
  CAPTURE(r.text());
  REQUIRE(r.failures.size() == wrong.size());
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    CHECK(r.failures[i].property == wrong[i]);
  }
}

matrix drawn(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937 g(seed);
  return satur::make<double>(satur::normal{}, {rows, columns}, g);
}

// --- a dense layer, square so that a wrong order of axes still fits -------------------------------------------------

struct right : dense<double> {
  explicit right(std::mt19937& g) : dense<double>{4, 4, satur::normal{0, 0.7}, g} {
    satur::fill(satur::normal{}, b, g);
  }
  matrix const& forward(matrix const& x) {
    x_ = &x;
    return dense<double>::forward(x);
  }
  matrix const& backward(matrix const& dz) {
    dx_ = dense<double>::backward(dz);
    return dx_;
  }

protected:
  matrix const* x_ = nullptr;
  matrix dx_;
};

struct bias_forgotten : right {
  using right::right;
  matrix const& backward(matrix const& dz) {
    right::backward(dz);
    db.fill(0.0);
    return dx_;
  }
};
struct weight_not_transposed : right {
  using right::right;
  matrix const& backward(matrix const& dz) {
    right::backward(dz);
    for (std::size_t r = 0; r < dz.shape(0); ++r) {
      for (std::size_t i = 0; i < 4; ++i) {
        dx_(r, i) = 0.0;
        for (std::size_t j = 0; j < 4; ++j) {
          dx_(r, i) += dz(r, j) * w(j, i);
        }
      }
    }
    return dx_;
  }
};
struct gradient_of_weight_transposed : right {
  using right::right;
  matrix const& backward(matrix const& dz) {
    right::backward(dz);
    matrix const t = xt::transpose(dw);
    dw = t;
    return dx_;
  }
};
struct divided_by_the_batch_twice : right {
  using right::right;
  matrix const& backward(matrix const& dz) {
    right::backward(dz);
    dw /= static_cast<double>(dz.shape(0));
    db /= static_cast<double>(dz.shape(0));
    return dx_;
  }
};
struct off_by_a_row : right { // x of the row before
  using right::right;
  matrix const& backward(matrix const& dz) {
    right::backward(dz);
    std::size_t const n = dz.shape(0);
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j < 4; ++j) {
        dw(i, j) = 0.0;
        for (std::size_t r = 0; r < n; ++r) {
          dw(i, j) += (*x_)((r + n - 1) % n, i) * dz(r, j);
        }
      }
    }
    return dx_;
  }
};
struct last_row_left_out : right {
  using right::right;
  matrix const& backward(matrix const& dz) {
    right::backward(dz);
    for (std::size_t j = 0; j < 4; ++j) {
      db(j) -= dz(dz.shape(0) - 1, j);
    }
    return dx_;
  }
};
struct adds_to_the_last_step : right { // right in the first step, which is the only one that many tests look at
  using right::right;
  matrix const& backward(matrix const& dz) {
    matrix const before = dw;
    right::backward(dz);
    dw += before;
    return dx_;
  }
};

template <class Layer> report checked() {
  std::mt19937 g(11);
  Layer layer(g);
  layer.dw.fill(0.125); // of a step before
  return check_gradients(layer, drawn(3, 4, 5));
}

// --- a net: dense, sigmoid, dense, cross-entropy --------------------------------------------------------------------

enum class mistake { none, slope_of_z, slope_of_tanh, no_slope, slope_of_the_next, weight_of_the_other, not_a_mean };

report checked_net(mistake m) {
  std::mt19937 g(13);
  dense<double> fc1{3, 5, satur::normal{0, 0.7}, g}, fc2{5, 5, satur::normal{0, 0.7}, g};
  satur::softmax_cross_entropy<double> loss;
  matrix x = drawn(4, 3, 3), dx = x, a = drawn(4, 5, 1), slope = a, dz = a;
  std::vector<int> const labels{0, 4, 2, 2};
  gradient_check check("a net");
  check.add("x", x, dx);
  check.add_parameters("fc1", fc1);
  check.add_parameters("fc2", fc2);
  return check.run(
      [&] {
        satur::apply(satur::sigmoid{}, fc1.forward(x), a, slope);
        return loss.forward(fc2.forward(a), labels);
      },
      [&] {
        matrix d = loss.backward();
        if (m == mistake::not_a_mean) {
          d *= 4.0;
        }
        matrix da = fc2.backward(d);
        if (m == mistake::weight_of_the_other) { // w after the step that it should be before
          fc2.w -= 0.1 * fc2.dw;
          da = fc2.backward(d);
          fc2.w += 0.1 * fc2.dw;
        }
        matrix const& z = fc1.z();
        for (std::size_t i = 0; i < a.size(); ++i) {
          double const y = a.data()[i];
          double const s = m == mistake::slope_of_z          ? z.data()[i] * (1.0 - z.data()[i])
                           : m == mistake::slope_of_tanh     ? 1.0 - y * y
                           : m == mistake::no_slope          ? 1.0
                           : m == mistake::slope_of_the_next ? slope.data()[(i + 1) % a.size()]
                                                             : slope.data()[i];
          dz.data()[i] = da.data()[i] * s;
        }
        dx = fc1.backward(dz);
      });
}

// --- losses ---------------------------------------------------------------------------------------------------------

/// The gradient of the loss, spoiled by a function of it.
template <class Loss, class Target, class Spoil>
report checked_loss(Loss loss, Target const& target, Spoil const& spoil) {
  matrix z = drawn(4, 3, 21);
  matrix dz = z;
  gradient_check check("a loss");
  check.add("z", z, dz);
  return check.run([&] { return loss.forward(z, target); },
                   [&] {
                     dz = loss.backward();
                     spoil(loss, dz);
                   });
}

} // namespace

TEST_CASE("mistakes: in a dense layer each is found, and the array that is wrong named") {
  finds(checked<right>(), {});
  finds(checked<bias_forgotten>(), {"dL/db"});
  finds(checked<weight_not_transposed>(), {"dL/dx"});
  finds(checked<gradient_of_weight_transposed>(), {"dL/dw"});
  finds(checked<divided_by_the_batch_twice>(), {"dL/dw", "dL/db"});
  finds(checked<off_by_a_row>(), {"dL/dw"});
  finds(checked<last_row_left_out>(), {"dL/db"});
  finds(checked<adds_to_the_last_step>(), {"dL/dw"});
}

TEST_CASE("mistakes: between the layers of a net each is found, and those that come before it in backward are right") {
  std::vector<std::string> const first{"dL/dx", "dL/dfc1.w", "dL/dfc1.b"};
  finds(checked_net(mistake::none), {});
  finds(checked_net(mistake::slope_of_z), first); // y (1 - y), given z
  finds(checked_net(mistake::slope_of_tanh), first);
  finds(checked_net(mistake::no_slope), first);
  finds(checked_net(mistake::slope_of_the_next), first); // off by one
  finds(checked_net(mistake::weight_of_the_other), first);
  finds(checked_net(mistake::not_a_mean), {"dL/dx", "dL/dfc1.w", "dL/dfc1.b", "dL/dfc2.w", "dL/dfc2.b"});
}

TEST_CASE("mistakes: in a loss each is found") {
  auto const nothing = [](auto&, matrix&) {};
  std::vector<std::string> const wrong{"dL/dz"};
  std::vector<int> const labels{0, 2, -1, 1};
  satur::softmax_cross_entropy<double> const cross{
      {.ignore_index = -1, .label_smoothing = 0.2, .class_weights = {1.0, 2.0, 0.5}}};
  finds(checked_loss(cross, labels, nothing), {});
  finds(checked_loss(cross, labels, [](auto&, matrix& dz) { dz *= 3.0 / 4.0; }),
        wrong); // by all rows, not those that count
  finds(checked_loss(cross, labels, [](auto&, matrix& dz) { dz(2, 0) = 0.1; }), wrong); // an ignored row
  finds(checked_loss(cross, labels,
                     [](auto& loss, matrix& dz) { // smoothing forgotten
                       auto plain = loss;
                       plain.options.label_smoothing = 0.0;
                       plain.forward(drawn(4, 3, 21), std::vector<int>{0, 2, -1, 1});
                       dz = plain.backward();
                     }),
        wrong);
  finds(checked_loss(cross, labels,
                     [](auto& loss, matrix& dz) { // the weight of the first class for all
                       auto plain = loss;
                       plain.options.class_weights = {};
                       plain.forward(drawn(4, 3, 21), std::vector<int>{0, 2, -1, 1});
                       dz = plain.backward();
                     }),
        wrong);

  matrix const y{{1, 0, 1}, {0, 0, 1}, {1, 1, 0}, {0, 1, 0}};
  satur::bce_with_logits<double> const bce{{.pos_weight = {2.0}}};
  finds(checked_loss(bce, y, nothing), {});
  finds(checked_loss(bce, y,
                     [](auto& loss, matrix& dz) { // pos_weight forgotten
                       auto plain = loss;
                       plain.options.pos_weight = {};
                       plain.forward(drawn(4, 3, 21), matrix{{1, 0, 1}, {0, 0, 1}, {1, 1, 0}, {0, 1, 0}});
                       dz = plain.backward();
                     }),
        wrong);
  finds(checked_loss(bce, y, [](auto&, matrix& dz) { dz *= 3.0; }), wrong); // mean over rows, not elements

  satur::mse<double> const mse;
  finds(checked_loss(mse, y, nothing), {});
  finds(checked_loss(mse, y, [](auto&, matrix& dz) { dz /= 2.0; }), wrong);  // the factor 2
  finds(checked_loss(mse, y, [](auto&, matrix& dz) { dz *= -1.0; }), wrong); // target - y
}
