/// \file layer/dropout.hpp  Dropout: in training, a drawn share of the numbers is 0 and the others grow to make up.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/sampler.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/readings.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// mask = scale where the drawn number is at least p, else 0.
template <class T> struct dropout_mask_pass {
  T* mask; ///< uniform on [0, 1) before
  std::size_t n;
  T p;
  T scale;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      part.store(mask + i, math::select(part.load(mask + i, T(0)) < L(p), L(T(0)), L(scale)));
    });
  }
};
/// y = x mask, and 0 where the mask is 0, whatever x is.
template <class T> struct dropout_pass {
  T const* x;
  T const* mask;
  T* y;
  std::size_t n;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      L const m = part.load(mask + i, T(0));
      part.store(y + i, math::select(m > L(T(0)), part.load(x + i, T(0)) * m, L(T(0))));
    });
  }
};

} // namespace detail

/// In training each number is 0 with probability p, independently, and is divided by 1 - p otherwise (inverted
/// dropout), so that its mean stays. In evaluation y = x.
///
///     dropout<float> drop{0.5, generator};   // with random numbers of its own, as in a chain:
///     drop.forward(x)                        // training, or evaluation after drop.training = false
///     dropout<float> other{0.5};             // without:
///     other.forward(x, generator)            // training
///     other.forward(x)                       // evaluation
///
/// Shapes: x, y, dL/dy and dL/dx are the same; Rank is the number of axes.
///
/// p = 0: y = x, and the generator is not used. p = 1: y and dL/dx are 0. A dropped number is 0 also where x is NaN or
/// infinite.
///
/// Random numbers: the layer's own are one stream, whose key comes from the generator when the layer is made; a copy
/// goes on where its original was. forward(x, generator) takes a key for itself (draw_key states how many draws). The
/// same state drops the same numbers on every platform. A number is dropped with probability p to within 2^-23 in
/// float.
///
/// Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014; inverted as in PyTorch and Keras.
template <std::floating_point T, std::size_t Rank = 2>
struct dropout : one_input<dropout<T, Rank>, xt::xtensor<T, Rank>>, z_readings<dropout<T, Rank>> {
  using tensor = xt::xtensor<T, Rank>;
  static constexpr std::string_view layer_name = "dropout";

  double p;              ///< probability of 0
  bool training = false; ///< of forward(x): whether it drops, by random numbers of the layer's own

  /// Throws std::invalid_argument unless p is in [0, 1].
  explicit dropout(double probability = 0.5) : p(probability) { require_valid(layer_name); }
  /// With random numbers of its own, in training. Throws as above.
  template <std::uniform_random_bit_generator G> dropout(double probability, G& generator) : dropout(probability) {
    training = true;
    own_.emplace(sampler::from(generator));
  }

  /// Whether it has random numbers of its own, so that forward(x) can drop.
  [[nodiscard]] bool has_random_numbers() const { return own_.has_value(); }

  using one_input<dropout, tensor>::forward;
  // forward(x): evaluation, y = x; training if `training` is true, by random numbers of the layer's own. Throws
  // std::logic_error if it has none and p is above 0. See one_input.

  /// Training, whatever `training` is: draws which numbers are dropped. x as in forward(x). Throws
  /// std::invalid_argument unless p is in [0, 1].
  template <class X, std::uniform_random_bit_generator G> tensor const& forward(X&& x, G& generator) {
    require_fit(x.shape());
    if (p > 0.0) {
      for_next_.emplace(sampler::from(generator));
    }
    return this->forward(std::forward<X>(x));
  }

  /// Returns dL/dx for dL/dy: 0 for what the last forward dropped, dL/dy/(1 - p) otherwise; dL/dy after an evaluation.
  /// dy may be one of the layer's own arrays or an expression. Throws shape_error if dy does not fit y,
  /// std::logic_error before the first forward.
  template <class E> tensor const& backward(xt::xexpression<E> const& dy) {
    tensor const& g = this->output_gradient(dy, "dz", "backward", z_);
    detail::fit(dx_, g.shape());
    pass_on(g, dx_);
    return dx_;
  }

  /// The output of the last forward, what a following layer sees; empty before the first.
  [[nodiscard]] tensor const& z() const { return z_; }

private:
  friend one_input<dropout, tensor>;

  void require_valid(std::string_view function) const {
    if (detail::is_nan(p) || p < 0.0 || p > 1.0) {
      detail::bad_parameter(function, "p", p, "a probability in [0, 1], such as 0.5");
    }
  }
  template <class Shape> void require_fit(Shape const& shape) const {
    if (shape.size() != Rank) {
      detail::bad_shape("dropout::forward", "x", detail::shape_text(shape), detail::count_text(Rank, "axis", "axes"));
    }
    require_valid("dropout::forward");
  }
  template <class Shape> void check_input(Shape const& shape) const {
    require_fit(shape);
    if (training && p > 0.0 && !own_ && !for_next_) {
      detail::raise(std::logic_error(
          "satur::dropout::forward: in training, without random numbers; make the layer with a generator, dropout{p, "
          "generator}, or call forward(x, generator)"));
    }
  }
  template <class F> void each_own(F&& f) const {
    f(z_);
    f(dx_);
  }

  tensor const& run() {
    tensor const& x = this->x();
    masked_ = for_next_ || (training && p > 0.0);
    if (for_next_) {
      draw(x.shape(), *std::exchange(for_next_, std::nullopt), 0);
    } else if (masked_) {
      draw(x.shape(), *own_, drawn_);
      drawn_ += x.size();
    }
    detail::fit(z_, x.shape());
    pass_on(x, z_);
    return z_;
  }

  void draw(typename tensor::shape_type const& shape, sampler const& random, std::uint64_t first) {
    detail::fit(mask_, shape);
    random.uniform(std::span<T>(mask_.data(), mask_.size()), 0.0, 1.0, first);
    bool const all = p >= 1.0;
    detail::dropout_mask_pass<T> const pass{mask_.data(), mask_.size(), static_cast<T>(p),
                                            all ? T(0) : static_cast<T>(1.0 / (1.0 - p))};
    math::run<T>(pass);
  }
  void pass_on(tensor const& from, tensor& to) const {
    if (masked_) {
      detail::dropout_pass<T> const pass{from.data(), mask_.data(), to.data(), from.size()};
      math::run<T>(pass);
    } else {
      std::copy_n(from.data(), from.size(), to.data());
    }
  }

  tensor z_, dx_;
  tensor mask_; // 0 or 1/(1 - p) for each number of the last forward in training
  std::optional<sampler> own_;
  std::uint64_t drawn_ = 0;         // numbers of own_ that forwards have used
  std::optional<sampler> for_next_; // of forward(x, generator), for the forward that follows
  bool masked_ = false;             // the last forward dropped
};

}} // namespace satur::SATUR_ABI
