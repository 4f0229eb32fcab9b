/// \file layer/recurrent.hpp  What lstm and gru share: parameters, initial states, lengths, and the z of each gate.
#pragma once

#include "satur/array/array_view.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/layer/bias.hpp"
#include "satur/layer/named_readings.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/product.hpp"
#include "satur/layer/recurrent_parts.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// What lstm and gru inherit. x is (time, batch, in), the output h (time, batch, hidden). Each parameter holds the
/// blocks of all gates side by side, in the order of the layer.
///
/// State: h0 is where a sequence starts. `carry_state` makes the next one start where the last one ended.
///
/// Lengths: a sequence of a batch that is shorter than the others ends after lengths[b] steps (ONNX's sequence_lens).
/// After its end its state stays as it is, so that the last h is its final one, as in Keras; ONNX and PyTorch write 0
/// there. Its x after the end must be finite numbers, and changes nothing; no reading counts its z there.
///
/// Truncation to k steps cuts the sequence into pieces of k steps, from its first step on. The state goes on from
/// piece to piece, the gradient does not: what is lost at step t changes gradients through the steps of t's own piece
/// alone. It is what running the pieces one after the other gives, each from the final state of the one before, with
/// the gradients of the parameters added up (Williams and Peng 1990, with both of their numbers k). 0: no truncation.
///
/// Clipping keeps each dL/dz within [-clip, clip] before it goes on to the parameters, to x and to the step before
/// (Graves 2013, section 2.1; Lasagne's grad_clipping). NaN stays NaN. 0: no clipping.
template <class Layer, std::floating_point T, std::size_t Gates>
class recurrent : public one_input<Layer, xt::xtensor<T, 3>>, public named_z_readings<Layer> {
public:
  using tensor = xt::xtensor<T, 3>;
  using matrix = xt::xtensor<T, 2>;
  using vector = xt::xtensor<T, 1>;

  matrix w;   ///< input weights (in, gates * hidden)
  matrix dw;  ///< dL/dw of the last backward
  matrix u;   ///< recurrent weights (hidden, gates * hidden)
  matrix du;  ///< dL/du
  vector b;   ///< bias (gates * hidden)
  vector db;  ///< dL/db
  matrix h0;  ///< h before the first step (batch, hidden); empty: 0
  matrix dh0; ///< dL/dh0; empty if h0 was

  std::vector<std::size_t> lengths; ///< time steps of each sequence of the batch; empty: all of x
  std::size_t truncation = 0;       ///< steps that gradients go back at most, see above; 0: all
  double clip = 0.0;                ///< largest |dL/dz|; 0: any

  [[nodiscard]] std::size_t inputs() const { return w.shape(0); }
  [[nodiscard]] std::size_t hidden() const { return u.shape(0); }
  [[nodiscard]] std::size_t outputs() const { return hidden(); }
  /// The output of the last forward; empty before the first.
  [[nodiscard]] tensor const& h() const { return h_; }
  /// h after the last step of each sequence (batch, hidden).
  [[nodiscard]] matrix const& final_h() const { return final_h_; }
  /// z of one gate in the last forward, (time, batch, hidden). Throws std::invalid_argument if there is no such gate.
  [[nodiscard]] array_view<T const> z(std::size_t gate) const { return block_of(z_, gate, steps_); }
  /// dL/dz of one gate in the last backward, clipped; empty if a forward came after it.
  [[nodiscard]] array_view<T const> dz(std::size_t gate) const { return block_of(dz_, gate, steps_back_); }

protected:
  template <initializer<T> Init, std::uniform_random_bit_generator G>
  recurrent(std::size_t in, std::size_t units, Init const& init, G& generator) {
    if (in == 0 || units == 0 || !detail::fits_blas(in) || units > detail::largest_extent / Gates) {
      detail::bad_shape(Layer::layer_name, "the weight", detail::shape_text({in, units}),
                        detail::message("(in, hidden), in from 1 to ", detail::largest_extent, ", hidden to ",
                                        detail::largest_extent / Gates));
    }
    detail::fit(w, {in, Gates * units});
    detail::fit(u, {units, Gates * units});
    detail::fit(b, {Gates * units});
    detail::fill_gates(init, w, Gates, generator);
    detail::fill_gates(init, u, Gates, generator);
    b.fill(T(0));
    dw = matrix(w.shape(), T(0));
    du = matrix(u.shape(), T(0));
    db = vector(b.shape(), T(0));
  }

  template <class Self, class F> static void each_shared_parameter(Self& self, F&& f) {
    f(std::string_view("w"), self.w, self.dw);
    f(std::string_view("u"), self.u, self.du);
    f(std::string_view("b"), self.b, self.db);
  }
  template <class F> void each_own(F&& f) const {
    f(h_), f(final_h_), f(start_), f(z_), f(dz_), f(dx_), f(dh_), f(h0), f(dh0);
  }
  template <class Shape> void check_input(Shape const& shape) const {
    auto const extent = [&shape](std::size_t axis) { return static_cast<std::size_t>(shape[axis]); };
    if (shape.size() != 3 || extent(2) != inputs() || !detail::fits_blas(extent(0)) || !detail::fits_blas(extent(1)) ||
        (extent(1) != 0 && extent(0) > detail::largest_extent / extent(1))) {
      detail::bad_shape(function("forward"), "x", detail::shape_text(shape),
                        detail::message("(time, batch, ", inputs(), "), for w ", detail::shape_text(w.shape())));
    }
    require(w.shape(), "w", std::array{inputs(), width()}, "(in, gates * hidden)");
    require(u.shape(), "u", std::array{hidden(), width()}, "(hidden, gates * hidden)");
    require(b.shape(), "b", std::array{width()}, "(gates * hidden)");
    require_state(h0, "h0", extent(1));
    if (!lengths.empty()) {
      require(std::array{lengths.size()}, "lengths", std::array{extent(1)}, "one length for each of the batch");
      for (std::size_t const length : lengths) {
        if (length > extent(0)) {
          detail::bad_parameter(function("forward"), "lengths", length,
                                detail::message("at most ", extent(0), ", the time steps of x"));
        }
      }
    }
  }
  void require_state(matrix const& state, std::string_view what, std::size_t batch,
                     std::string_view method = "forward") const {
    if (state.size() != 0) {
      require(state.shape(), what, std::array{batch, hidden()}, "(batch, hidden), or empty for 0", method);
    }
  }
  template <class Shape, class Expected>
  static void require(Shape const& given, std::string_view what, Expected const& expected, std::string_view why,
                      std::string_view method = "forward") {
    if (!std::equal(given.begin(), given.end(), expected.begin(), expected.end())) {
      detail::require_shape(function(method), what, given, expected, why);
    }
  }

  /// Everything of forward before the first step: memory, the states' copies, and x w for all time steps at once.
  void start() {
    tensor const& x = this->x();
    steps_ = x.shape(0), batch_ = x.shape(1), steps_back_ = 0;
    detail::fit(h_, {steps_, batch_, hidden()});
    detail::fit(z_, {steps_ * batch_, Gates * hidden()});
    copy_state(h0, start_);
    has_start_ = h0.size() != 0;
    ends_ = lengths;
    detail::multiply<T>({x.data(), inputs()}, {w.data(), width()}, steps_ * batch_, width(), inputs(), z_.data(),
                        width());
  }
  void finish() {
    detail::fit(final_h_, {batch_, hidden()});
    std::copy_n(h_before(steps_), batch_ * hidden(), final_h_.data());
  }
  /// The state before the first step, or zeros.
  void copy_state(matrix const& from, matrix& to) const {
    detail::fit(to, {batch_, hidden()});
    if (from.size() != 0) {
      std::copy_n(from.data(), from.size(), to.data());
    } else {
      to.fill(T(0));
    }
  }

  /// Everything of backward before the last step; `last` is dL/d(final h), or empty.
  void start_back(matrix const& last) {
    if (detail::is_nan(clip) || clip < 0.0) {
      detail::bad_parameter(function("backward"), "clip", clip, "0 for none, or the largest |dL/dz|");
    }
    require_state(last, "dfinal_h", batch_, "backward");
    detail::fit(dz_, {steps_ * batch_, Gates * hidden()});
    copy_state(last, dh_);
    steps_back_ = steps_;
  }
  /// Everything of backward after the first step, but the columns of du from `columns` on.
  tensor const& finish_back(bool inputs_too, std::size_t columns) {
    std::size_t const rows = steps_ * batch_;
    detail::fit(dw, {inputs(), width()});
    detail::fit(db, {width()});
    detail::fit(du, {hidden(), width()});
    detail::product_over_rows<T>({this->x().data(), inputs(), inputs()}, {dz_.data(), width(), width()}, rows,
                                 dw.data(), width());
    recurrent_gradient({dz_.data(), width(), columns}, du.data());
    detail::column_sums(dz_.data(), rows, width(), db.data());
    if (has_start_) {
      dh0 = dh_;
    } else {
      detail::fit(dh0, {0, 0});
    }
    if (inputs_too) {
      detail::fit(dx_, {steps_, batch_, inputs()});
      detail::multiply<T>({dz_.data(), width()}, {w.data(), width(), true}, rows, inputs(), width(), dx_.data(),
                          inputs());
    }
    return dx_;
  }
  /// to (hidden, g.columns), in rows of width() = the sum of h_before^T g over all steps.
  void recurrent_gradient(detail::row_block<T const> const& g, T* to) const {
    std::size_t const units = hidden(), later = steps_ > 1 ? (steps_ - 1) * batch_ : 0;
    detail::product_over_rows<T>({h_.data(), units, units},
                                 {detail::moved(g.data, batch_ * g.stride), g.stride, g.columns}, later, to, width());
    if (has_start_ && steps_ != 0) {
      detail::multiply<T>({start_.data(), units, true}, {g.data, g.stride}, units, g.columns, batch_, to, width(),
                          T(1));
    }
  }

  /// h before a step, and z and dL/dz in it.
  [[nodiscard]] T const* h_before(std::size_t step) const {
    return step == 0 ? start_.data() : h_.data() + (step - 1) * batch_ * hidden();
  }
  [[nodiscard]] T* z_at(std::size_t step) { return z_.data() + step * batch_ * width(); }
  [[nodiscard]] T* dz_at(std::size_t step) { return dz_.data() + step * batch_ * width(); }
  /// No gradient leaves the step for the one before it.
  [[nodiscard]] bool cut_before(std::size_t step) const {
    return step == 0 ? !has_start_ : truncation != 0 && step % truncation == 0;
  }
  [[nodiscard]] std::size_t const* ends() const { return ends_.empty() ? nullptr : ends_.data(); }
  [[nodiscard]] std::size_t width() const { return Gates * hidden(); }
  [[nodiscard]] static std::string function(std::string_view method) {
    return detail::message(Layer::layer_name, "::", method);
  }

  /// f(name, act, z) with z (steps, hidden) of the steps that belong to a sequence.
  template <class A, class F> void read_gate(std::string_view name, A const& act, std::size_t gate, F&& f) const {
    std::size_t const units = hidden();
    T const* const from = detail::moved(z_.data(), gate * units);
    if (ends_.empty()) {
      f(name, act, array_view<T const>(from, {z_.shape(0), units}, {static_cast<std::ptrdiff_t>(width()), 1}));
      return;
    }
    std::vector<T> const kept = detail::rows_within(from, width(), units, steps_, ends_);
    f(name, act, array_view<T const>(kept.data(), {kept.size() / units, units}));
  }

  tensor h_, dx_;
  matrix z_, dz_;     // (time * batch, gates * hidden)
  matrix start_, dh_; // h before the first step, and dL/dh on its way back
  matrix final_h_;
  std::vector<std::size_t> ends_;                      // lengths in the last forward
  std::size_t steps_ = 0, batch_ = 0, steps_back_ = 0; // steps_back_: of dz_, 0 until backward
  bool has_start_ = false;

private:
  [[nodiscard]] array_view<T const> block_of(matrix const& all, std::size_t gate, std::size_t steps) const {
    if (gate >= Gates) {
      detail::bad_parameter(function("z"), "gate", gate, detail::message("from 0 to ", Gates - 1));
    }
    return detail::gate_block(all, gate, steps, batch_, hidden());
  }
};

}} // namespace satur::SATUR_ABI
