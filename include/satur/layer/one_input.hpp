/// \file layer/one_input.hpp  What layers of one input share: how x is taken, how dL/dy is, and what is refused.
#pragma once

#include "satur/array/numbers.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/input.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

struct chain_access; // layer/chain.hpp

/// Gives a tensor the shape; its values are lost unless it has it. Nothing is allocated while the shape stays.
template <class M> void fit(M& tensor, typename M::shape_type const& shape) {
  if (tensor.shape() != shape) {
    tensor.resize(shape);
  }
}

[[noreturn]] inline void no_forward(std::string_view function) {
  raise(std::logic_error(message("satur::", function, ": no forward pass to differentiate; call forward first")));
}

/// Throws shape_error unless the shape is the expected one; `why` says whose it is.
template <class Shape, class Expected>
void require_shape(std::string_view function, std::string_view what, Shape const& given, Expected const& expected,
                   std::string_view why) {
  bool const same =
      given.size() == expected.size() && std::equal(given.begin(), given.end(), expected.begin(), [](auto a, auto b) {
        return static_cast<std::size_t>(a) == static_cast<std::size_t>(b);
      });
  if (!same) {
    bad_shape(function, what, shape_text(given), message(shape_text(expected), ", ", why));
  }
}

} // namespace detail

/// What a layer of one input inherits: `struct dense : one_input<dense<T>, matrix, matrix>`. X is the type of x, Y that
/// of the output; both own row-major memory.
///
/// The layer has, for this class alone (a friend),
/// - `static constexpr std::string_view layer_name`;
/// - `check_input(shape)`: throws shape_error unless x may have that shape;
/// - `Y const& run()`: the forward pass of `x()`, which returns the output;
/// - `each_own(f)`: f(array) for every array of the layer but the parameters: results and whatever it hands out;
/// and each_parameter(f) if it learns something.
template <class Layer, class X, class Y = X> class one_input {
public:
  /// Returns the output for x. The layer owns it and does not change it until the next forward. backward() reads an
  /// lvalue tensor x again by its address: keep it alive and unchanged until then. One of the layer's own arrays (its
  /// last output or dL/dx, a parameter, a gradient) is copied first, so forward(z()) is the next step of a recurrence.
  /// An empty batch gives an empty output. Throws shape_error if x does not fit the layer.
  Y const& forward(X const& x) {
    layer().check_input(x.shape());
    if (is_own(x)) {
      input_.copy(x);
    } else {
      input_.borrow(x);
    }
    return ran();
  }
  /// The same for a temporary x; the layer keeps it.
  Y const& forward(X&& x) {
    layer().check_input(x.shape());
    if (is_own(x)) {
      input_.copy(x); // moving it would empty the layer
    } else {
      input_.take(std::move(x));
    }
    return ran();
  }
  /// The same for a temporary that is const; the layer keeps its values.
  Y const& forward(X const&& x) {
    layer().check_input(x.shape());
    input_.copy(x);
    return ran();
  }
  /// The same for any expression with the axes of x (a view, a formula, an xarray); the layer keeps its values. It may
  /// read the layer's own arrays.
  template <class E> Y const& forward(xt::xexpression<E> const& x) {
    layer().check_input(x.derived_cast().shape());
    input_.copy(x);
    return ran();
  }

protected:
  /// x of the last forward.
  [[nodiscard]] X const& x() const { return input_.values(); }
  [[nodiscard]] bool has_run() const { return ran_; }

  /// dL/dy as a tensor with the shape of the output; `name` is what the layer calls it: "dz", "dy". An expression, and
  /// an array of the layer's own, is copied into memory of the layer. Throws std::logic_error before the first forward,
  /// shape_error if dy does not fit the output, or x has another shape than in forward.
  template <class E>
  Y const& output_gradient(xt::xexpression<E> const& dy, std::string_view name, std::string_view method,
                           Y const& output) {
    auto const function = [method] { return detail::message(Layer::layer_name, "::", method); };
    auto const& given = dy.derived_cast();
    if (!ran_) {
      detail::no_forward(function());
    }
    if (!same_shape(given.shape(), output.shape())) {
      detail::bad_shape(function(), name, detail::shape_text(given.shape()),
                        detail::message(detail::shape_text(output.shape()), ", the shape of ", name.substr(1)));
    }
    if (x().shape() != shape_) {
      detail::bad_shape(
          function(), "x", detail::shape_text(x().shape()),
          detail::message(detail::shape_text(shape_), ", as in forward; x must stay unchanged until backward"));
    }
    if constexpr (std::same_as<E, Y>) {
      if (!is_own(given)) {
        return given;
      }
    }
    detail::assign_values(dy_, dy);
    return dy_;
  }

private:
  template <class A, class B> [[nodiscard]] static bool same_shape(A const& a, B const& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](auto m, auto n) {
             return static_cast<std::size_t>(m) == static_cast<std::size_t>(n);
           });
  }
  /// Whether the tensor shares memory with an array of the layer.
  template <class M> [[nodiscard]] bool is_own(M const& tensor) {
    bool own = false;
    each_array([&](auto const& array) { own = own || detail::share_memory(tensor, array); });
    return own;
  }
  /// f(array) for every array of the layer, parameters and gradients among them.
  template <class F> void each_array(F const& f) {
    layer().each_own(f);
    if constexpr (requires { layer().each_parameter([](std::string_view, auto&, auto&) {}); }) {
      layer().each_parameter([&](std::string_view, auto const& parameter, auto const& gradient) {
        f(parameter);
        f(gradient);
      });
    }
  }
  Y const& ran() {
    Y const& output = layer().run();
    shape_ = x().shape();
    ran_ = true;
    return output;
  }
  [[nodiscard]] Layer& layer() { return static_cast<Layer&>(*this); }
  friend detail::chain_access;
  template <class Shape> void check_shape(Shape const& shape) { layer().check_input(shape); }

  detail::layer_input<X> input_;
  Y dy_;                           // the values of dL/dy that is no tensor
  typename X::shape_type shape_{}; // of x in the last forward
  bool ran_ = false;
};

}} // namespace satur::SATUR_ABI
