/// \file activation/activation_ref.hpp  An activation seen through pointers, in double: no copy, no allocation.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/activation/peak_slope.hpp"

#include <limits>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Any activation by reference, with its facts. It is itself an activation for double. It must not outlive the
/// activation it refers to.
///
/// A fact that the activation does not state reads NaN. A peak slope that is not stated is searched for in every call.
class activation_ref {
public:
  std::string_view name;

  template <class A>
  explicit activation_ref(A const& source)
      : name(name_of(source)), act_(&source), value_([](void const* a, double z) {
          return static_cast<double>(detail::value_at(*static_cast<A const*>(a), static_cast<number<A>>(z)));
        }),
        slope_([](void const* a, double z) {
          return static_cast<double>(detail::slope_at(*static_cast<A const*>(a), static_cast<number<A>>(z)));
        }),
        peak_([](void const* a) { return satur::peak_slope_of(*static_cast<A const*>(a)); }) {
    if constexpr (has_limits<A>) {
      lower_ = source.lower();
      upper_ = source.upper();
    }
  }

  [[nodiscard]] double value(double z) const { return value_(act_, z); }
  [[nodiscard]] double derivative(double z) const { return slope_(act_, z); }
  [[nodiscard]] double peak_slope() const { return peak_(act_); }
  /// Asymptotes; NaN if not stated.
  [[nodiscard]] double lower() const { return lower_; }
  [[nodiscard]] double upper() const { return upper_; }

private:
  /// double if the activation accepts it, else float.
  template <class A> using number = std::conditional_t<activation<A, double>, double, float>;

  void const* act_;
  double (*value_)(void const*, double);
  double (*slope_)(void const*, double);
  double (*peak_)(void const*);
  double lower_ = std::numeric_limits<double>::quiet_NaN();
  double upper_ = std::numeric_limits<double>::quiet_NaN();
};

}} // namespace satur::SATUR_ABI
