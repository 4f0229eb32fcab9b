/// \file adapt/torch/tensor.hpp  libtorch's tensors as numbers.
///
///     satur::observe(satur::tanh{}, z);                              // z is a torch::Tensor
///     mon["fc1"].observe(satur::tanh{}, z);
///     satur::with_array(z, [&](auto const& numbers) { satur::observe_units(units, satur::tanh{}, numbers); });
///
/// Dense tensors of the CPU, of any strides, with float, double, half or bfloat16: read and written in place, without a
/// copy. The last two are read as float. The element type of a tensor is known at run time alone, so what is done with
/// the numbers is a function that takes any of the four.
#pragma once

#include "satur/array/as_array_view.hpp"
#include "satur/array/half_span.hpp"
#include "satur/error.hpp"
#include "satur/monitor/layer_monitor.hpp"
#include "satur/observe/fraction.hpp"
#include "satur/observe/observe.hpp"
#include "satur/rowwise/row_axis.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// Why the numbers of a tensor cannot be read in place, and what to do; empty if they can.
[[nodiscard]] inline std::string obstacle_in(at::Tensor const& t) {
  std::ostringstream why;
  if (!t.defined()) {
    why << "the tensor is undefined; give one that holds numbers";
  } else if (!t.device().is_cpu()) {
    why << "the tensor lies on the device " << t.device() << "; give it as x.cpu()";
  } else if (t.layout() != at::kStrided) {
    why << "the tensor has the layout " << t.layout() << "; give it as x.to_dense()";
  } else if (t.is_nested()) {
    why << "the tensor is nested; give the tensors that x.unbind() gives";
  } else if (t.is_neg()) {
    why << "the tensor is a negated view; give it as x.resolve_neg()";
  } else if (t.dim() > static_cast<std::int64_t>(max_array_axes)) {
    why << "the tensor has " << detail::count_text(t.dim(), "axis", "axes") << "; give at most " << max_array_axes
        << ": x.flatten(0, 1), say";
  } else {
    at::ScalarType const type = t.scalar_type();
    if (type != at::kFloat && type != at::kDouble && type != at::kHalf && type != at::kBFloat16) {
      why << "the tensor holds " << type << "; give float, double, half or bfloat16: x.to(torch::kFloat)";
    }
  }
  return why.str();
}
inline void require_numbers(char const* function, at::Tensor const& t) {
  if (std::string const why = obstacle_in(t); !why.empty()) {
    raise(std::invalid_argument(message("satur::", function, ": ", why)));
  }
}

/// Where its numbers lie. libtorch 2 has const_data_ptr, which does not copy what is copied on write.
template <class Tensor> [[nodiscard]] void const* start_of_tensor(Tensor const& t) {
  if constexpr (requires { t.const_data_ptr(); }) {
    return t.const_data_ptr();
  } else {
    return t.data_ptr();
  }
}
/// The view of t, whose element type is that of T and Access. T is const if it is only read.
template <class T, class Access = plain_access>
[[nodiscard]] array_view<T, Access> view_of_tensor(at::Tensor const& t) {
  array_view<T, Access> view;
  if constexpr (std::is_const_v<T>) {
    view.data = static_cast<T*>(start_of_tensor(t));
  } else {
    view.data = static_cast<T*>(t.data_ptr());
  }
  if (t.dim() == 0) {
    view.shape.push_back(1);
    view.strides.push_back(1);
  }
  for (std::int64_t axis = 0; axis < t.dim(); ++axis) {
    view.shape.push_back(static_cast<std::size_t>(t.size(axis)));
    view.strides.push_back(static_cast<std::ptrdiff_t>(t.stride(axis)));
  }
  return view;
}

template <bool Written, class T> using torch_element = std::conditional_t<Written, T, T const>;
template <bool Written, math::half_format F>
using torch_half_view = array_view<torch_element<Written, std::uint16_t>, half_access<F>>;
template <bool Written>
using torch_view = std::variant<array_view<torch_element<Written, float>>, array_view<torch_element<Written, double>>,
                                torch_half_view<Written, math::half_format::ieee>,
                                torch_half_view<Written, math::half_format::bfloat16>>;

/// The view of a tensor that was found to be readable.
template <bool Written> [[nodiscard]] torch_view<Written> any_view_of(at::Tensor const& t) {
  using bits = torch_element<Written, std::uint16_t>;
  switch (t.scalar_type()) {
  case at::kDouble:
    return view_of_tensor<torch_element<Written, double>>(t);
  case at::kHalf:
    return view_of_tensor<bits, half_access<math::half_format::ieee>>(t);
  case at::kBFloat16:
    return view_of_tensor<bits, half_access<math::half_format::bfloat16>>(t);
  default:
    return view_of_tensor<torch_element<Written, float>>(t);
  }
}
/// The same; throws std::invalid_argument, with what to do, if it is not.
template <bool Written = false>
[[nodiscard]] torch_view<Written> any_view_of(char const* function, at::Tensor const& t) {
  require_numbers(function, t);
  return any_view_of<Written>(t);
}

/// The view of y, of the element type of another tensor's view.
template <class View> [[nodiscard]] auto view_like(View const&, at::Tensor const& y) {
  return view_of_tensor<std::remove_const_t<typename View::element_type>, typename View::access_type>(y);
}
inline void require_result(char const* function, at::Tensor const& z, at::Tensor const& y) {
  require_numbers(function, y);
  if (y.scalar_type() != z.scalar_type()) {
    std::ostringstream why;
    why << "satur::" << function << ": the result holds " << y.scalar_type() << ", z holds " << z.scalar_type()
        << "; make it by torch::empty_like(z)";
    raise(std::invalid_argument(why.str()));
  }
}

} // namespace detail

/// f(view), an array_view of the numbers of t, read only. f must return the same type for each element type. Throws
/// std::invalid_argument, with what to do, if t is undefined, not of the CPU, not dense, or of another element type.
template <class F> decltype(auto) with_array(at::Tensor const& t, F&& f) {
  return std::visit(f, detail::any_view_of("with_array", t));
}
/// The same for numbers that are written.
template <class F> decltype(auto) with_mutable_array(at::Tensor const& t, F&& f) {
  return std::visit(f, detail::any_view_of<true>("with_mutable_array", t));
}

/// The functions of satur/observe.hpp for tensors. Results have the element type of z. Autograd knows nothing of what
/// they write. What follows z is as elsewhere: a rule, or the axis of the rows of a softmax.
template <class A, class... More> [[nodiscard]] auto observe(A const& act, at::Tensor const& z, More const&... more) {
  return std::visit([&](auto const& in) { return satur::observe(act, in, more...); },
                    detail::any_view_of("observe", z));
}
template <class A, saturation_rule<A> Rule = z_beyond>
saturation forward(A const& act, at::Tensor const& z, at::Tensor const& y, Rule const& rule = Rule{}) {
  auto const view = detail::any_view_of("forward", z);
  detail::require_result("forward", z, y);
  return std::visit([&](auto const& in) { return satur::forward(act, in, detail::view_like(in, y), rule); }, view);
}
template <class A, saturation_rule<A> Rule = z_beyond>
saturation forward(A const& act, at::Tensor const& z, at::Tensor const& y, at::Tensor const& dy,
                   Rule const& rule = Rule{}) {
  auto const view = detail::any_view_of("forward", z);
  detail::require_result("forward", z, y);
  detail::require_result("forward", z, dy);
  return std::visit(
      [&](auto const& in) {
        return satur::forward(act, in, detail::view_like(in, y), detail::view_like(in, dy), rule);
      },
      view);
}
[[nodiscard]] inline double saturated_fraction(at::Tensor const& z, double threshold = 5.0) {
  return std::visit([&](auto const& in) { return satur::saturated_fraction(in, threshold); },
                    detail::any_view_of("saturated_fraction", z));
}
template <class A> [[nodiscard]] double mean_derivative(A const& act, at::Tensor const& z) {
  return std::visit([&](auto const& in) { return satur::mean_derivative(act, in); },
                    detail::any_view_of("mean_derivative", z));
}

}} // namespace satur::SATUR_ABI

namespace at {

/// Found by the functions of satur beside at::Tensor: mon["fc1"].observe(act, z), gradient(dz), update(w, dw).
[[nodiscard]] inline auto as_array_view(Tensor const& t) { return satur::detail::any_view_of("as_array_view", t); }

} // namespace at
