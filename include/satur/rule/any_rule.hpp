/// \file rule/any_rule.hpp  A rule that is chosen at run time.
#pragma once

#include "satur/rule/rule.hpp"

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace satur::inline SATUR_ABI {

namespace detail {
template <class R, class Variant> inline constexpr bool is_one_of = false;
template <class R, class... All>
inline constexpr bool is_one_of<R, std::variant<All...>> = (std::same_as<R, All> || ...);
template <class R, class Variant>
concept one_of = is_one_of<R, Variant>;
} // namespace detail

/// Any of the rules of rule.hpp: what a monitor holds. It counts as the rule in it does.
class any_rule {
public:
  using alternatives =
      std::variant<z_beyond, slope_below, output_beyond, z_at_least, z_outside, scaled_output_beyond, sagemaker_limits>;

  /// z_beyond{5}.
  any_rule() = default;
  template <detail::one_of<alternatives> R>
  any_rule(R const& rule) : rule_(std::in_place_type<R>, rule) {} // NOLINT: any of them is a rule

  [[nodiscard]] rule_definition definition() const {
    return std::visit([](auto const& rule) { return rule.definition(); }, rule_);
  }
  template <class T, class A> [[nodiscard]] auto bind(A const& act) const {
    return std::visit([&](auto const& rule) { return bound<T>(rule.template bind<T>(act)); }, rule_);
  }
  /// f(rule) with the rule that is in it.
  template <class F> decltype(auto) visit(F&& f) const { return std::visit(std::forward<F>(f), rule_); }
  bool operator==(any_rule const&) const = default;

private:
  enum class kind { z, slope, output };
  template <class L> struct bound { // the branch is the same for every element
    kind which;
    L first;
    L second;
    bound(kind k, L const& a, L const& b) : which(k), first(a), second(b) {}
    explicit bound(detail::bound_z_beyond<L> const& b) : bound(kind::z, -b.threshold, b.threshold) {}
    explicit bound(detail::bound_z_outside<L> const& b) : bound(kind::z, b.low_limit, b.high_limit) {}
    explicit bound(detail::bound_slope_below<L> const& b) : bound(kind::slope, b.limit, L(0)) {}
    explicit bound(detail::bound_output_beyond<L> const& b) : bound(kind::output, b.low_limit, b.high_limit) {}

    template <class W> SATUR_INLINE bound<W> over() const { return {which, W(first), W(second)}; }
    SATUR_INLINE auto low(L const& z, L const& y, L const& slope) const {
      if (which == kind::z) {
        return detail::bound_z_outside<L>{first, second}.low(z, y, slope);
      }
      if (which == kind::slope) {
        return detail::bound_slope_below<L>{first}.low(z, y, slope);
      }
      return detail::bound_output_beyond<L>{first, second}.low(z, y, slope);
    }
    SATUR_INLINE auto high(L const& z, L const& y, L const& slope) const {
      if (which == kind::z) {
        return detail::bound_z_outside<L>{first, second}.high(z, y, slope);
      }
      if (which == kind::slope) {
        return detail::bound_slope_below<L>{first}.high(z, y, slope);
      }
      return detail::bound_output_beyond<L>{first, second}.high(z, y, slope);
    }
  };
  alternatives rule_;
};

/// The rule that a record was counted by, from its definition: what reads a saved record needs.
/// Throws std::invalid_argument where no rule has that name.
[[nodiscard]] inline any_rule rule_of(rule_definition const& d) {
  if (d.name == "z_beyond") {
    return z_beyond{d.first};
  }
  if (d.name == "slope_below") {
    return slope_below{d.first};
  }
  if (d.name == "output_beyond") {
    return output_beyond{d.first, d.second};
  }
  if (d.name == "z_at_least") {
    return z_at_least{d.first};
  }
  if (d.name == "z_outside") {
    return z_outside{d.first, d.second};
  }
  if (d.name == "scaled_output_beyond") {
    return scaled_output_beyond{d.first};
  }
  if (d.name == "sagemaker_limits") {
    return sagemaker_limits{};
  }
  detail::bad_parameter("rule_of", "rule", std::string(d.name),
                        "z_beyond, slope_below, output_beyond, z_at_least, z_outside, scaled_output_beyond, "
                        "sagemaker_limits");
}

} // namespace satur::inline SATUR_ABI
