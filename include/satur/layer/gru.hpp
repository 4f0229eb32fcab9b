/// \file layer/gru.hpp  The gated recurrent unit layer, whose gates show their saturation.
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/layer/recurrent.hpp"
#include "satur/layer/recurrent_gru.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <random>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// A layer of gated recurrent units:
///
///     r = sigmoid(z_r)   reset gate          a = sigmoid(z_a)   update gate
///     n = tanh(z_n)      candidate           h = (1 - a) n + a h_before
///
///     z_r, z_a = x w + h_before u + b        in their blocks; the blocks are r, a, n, in this order
///     z_n = x w_n + b_n + r (h_before u_n + candidate_bias)   if linear_before_reset: the reset after the product
///     z_n = x w_n + b_n + (r h_before) u_n                    if not: the reset before the product
///
/// After the product: PyTorch, cuDNN, Keras's default (reset_after = true), ONNX's linear_before_reset = 1. Before it:
/// the paper, ONNX's default, Keras's reset_after = false.
///
/// Shapes: x (time, batch, in), h (time, batch, hidden), w (in, 3 hidden), u (hidden, 3 hidden), b (3 hidden),
/// candidate_bias (hidden). The order of the gates is PyTorch's; that of ONNX and Keras is a, r, n. The other two gates
/// have one bias: PyTorch and ONNX have two, whose sum it is.
///
/// States, lengths, truncation and clipping: see recurrent.
/// Readings: observe, observe_units, record_in give each gate by name: "reset", "update", "candidate". The rule of
/// gates (< 0.1, > 0.9) is scaled_output_beyond{0.8}; for the candidate it means |n| > 0.8.
/// Memory: z, h, dL/dz, what stands beside the reset gate and its gradient, of all steps. Steps after the first
/// allocate nothing while the shape of x stays the same. The product x w is one GEMM for all steps.
/// Source: Cho et al. 2014, equations 5 to 8.
template <std::floating_point T> struct gru : recurrent<gru<T>, T, 3> {
  using base = recurrent<gru<T>, T, 3>;
  using typename base::matrix;
  using typename base::tensor;
  using typename base::vector;
  static constexpr std::string_view layer_name = "gru";
  enum gate : std::size_t { reset, update, candidate }; ///< z(gru<T>::update)

  vector candidate_bias;  ///< of the candidate's recurrent product (hidden); empty unless linear_before_reset
  vector dcandidate_bias; ///< dL/dcandidate_bias

  /// Each gate's block of w and of u comes from the initializer on its own, with fans (in, hidden) and (hidden,
  /// hidden); biases are 0. Throws shape_error if a size is 0, and what the initializer throws.
  template <initializer<T> Init, std::uniform_random_bit_generator G>
  gru(std::size_t in, std::size_t hidden, Init const& init, G& generator, bool linear_before_reset = true)
      : base(in, hidden, init, generator), after_(linear_before_reset) {
    detail::fit(candidate_bias, {after_ ? hidden : 0});
    candidate_bias.fill(T(0));
    dcandidate_bias = candidate_bias;
  }

  // forward(x): h (time, batch, hidden) for x (time, batch, in); see one_input.

  /// Returns dL/dx for dL/dh (time, batch, hidden), and overwrites the gradients of the parameters, and dh0. Throws
  /// shape_error if dh does not fit h, std::invalid_argument if clip is negative or NaN, std::logic_error before the
  /// first forward.
  template <class E> tensor const& backward(xt::xexpression<E> const& dh) {
    return back(this->output_gradient(dh, "dh", "backward", this->h_), {}, true);
  }
  /// The same where the loss depends on the final state too: dL/d(final h), (batch, hidden), is added at the last step.
  /// It is dh0 of the piece that goes on from there.
  template <class E> tensor const& backward(xt::xexpression<E> const& dh, matrix const& dfinal_h) {
    return back(this->output_gradient(dh, "dh", "backward", this->h_), dfinal_h, true);
  }
  /// Overwrites the gradients of the parameters and of h0 only: for the first layer, whose dL/dx is not needed.
  template <class E> void backward_parameters(xt::xexpression<E> const& dh) {
    back(this->output_gradient(dh, "dh", "backward_parameters", this->h_), {}, false);
  }

  [[nodiscard]] bool linear_before_reset() const { return after_; }
  /// The next forward starts where the last one ended.
  void carry_state() { this->h0 = this->final_h_; }
  /// The next forward starts at 0.
  void clear_state() { this->h0 = matrix(); }

  template <class F> void each_parameter(F&& f) { each(*this, f); }
  template <class F> void each_parameter(F&& f) const { each(*this, f); }
  /// f(name, act, z) for each gate, z (steps, hidden) of the last forward; see named_z_readings.
  template <class F> void each_z(F&& f) const {
    this->read_gate("reset", sigmoid{}, reset, f);
    this->read_gate("update", sigmoid{}, update, f);
    this->read_gate("candidate", tanh{}, candidate, f);
  }

private:
  friend one_input<gru, tensor>;

  template <class Self, class F> static void each(Self& self, F&& f) {
    base::each_shared_parameter(self, f);
    if (self.after_) {
      f(std::string_view("candidate_bias"), self.candidate_bias, self.dcandidate_bias);
    }
  }
  template <class Shape> void check_input(Shape const& shape) const {
    base::check_input(shape);
    base::require(candidate_bias.shape(), "candidate_bias", std::array{after_ ? this->hidden() : 0},
                  "(hidden), or empty unless linear_before_reset");
  }
  template <class F> void each_own(F&& f) const {
    base::each_own(f);
    f(side_), f(dside_);
  }

  tensor const& run() {
    this->start();
    std::size_t const units = this->hidden(), width = 3 * units, batch = this->batch_, block = batch * units;
    detail::fit(side_, {this->steps_ * batch, units});
    for (std::size_t t = 0; t < this->steps_; ++t) {
      T* const z = this->z_at(t);
      T* const side = side_.data() + t * block;
      T const* const before = this->h_before(t);
      T const* const weights = this->u.data();
      bool const state = t != 0 || this->has_start_;
      detail::add_bias(z, batch, width, this->b.data());
      if (state) {
        detail::multiply<T>({before, units}, {weights, width}, batch, 2 * units, units, z, width, T(1));
      }
      if (after_) {
        for (std::size_t r = 0; r < batch; ++r) {
          std::copy_n(candidate_bias.data(), units, side + r * units);
        }
        if (state) {
          detail::multiply<T>({before, units}, {weights + 2 * units, width}, batch, units, units, side, units, T(1));
        }
      } else {
        detail::gru_reset_pass<T> const pass{z, before, side, batch, units};
        math::run<T>(pass);
        if (state) {
          detail::multiply<T>({side, units}, {weights + 2 * units, width}, batch, units, units, z + 2 * units, width,
                              T(1));
        }
      }
      detail::gru_forward_pass<T> const pass{
          z, before, side, this->h_.data() + t * block, batch, units, {this->ends(), t}, after_};
      math::run<T>(pass);
    }
    this->finish();
    return this->h_;
  }

  tensor const& back(tensor const& dh, matrix const& dfinal_h, bool inputs_too) {
    std::size_t const units = this->hidden(), width = 3 * units, batch = this->batch_, block = batch * units;
    this->start_back(dfinal_h);
    detail::fit(dside_, {this->steps_ * batch, units});
    T const limit = static_cast<T>(this->clip);
    detail::factor<T> const u_gates{this->u.data(), width, true}, u_candidate{this->u.data() + 2 * units, width, true};
    T* const to = this->dh_.data();
    for (std::size_t t = this->steps_; t-- > 0;) {
      T* const dz = this->dz_at(t);
      T* const dside = dside_.data() + t * block;
      T const* const before = this->h_before(t);
      detail::running_rows const runs{this->ends(), t};
      detail::gru_backward_pass<T> const pass{
          this->z_at(t), before, side_.data() + t * block, dh.data() + t * block, to, dz, dside, batch, units, runs,
          limit,         after_};
      math::run<T>(pass);
      bool const cut = this->cut_before(t);
      if (after_) {
        if (!cut) {
          detail::multiply<T>({dside, units}, u_candidate, batch, units, units, to, units, T(1));
        }
      } else {
        detail::multiply<T>({dz + 2 * units, width}, u_candidate, batch, units, units, dside, units);
        detail::gru_reset_backward_pass<T> const rest{this->z_at(t), before, dside, to, dz, batch, units, limit};
        math::run<T>(rest);
      }
      if (!cut) {
        detail::multiply<T>({dz, width}, {u_gates}, batch, units, 2 * units, to, units, T(1));
      } else if (t != 0) {
        this->dh_.fill(T(0));
      }
    }
    tensor const& dx = this->finish_back(inputs_too, 2 * units);
    candidate_gradients(2 * units);
    return dx;
  }
  /// The last columns of du, and dcandidate_bias.
  void candidate_gradients(std::size_t first) {
    std::size_t const units = this->hidden(), width = this->width(), rows = this->steps_ * this->batch_;
    T* const to = this->du.data() + first;
    if (after_) {
      this->recurrent_gradient({dside_.data(), units, units}, to);
      detail::fit(dcandidate_bias, {units});
      detail::column_sums(dside_.data(), rows, units, dcandidate_bias.data());
    } else {
      detail::product_over_rows<T>({side_.data(), units, units}, {detail::moved(this->dz_.data(), first), width, units},
                                   rows, to, width);
    }
  }

  matrix side_, dside_; // (time * batch, hidden), see recurrent_gru.hpp
  bool after_;
};

}} // namespace satur::SATUR_ABI
