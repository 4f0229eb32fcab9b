// A layer or a loss that is given its own arrays, views of them, or formulas that read them, computes what it computes
// for a copy of the same numbers; descend refuses memory that overlaps.
#include "satur/initializer.hpp"
#include "satur/layer.hpp"
#include "satur/loss.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if __has_include(<xtensor/xmanipulation.hpp>)
#include <xtensor/xmanipulation.hpp>
#else
#include <xtensor/misc/xmanipulation.hpp>
#endif

namespace {

template <class T> using matrix = xt::xtensor<T, 2>;
constexpr std::size_t n = 5; // batch, inputs and outputs: every array of the layer fits in every place

/// A layer after two forwards and a backward: z, dL/dx, w and dw hold numbers, and the last x differs from them.
template <class T> struct used {
  std::mt19937 g{5};
  satur::dense<T> fc{n, n, satur::normal{0, 0.5}, g};
  matrix<T> first = satur::make<T>(satur::normal{}, {n, n}, g);
  matrix<T> second = satur::make<T>(satur::normal{}, {n, n}, g);
  matrix<T> dz = satur::make<T>(satur::normal{}, {n, n}, g);
  matrix<T> const* dx = nullptr;
  used() {
    fc.forward(first);
    fc.forward(second);
    dx = &fc.backward(dz);
  }
};

/// All that a step gives.
template <class T> struct step {
  matrix<T> z, dx, dw, again;
  xt::xtensor<T, 1> db;
  bool operator==(step const& o) const {
    return z == o.z && dx == o.dx && dw == o.dw && db == o.db && again == o.again;
  }
};
template <class T> step<T> finish(satur::dense<T>& fc, matrix<T> const& dz) {
  step<T> s;
  s.z = fc.z();
  s.dx = fc.backward(dz);
  s.dw = fc.dw;
  s.db = fc.db;
  s.again = fc.backward(dz); // x is still there
  return s;
}

/// give(layer, dx) hands something to forward; the step is that of a copy of the same numbers.
template <class T, class Give, class Numbers> void check_forward(Give const& give, Numbers const& numbers) {
  used<T> own;
  used<T> copied;
  matrix<T> const x = numbers(copied.fc, *copied.dx);
  copied.fc.forward(x);
  step<T> const expected = finish(copied.fc, copied.dz);
  give(own.fc, *own.dx);
  step<T> const found = finish(own.fc, own.dz);
  CHECK(found == expected);
  CHECK(found.again == found.dx);
}
template <class T, class Give, class Numbers> void check_backward(Give const& give, Numbers const& numbers) {
  used<T> own;
  used<T> copied;
  matrix<T> const dz = numbers(copied.fc, *copied.dx);
  matrix<T> const dx = copied.fc.backward(dz);
  CHECK(matrix<T>(give(own.fc, *own.dx)) == dx);
  CHECK(own.fc.dw == copied.fc.dw);
  CHECK(own.fc.db == copied.fc.db);
  CHECK(own.fc.z() == copied.fc.z());
}

} // namespace

TEST_CASE_TEMPLATE("dense: forward of the layer's own arrays is forward of a copy", T, float, double) {
  auto const own = [](auto const& pick) {
    check_forward<T>([&](auto& fc, auto const& dx) { fc.forward(pick(fc, dx)); },
                     [&](auto& fc, auto const& dx) { return matrix<T>(pick(fc, dx)); });
  };
  own([](auto& fc, auto const&) -> auto const& { return fc.z(); });
  own([](auto&, auto const& dx) -> auto const& { return dx; });
  own([](auto& fc, auto const&) -> auto const& { return fc.w; });
  own([](auto& fc, auto const&) -> auto const& { return fc.dw; });
  // views and formulas that read them, whole and reversed
  own([](auto& fc, auto const&) { return xt::view(fc.z(), xt::all(), xt::all()); });
  own([](auto& fc, auto const&) { return xt::transpose(fc.z()); });
  own([](auto& fc, auto const&) { return T(2) * xt::flip(fc.z(), 0) + T(1); });
  own([](auto&, auto const& dx) { return xt::flip(dx, 0) - dx; });
  own([](auto& fc, auto const&) { return xt::transpose(fc.dw) * fc.w; });
}

TEST_CASE_TEMPLATE("dense: backward of the layer's own arrays is backward of a copy", T, float, double) {
  auto const own = [](auto const& pick) {
    check_backward<T>([&](auto& fc, auto const& dx) -> auto const& { return fc.backward(pick(fc, dx)); },
                      [&](auto& fc, auto const& dx) { return matrix<T>(pick(fc, dx)); });
  };
  own([](auto& fc, auto const&) -> auto const& { return fc.z(); });
  own([](auto&, auto const& dx) -> auto const& { return dx; });
  own([](auto& fc, auto const&) -> auto const& { return fc.w; });
  own([](auto& fc, auto const&) -> auto const& { return fc.dw; });
  own([](auto&, auto const& dx) { return xt::flip(dx, 1); });
  own([](auto& fc, auto const& dx) { return xt::transpose(dx) + fc.dw; });
}

TEST_CASE("dense: a layer in a loop with itself is a recurrence") {
  std::mt19937 g(3);
  satur::dense<double> fc{3, 3, satur::orthogonal{0.9}, g};
  matrix<double> const x = satur::make<double>(satur::normal{}, {2, 3}, g);
  fc.forward(x);
  for (int i = 0; i < 3; ++i) {
    fc.forward(fc.z());
  }
  for (std::size_t r = 0; r < 2; ++r) {
    double row[3] = {x(r, 0), x(r, 1), x(r, 2)};
    for (int i = 0; i < 4; ++i) { // four products with w, by hand
      double next[3] = {};
      for (std::size_t j = 0; j < 3; ++j) {
        for (std::size_t k = 0; k < 3; ++k) {
          next[j] += row[k] * fc.w(k, j);
        }
      }
      std::copy(next, next + 3, row);
    }
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(fc.z()(r, j) == doctest::Approx(row[j]).epsilon(1e-12));
    }
  }
}

TEST_CASE_TEMPLATE("dense: temporaries that are const or the layer's own are kept", T, float, double) {
  used<T> a;
  used<T> b;
  b.fc.forward(b.first);
  a.fc.forward(std::as_const(a.first) /* borrowed */);
  CHECK(finish(a.fc, a.dz) == finish(b.fc, b.dz));
  auto const temporary = [](matrix<T> const& x) -> matrix<T> const { return x; }; // gone after the call
  a.fc.forward(temporary(a.second));
  std::vector<matrix<T>> const elsewhere(8, matrix<T>(xt::zeros<T>({n, n}))); // takes its memory
  b.fc.forward(b.second);
  CHECK(finish(a.fc, a.dz) == finish(b.fc, b.dz));
  matrix<T> const w = a.fc.w;
  a.fc.forward(std::move(a.fc.w)); // must not take the weights out of the layer
  CHECK(a.fc.w == w);
  b.fc.forward(w);
  CHECK(finish(a.fc, a.dz) == finish(b.fc, b.dz));
}

TEST_CASE_TEMPLATE("dense: a copy of a layer keeps its own input", T, float, double) {
  used<T> a;
  used<T> b;
  a.fc.forward(a.fc.z()); // copied into the layer
  b.fc.forward(b.fc.z());
  satur::dense<T> copy = a.fc;
  a.fc.forward(T(2) * a.first); // into the same place of the first layer
  CHECK(finish(copy, a.dz) == finish(b.fc, b.dz));
}

TEST_CASE_TEMPLATE("softmax_cross_entropy: logits that are its own arrays, or read them", T, float, double) {
  std::vector<int> const labels{0, 1, 2, 1};
  std::mt19937 g(9);
  matrix<T> const logits = satur::make<T>(satur::normal{0, 2}, {4, 4}, g);
  auto const own = [&](auto const& pick, std::vector<int> const& of) {
    satur::softmax_cross_entropy<T> one;
    satur::softmax_cross_entropy<T> other;
    one.forward(logits, labels);
    other.forward(logits, labels);
    matrix<T> const& gradient = one.backward();
    matrix<T> const copy = pick(other, other.backward());
    double const expected = other.forward(copy, of);
    CHECK(one.forward(pick(one, gradient), of) == expected);
    CHECK(one.probabilities == other.probabilities);
    CHECK(one.correct == other.correct);
    CHECK(one.backward() == other.backward());
  };
  own([](auto& loss, auto const&) -> auto const& { return loss.probabilities; }, labels);
  own([](auto&, auto const& gradient) -> auto const& { return gradient; }, labels);
  own([](auto& loss, auto const&) { return xt::flip(loss.probabilities, 0); }, labels);
  own([](auto& loss, auto const&) { return xt::transpose(loss.probabilities) * T(3); }, labels);
  own([](auto& loss, auto const& gradient) { return xt::flip(gradient, 1) - loss.probabilities; }, labels);
  own([](auto& loss, auto const&) { return xt::view(loss.probabilities, xt::range(1, 3), xt::all()); }, {2, 0});
}

namespace {
struct overlapping { // its gradient begins at its second value
  std::vector<float> memory{1, 2, 3, 4};
  template <class F> void each_parameter(F&& f) {
    std::span<float> value(memory.data(), 3), gradient(memory.data() + 1, 3);
    f(std::string_view("w"), value, gradient);
  }
};
struct of_other_size {
  std::vector<float> value{1, 2, 3}, gradient{1, 2};
  template <class F> void each_parameter(F&& f) { f(std::string_view("w"), value, gradient); }
};
struct decaying { // each value is its own gradient
  std::vector<float> value{1, 2, 3};
  template <class F> void each_parameter(F&& f) { f(std::string_view("w"), value, value); }
};
} // namespace

TEST_CASE("descend: overlapping memory and other sizes are refused, the same memory is not") {
  overlapping shifted;
  CHECK_THROWS_WITH_AS(satur::descend(shifted, 0.5),
                       "satur::descend: the gradient of w shares memory with w; give it memory of its own",
                       std::invalid_argument);
  CHECK(shifted.memory == std::vector<float>{1, 2, 3, 4});
  of_other_size shorter;
  CHECK_THROWS_WITH_AS(satur::descend(shorter, 0.5),
                       "satur::descend: the gradient of w has shape (2); expected (3), the size of w",
                       satur::shape_error);
  CHECK(shorter.value == std::vector<float>{1, 2, 3});
  decaying decay;
  satur::descend(decay, 0.5);
  CHECK(decay.value == std::vector<float>{0.5, 1, 1.5});
}
