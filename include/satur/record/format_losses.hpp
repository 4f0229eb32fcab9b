/// \file record/format_losses.hpp  What of a layer's z, outputs, gradients and weights leaves the formats that are
/// watched.
#pragma once

#include "satur/error.hpp"
#include "satur/format/format.hpp"
#include "satur/format/limits.hpp"
#include "satur/record/format_loss.hpp"

#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Which numbers of a layer.
enum class layer_numbers : std::uint8_t {
  z,
  outputs,  ///< f(z)
  gradient, ///< dL/dz
  weights
};
[[nodiscard]] constexpr std::string_view to_text(layer_numbers which) {
  return which == layer_numbers::z          ? "z"
         : which == layer_numbers::outputs  ? "outputs"
         : which == layer_numbers::gradient ? "dL/dz"
                                            : "weights";
}

namespace detail {
/// The member of these numbers, of a struct that has one for each.
template <class S> [[nodiscard]] constexpr auto& numbers_of(S& each, layer_numbers which) {
  return which == layer_numbers::z          ? each.z
         : which == layer_numbers::outputs  ? each.outputs
         : which == layer_numbers::gradient ? each.gradient
                                            : each.weights;
}
} // namespace detail

/// A format, and the factor of the numbers that are stored in it: x * scale is what is stored.
struct scaled_format {
  satur::format format{}; ///< without a name: none
  double scale = 1.0;

  [[nodiscard]] bool is_set() const { return !format.name.empty(); }
  bool operator==(scaled_format const&) const = default;
};

/// The formats in which a monitor watches the numbers of a layer; each may be left out.
struct watched_formats {
  scaled_format z{};
  scaled_format outputs{}; ///< f(z), in the type of z
  scaled_format gradient{};
  scaled_format weights{};

  [[nodiscard]] scaled_format const& of(layer_numbers which) const { return detail::numbers_of(*this, which); }
  [[nodiscard]] scaled_format& of(layer_numbers which) { return detail::numbers_of(*this, which); }
  [[nodiscard]] bool any() const { return z.is_set() || outputs.is_set() || gradient.is_set() || weights.is_set(); }
  /// The same format and scale for all of them.
  [[nodiscard]] static watched_formats all(format const& f, double scale = 1.0) {
    return {{f, scale}, {f, scale}, {f, scale}, {f, scale}};
  }
  /// Throws std::invalid_argument if a scale is not a finite number above 0, or a format contradicts itself.
  void require_valid() const {
    for (scaled_format const* s : {&z, &outputs, &gradient, &weights}) {
      if (s->is_set()) {
        detail::require_format("watched_formats", s->format);
        detail::require_scale("watched_formats", s->scale);
      }
    }
  }
  bool operator==(watched_formats const&) const = default;
};

/// What of a layer's numbers leaves the watched formats. A regular, mergeable value; what is not watched is empty.
struct format_losses {
  format_loss z;
  format_loss outputs;
  format_loss gradient;
  format_loss weights;

  static constexpr layer_numbers each[] = {layer_numbers::z, layer_numbers::outputs, layer_numbers::gradient,
                                           layer_numbers::weights};
  [[nodiscard]] format_loss const& of(layer_numbers which) const { return detail::numbers_of(*this, which); }
  [[nodiscard]] format_loss& of(layer_numbers which) { return detail::numbers_of(*this, which); }
  [[nodiscard]] bool empty() const { return z.empty() && outputs.empty() && gradient.empty() && weights.empty(); }

  /// Throws std::invalid_argument, with nothing changed, if two losses of the same numbers are of different formats or
  /// scales.
  format_losses& operator+=(format_losses const& o) {
    require_mergeable(o);
    for (layer_numbers const which : each) {
      of(which) += o.of(which);
    }
    return *this;
  }
  /// Throws what += would throw.
  void require_mergeable(format_losses const& o) const {
    for (layer_numbers const which : each) {
      format_loss const& a = of(which);
      format_loss const& b = o.of(which);
      if (!a.empty() && !b.empty() && (!(a.format == b.format) || a.scale != b.scale)) {
        detail::raise(std::invalid_argument(detail::message("satur::format_losses: cannot merge losses of ",
                                                            to_text(which), " in ", b.title(), " into those in ",
                                                            a.title(), "; merge losses of one format and one scale")));
      }
    }
  }
  bool operator==(format_losses const&) const = default;
};

/// The losses of what is watched, one below the other, each under its name.
inline std::ostream& operator<<(std::ostream& out, format_losses const& losses) {
  if (losses.empty()) {
    return out << "no format is watched, or nothing was observed\n";
  }
  for (layer_numbers const which : format_losses::each) {
    if (!losses.of(which).empty()) {
      out << to_text(which) << ": " << losses.of(which);
    }
  }
  return out;
}

}} // namespace satur::SATUR_ABI
