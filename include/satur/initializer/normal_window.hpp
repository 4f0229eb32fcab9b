/// \file initializer/normal_window.hpp  The unit normal between two bounds: its mass, mean and variance, and samples
/// from it.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// e^x for -700 <= x <= 0, below 2 ulp. It has the same bits everywhere; std::exp differs between libraries.
inline double portable_exp(double x) {
  double const k = std::floor(product(x, 1.44269504088896340736) + 0.5);
  double const r = (x - product(k, 0x1.62e42feep-1)) - product(k, 0x1.a39ef35793c76p-33); // the first product is exact
  double term = 1;
  double sum = 0;
  for (int i = 1; i <= 14; ++i) { // r^14/14! is below 5e-18 for |r| <= ln 2 / 2
    sum += term;
    term = product(term, r) / i;
  }
  return std::ldexp(sum, static_cast<int>(k));
}

/// Mass, mean and variance of Z ~ N(0, 1) between two bounds.
struct normal_window {
  double mass;     ///< P(low < Z < high)
  double mean;     ///< E[Z | low < Z < high]
  double variance; ///< var[Z | low < Z < high]

  /// Requires low < high; either may be infinite. The mass has the same bits everywhere.
  ///
  /// The closed forms, mass = Phi(high) - Phi(low) and so on (N. Johnson, S. Kotz, N. Balakrishnan, "Continuous
  /// univariate distributions" 1, 1994, section 13.10.1), lose all digits for a narrow or distant window. Integrals of
  /// the density relative to its highest point lose none. Gauss's rule with 16 nodes on each of 16 panels is exact to
  /// rounding here.
  [[nodiscard]] static normal_window between(double low, double high) {
    double const top = std::clamp(0.0, low, high); // the point of highest density
    double const distance = std::abs(top);
    // Farther than `reach` from the top the density is below e^-42 of its maximum.
    double const reach = 84 / (distance + std::sqrt(product(distance, distance) + 84));
    double const from = (std::max)(low - top, -reach);
    double const width = (std::min)(high - top, reach) - from;
    auto const integral = [&](auto const& weight) {
      constexpr int panels = 16;
      double sum = 0;
      for (int panel = 0; panel < panels; ++panel) {
        double const middle = from + product(width / panels, panel + 0.5);
        for (std::size_t i = 0; i < std::size(node); ++i) {
          for (double const side : {-1.0, 1.0}) {
            double const t = middle + product(width / (2 * panels), side * node[i]);
            double const density = portable_exp(-product(t, top + t / 2));
            sum += product(product(node_weight[i], density), weight(t));
          }
        }
      }
      return product(sum, width / (2 * panels));
    };
    constexpr double root_2_pi = 2.50662827463100050242;
    double const all = integral([](double) { return 1.0; });
    double const mean = integral([](double t) { return t; }) / all;
    double const variance = integral([&](double t) { return product(t - mean, t - mean); }) / all;
    return {product(all, portable_exp(-product(top, top) / 2)) / root_2_pi, top + mean, variance};
  }

private:
  // Gauss-Legendre, 16 points on [-1, 1].
  static constexpr double node[] = {0.09501250983763744019, 0.28160355077925891323, 0.45801677765722738634,
                                    0.61787624440264374845, 0.75540440835500303390, 0.86563120238783174388,
                                    0.94457502307323257608, 0.98940093499164993260};
  static constexpr double node_weight[] = {0.18945061045506849629, 0.18260341504492358887, 0.16915651939500253819,
                                           0.14959598881657673208, 0.12462897125553387205, 0.09515851168249278481,
                                           0.06225352393864789286, 0.02715245941175409485};
};

/// z >= 0 with P(Z > z) = p, for 1e-307 < p <= 1/2. Wichura's PPND16, relative error 1e-15.
///
/// Source: M. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37
/// (1988), 477-484.
struct portable_quantile {
  static constexpr double middle_up[] = {3.3871328727963666080e+0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                         1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                         3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double middle_down[] = {1.0,
                                           4.2313330701600911252e+1,
                                           6.8718700749205790830e+2,
                                           5.3941960214247511077e+3,
                                           2.1213794301586595867e+4,
                                           3.9307895800092710610e+4,
                                           2.8729085735721942674e+4,
                                           5.2264952788528545610e+3};
  static constexpr double tail_up[] = {1.42343711074968357734e+0, 4.63033784615654529590e+0, 5.76949722146069140550e+0,
                                       3.64784832476320460504e+0, 1.27045825245236838258e+0, 2.41780725177450611770e-1,
                                       2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double tail_down[] = {1.0,
                                         2.05319162663775882187e+0,
                                         1.67638483018380384940e+0,
                                         6.89767334985100004550e-1,
                                         1.48103976427480074590e-1,
                                         1.51986665636164571966e-2,
                                         5.47593808499534494600e-4,
                                         1.05075007164441684324e-9};
  static constexpr double far_up[] = {6.65790464350110377720e+0, 5.46378491116411436990e+0, 1.78482653991729133580e+0,
                                      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                      2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double far_down[] = {1.0,
                                        5.99832206555887937690e-1,
                                        1.36929880922735805310e-1,
                                        1.48753612908506148525e-2,
                                        7.86869131145613259100e-4,
                                        1.84631831751005468180e-5,
                                        1.42151175831644588870e-7,
                                        2.04426310338993978564e-15};

  static constexpr double far_tail = 1.39e-11; ///< just above e^-25, the start of the outermost range

  /// Far = false requires p >= far_tail; the bits are the same.
  template <class L, bool Far = true> SATUR_INLINE static L of_tail(L const& p) {
    L const q = L(0.5) - p;
    L const root = math::sqrt(product(minus_two_log<L>(p, 0), L(0.5)));
    L const s = L(0.180625) - product(q, q);
    L const t = root - L(1.6);
    L up = polynomial(tail_up, t);
    L down = polynomial(tail_down, t);
    if constexpr (Far) {
      L const f = root - L(5.0);
      auto const is_tail = root <= L(5.0);
      up = math::select(is_tail, up, polynomial(far_up, f));
      down = math::select(is_tail, down, polynomial(far_down, f));
    }
    auto const is_middle = q <= L(0.425);
    up = math::select(is_middle, product(q, polynomial(middle_up, s)), up);
    down = math::select(is_middle, polynomial(middle_down, s), down);
    return up / down; // one division for all ranges
  }
};

/// center + spread Z, with Z ~ N(0, 1) between two bounds, by inversion of the distribution function. An element uses
/// one word, as in `uniform_law`: v = (k + 1/2) / 2^52.
struct truncated_law {
  using word = std::uint64_t;
  static constexpr std::size_t rows = 2;
  double center, spread, lowest, highest;
  double below, mass, above; ///< P(Z < low), P(low < Z < high), P(Z > high)

  template <class L> SATUR_INLINE void make(word const* in, double* out) const {
    if ((std::min)(above, below) < portable_quantile::far_tail) {
      make_range<L, true>(in, out);
    } else {
      make_range<L, false>(in, out);
    }
  }

private:
  template <class L, bool Far> SATUR_INLINE void make_range(word const* in, double* out) const {
    using W = words_t<L>;
    for (std::size_t i = 0; i < rows * philox_group; i += static_cast<std::size_t>(math::lane_count<L>)) {
      L const v = midpoint<L>(math::load<W>(in + i) >> 12) * L(0x1p-52);
      L const over = L(above) + product(v, L(mass));
      L const under = L(below) + product(L(1.0) - v, L(mass)); // 1 - v is exact
      // Computed from the nearer end, so that both tails keep their digits.
      L const z = portable_quantile::of_tail<L, Far>(math::select(over < under, over, under));
      L x = L(center) + product(L(spread), math::select(over < under, z, L(0.0) - z));
      x = math::select(x < L(lowest), L(lowest), x);
      x = math::select(x > L(highest), L(highest), x);
      math::store(out + i, x);
    }
  }
};

/// P(Z > z), with the same bits everywhere.
inline double upper_mass(double z) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!is_finite(z) && z > 0.0) {
    return 0;
  }
  return z < 0 ? 1 - normal_window::between(-z, infinity).mass : normal_window::between(z, infinity).mass;
}

/// Fills `out` with center + spread Z. Z ~ N(0, 1) lies between the bounds `low` and `high` in standard deviations, and
/// the result between `lowest` and `highest`. The nearer end of the window must be within 37 standard deviations.
/// Throws std::invalid_argument, with nothing written, if no T lies between lowest and highest.
template <std::floating_point T>
void fill_truncated(std::span<T> out, sampler const& random, double center, double spread, double low, double high,
                    double lowest, double highest, std::string_view rule) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  constexpr double most = sizeof(T) < sizeof(double) ? static_cast<double>((std::numeric_limits<T>::max)())
                                                     : (std::numeric_limits<double>::max)();
  T bottom = static_cast<T>(std::clamp(lowest, -most, most));
  T top = static_cast<T>(std::clamp(highest, -most, most));
  bottom = static_cast<double>(bottom) < lowest ? std::nextafter(bottom, infinity) : bottom;
  top = static_cast<double>(top) > highest ? std::nextafter(top, -infinity) : top;
  if (!(bottom <= top)) {
    detail::raise(std::invalid_argument(message("satur::", rule, ": no number of the type lies between the bounds ",
                                                number_text(lowest), " and ", number_text(highest),
                                                "; allowed: bounds further apart, or a wider type")));
  }
  truncated_law const law{center,
                          spread,
                          static_cast<double>(bottom),
                          static_cast<double>(top),
                          upper_mass(-low),
                          normal_window::between(low, high).mass,
                          upper_mass(high)};
  if constexpr (std::same_as<T, double>) {
    fill_by_law(law, random.key, 0, out);
  } else {
    fill_through_double(out, 0,
                        [&](std::span<double> part, std::uint64_t at) { fill_by_law(law, random.key, at, part); });
  }
}

} // namespace satur::inline SATUR_ABI::detail
