/// \file layer/lstm.hpp  The long short-term memory layer, whose gates show their saturation.
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/layer/recurrent.hpp"
#include "satur/layer/recurrent_lstm.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <random>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// A layer of long short-term memory, without peepholes:
///
///     z = x w + h_before u + b, with four blocks for the gates i, f, g, o, in this order
///     i = sigmoid(z_i)   input gate          f = sigmoid(z_f)   forget gate
///     g = tanh(z_g)      candidate           o = sigmoid(z_o)   output gate
///     c = f c_before + i g                   h = o tanh(c)
///
/// Shapes: x (time, batch, in), h (time, batch, hidden), w (in, 4 hidden), u (hidden, 4 hidden), b (4 hidden). The
/// order of the gates is PyTorch's and Keras's; ONNX's is i, o, f, g. There is one bias: PyTorch and ONNX have two,
/// whose sum it is.
///
/// States, lengths, truncation and clipping: see recurrent.
/// Readings: observe, observe_units, record_in give each gate by name: "input", "forget", "candidate", "output". The
/// rule that Karpathy, Johnson and Fei-Fei 2015 call left-saturated (gate < 0.1) and right-saturated (> 0.9) is
/// scaled_output_beyond{0.8}; for the candidate it means |g| > 0.8.
/// Memory: z, c, h and dL/dz of all steps; the values of the gates are computed again in backward. Steps after the
/// first allocate nothing while the shape of x stays the same. The product x w is one GEMM for all steps.
/// Source: Hochreiter and Schmidhuber 1997; the forget gate: Gers, Schmidhuber, Cummins 2000.
template <std::floating_point T> struct lstm : recurrent<lstm<T>, T, 4> {
  using base = recurrent<lstm<T>, T, 4>;
  using typename base::matrix;
  using typename base::tensor;
  static constexpr std::string_view layer_name = "lstm";
  enum gate : std::size_t { input, forget, candidate, output }; ///< z(lstm<T>::forget)

  matrix c0;  ///< c before the first step (batch, hidden); empty: 0
  matrix dc0; ///< dL/dc0; empty if c0 was

  /// Each gate's block of w and of u comes from the initializer on its own, with fans (in, hidden) and (hidden,
  /// hidden). b is 0, but `forget_bias` for the forget gate: 1, as Jozefowicz, Zaremba and Sutskever 2015 advise and
  /// Keras does; PyTorch has no such bias. Throws shape_error if a size is 0, and what the initializer throws.
  template <initializer<T> Init, std::uniform_random_bit_generator G>
  lstm(std::size_t in, std::size_t hidden, Init const& init, G& generator, double forget_bias = 1.0)
      : base(in, hidden, init, generator) {
    std::fill_n(this->b.data() + forget * hidden, hidden, static_cast<T>(forget_bias));
  }

  // forward(x): h (time, batch, hidden) for x (time, batch, in); see one_input.

  /// Returns dL/dx for dL/dh (time, batch, hidden), and overwrites dw, du, db, dh0 and dc0. Throws shape_error if dh
  /// does not fit h, std::invalid_argument if clip is negative or NaN, std::logic_error before the first forward.
  template <class E> tensor const& backward(xt::xexpression<E> const& dh) {
    return back(this->output_gradient(dh, "dh", "backward", this->h_), {}, {}, true);
  }
  /// The same where the loss depends on the final states too: dL/d(final h) and dL/d(final c), (batch, hidden), are
  /// added at the last step. They are dh0 and dc0 of the piece that goes on from there.
  template <class E>
  tensor const& backward(xt::xexpression<E> const& dh, matrix const& dfinal_h, matrix const& dfinal_c) {
    return back(this->output_gradient(dh, "dh", "backward", this->h_), dfinal_h, dfinal_c, true);
  }
  /// Overwrites the gradients of the parameters and states only: for the first layer, whose dL/dx is not needed.
  template <class E> void backward_parameters(xt::xexpression<E> const& dh) {
    back(this->output_gradient(dh, "dh", "backward_parameters", this->h_), {}, {}, false);
  }

  /// c of all steps, (time + 1, batch, hidden): c(0) is before the first. Empty before the first forward.
  [[nodiscard]] tensor const& c() const { return c_; }
  /// c after the last step of each sequence (batch, hidden).
  [[nodiscard]] matrix const& final_c() const { return final_c_; }

  /// The next forward starts where the last one ended.
  void carry_state() {
    this->h0 = this->final_h_;
    c0 = final_c_;
  }
  /// The next forward starts at 0.
  void clear_state() {
    this->h0 = matrix();
    c0 = matrix();
  }

  template <class F> void each_parameter(F&& f) { base::each_shared_parameter(*this, f); }
  template <class F> void each_parameter(F&& f) const { base::each_shared_parameter(*this, f); }
  /// f(name, act, z) for each gate, z (steps, hidden) of the last forward; see named_z_readings.
  template <class F> void each_z(F&& f) const {
    this->read_gate("input", sigmoid{}, input, f);
    this->read_gate("forget", sigmoid{}, forget, f);
    this->read_gate("candidate", tanh{}, candidate, f);
    this->read_gate("output", sigmoid{}, output, f);
  }

private:
  friend one_input<lstm, tensor>;

  template <class Shape> void check_input(Shape const& shape) const {
    base::check_input(shape);
    this->require_state(c0, "c0", static_cast<std::size_t>(shape[1]));
  }
  template <class F> void each_own(F&& f) const {
    base::each_own(f);
    f(c_), f(final_c_), f(dc_), f(c0), f(dc0);
  }

  tensor const& run() {
    this->start();
    std::size_t const units = this->hidden(), width = 4 * units, batch = this->batch_, block = batch * units;
    detail::fit(c_, {this->steps_ + 1, batch, units});
    this->copy_state(c0, final_c_);
    has_start_c_ = c0.size() != 0;
    std::copy_n(final_c_.data(), block, c_.data());
    for (std::size_t t = 0; t < this->steps_; ++t) {
      T* const z = this->z_at(t);
      T const* const before = this->h_before(t);
      detail::add_bias(z, batch, width, this->b.data());
      if (t != 0 || this->has_start_) {
        detail::multiply<T>({before, units}, {this->u.data(), width}, batch, width, units, z, width, T(1));
      }
      T* const c = c_.data() + t * block;
      detail::lstm_forward_pass<T> const pass{z,     c,     before,           c + block, this->h_.data() + t * block,
                                              batch, units, {this->ends(), t}};
      math::run<T>(pass);
    }
    std::copy_n(c_.data() + this->steps_ * block, block, final_c_.data());
    this->finish();
    return this->h_;
  }

  tensor const& back(tensor const& dh, matrix const& dfinal_h, matrix const& dfinal_c, bool inputs_too) {
    std::size_t const units = this->hidden(), width = 4 * units, batch = this->batch_, block = batch * units;
    this->require_state(dfinal_c, "dfinal_c", batch, "backward");
    this->start_back(dfinal_h);
    this->copy_state(dfinal_c, dc_);
    for (std::size_t t = this->steps_; t-- > 0;) {
      T* const dz = this->dz_at(t);
      T const* const c = c_.data() + t * block;
      detail::lstm_backward_pass<T> const pass{
          this->z_at(t), c,     c + block,         dh.data() + t * block,     this->dh_.data(), dc_.data(), dz,
          batch,         units, {this->ends(), t}, static_cast<T>(this->clip)};
      math::run<T>(pass);
      if (t != 0 && this->cut_before(t)) {
        this->dh_.fill(T(0));
        dc_.fill(T(0));
      } else if (!this->cut_before(t)) {
        detail::multiply<T>({dz, width}, {this->u.data(), width, true}, batch, units, width, this->dh_.data(), units,
                            T(1));
      }
    }
    if (has_start_c_) {
      dc0 = dc_;
    } else {
      detail::fit(dc0, {0, 0});
    }
    return this->finish_back(inputs_too, width);
  }

  tensor c_;            // (time + 1, batch, hidden)
  matrix final_c_, dc_; // (batch, hidden)
  bool has_start_c_ = false;
};

}} // namespace satur::SATUR_ABI
