/// \file adapt/torch/tensor.hpp  libtorch's tensors as numbers.
///
///     satur::observe(satur::tanh{}, z);                              // z is a torch::Tensor
///     satur::with_array(z, [&](auto const& numbers) { mon["fc1"].observe(satur::tanh{}, numbers); });
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

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>

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

template <class T, class Access = plain_access>
[[nodiscard]] array_view<T, Access> view_of_tensor(at::Tensor const& t) {
  array_view<T, Access> view;
  view.data = static_cast<T*>(t.data_ptr());
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

/// f of the view of t. The tensor was found to be readable.
template <bool Written, class F> decltype(auto) visit_tensor(at::Tensor const& t, F&& f) {
  using plain_float = std::conditional_t<Written, float, float const>;
  using plain_double = std::conditional_t<Written, double, double const>;
  using bits = std::conditional_t<Written, std::uint16_t, std::uint16_t const>;
  switch (t.scalar_type()) {
  case at::kDouble:
    return f(view_of_tensor<plain_double>(t));
  case at::kHalf:
    return f(view_of_tensor<bits, half_access<math::half_format::ieee>>(t));
  case at::kBFloat16:
    return f(view_of_tensor<bits, half_access<math::half_format::bfloat16>>(t));
  default:
    return f(view_of_tensor<plain_float>(t));
  }
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
/// std::invalid_argument, with what to do, where t is undefined, not of the CPU, not dense, or of another element type.
template <class F> decltype(auto) with_array(at::Tensor const& t, F&& f) {
  detail::require_numbers("with_array", t);
  return detail::visit_tensor<false>(t, f);
}
/// The same for numbers that are written.
template <class F> decltype(auto) with_mutable_array(at::Tensor const& t, F&& f) {
  detail::require_numbers("with_mutable_array", t);
  return detail::visit_tensor<true>(t, f);
}

/// The functions of satur/observe.hpp for tensors. Results have the element type of z. Autograd knows nothing of what
/// they write.
template <class A, saturation_rule<A> Rule = z_beyond>
[[nodiscard]] saturation observe(A const& act, at::Tensor const& z, Rule const& rule = Rule{}) {
  detail::require_numbers("observe", z);
  return detail::visit_tensor<false>(z, [&](auto const& in) { return satur::observe(act, in, rule); });
}
template <class A, saturation_rule<A> Rule = z_beyond>
saturation forward(A const& act, at::Tensor const& z, at::Tensor const& y, Rule const& rule = Rule{}) {
  detail::require_numbers("forward", z);
  detail::require_result("forward", z, y);
  return detail::visit_tensor<false>(
      z, [&](auto const& in) { return satur::forward(act, in, detail::view_like(in, y), rule); });
}
template <class A, saturation_rule<A> Rule = z_beyond>
saturation forward(A const& act, at::Tensor const& z, at::Tensor const& y, at::Tensor const& dy,
                   Rule const& rule = Rule{}) {
  detail::require_numbers("forward", z);
  detail::require_result("forward", z, y);
  detail::require_result("forward", z, dy);
  return detail::visit_tensor<false>(z, [&](auto const& in) {
    return satur::forward(act, in, detail::view_like(in, y), detail::view_like(in, dy), rule);
  });
}
[[nodiscard]] inline double saturated_fraction(at::Tensor const& z, double threshold = 5.0) {
  detail::require_numbers("saturated_fraction", z);
  return detail::visit_tensor<false>(z, [&](auto const& in) { return satur::saturated_fraction(in, threshold); });
}
template <class A> [[nodiscard]] double mean_derivative(A const& act, at::Tensor const& z) {
  detail::require_numbers("mean_derivative", z);
  return detail::visit_tensor<false>(z, [&](auto const& in) { return satur::mean_derivative(act, in); });
}

/// mon["fc1"].observe(act, z) and mon["fc1"].gradient(dz) for tensors: observe(mon["fc1"], act, z).
template <class A> void observe(layer_monitor& layer, A const& act, at::Tensor const& z) {
  detail::require_numbers("observe", z);
  detail::visit_tensor<false>(z, [&](auto const& in) { layer.observe(act, in); });
}
inline void gradient(layer_monitor& layer, at::Tensor const& dz) {
  detail::require_numbers("gradient", dz);
  detail::visit_tensor<false>(dz, [&](auto const& in) { layer.gradient(in); });
}

}} // namespace satur::SATUR_ABI
