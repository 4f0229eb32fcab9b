/// \file record/layer.hpp  All that is known of one layer over some stretch of training.
#pragma once

#include "satur/record/gradient.hpp"
#include "satur/record/saturation.hpp"
#include "satur/record/update.hpp"

#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// All that is known of one layer over some stretch of training. Merge with +=, reset with `= {}`.
struct layer_record {
  satur::saturation saturation;
  gradient_record gradient;
  update_record update;

  [[nodiscard]] bool nonfinite() const { return saturation.nonfinite() || gradient.nonfinite(); }
  layer_record& operator+=(layer_record const& o) {
    saturation += o.saturation;
    gradient += o.gradient;
    update += o.update;
    return *this;
  }
  bool operator==(layer_record const&) const = default;
};

/// The three records, one below the other.
inline std::ostream& operator<<(std::ostream& out, layer_record const& r) {
  return out << r.saturation << "  " << r.gradient << "\n  " << r.update << '\n';
}

}} // namespace satur::SATUR_ABI
