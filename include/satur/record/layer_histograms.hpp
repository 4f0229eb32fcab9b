/// \file record/layer_histograms.hpp  How the numbers of one layer are spread.
#pragma once

#include "satur/record/histogram.hpp"

#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// How z, the slopes f'(z) and the gradients dL/dz of a layer are spread. Merge with +=, exactly.
struct layer_histograms {
  histogram z = histogram::of_z();
  histogram slope = histogram::of_slope();
  histogram gradient = histogram::of_gradient();

  layer_histograms& operator+=(layer_histograms const& o) {
    z += o.z;
    slope += o.slope;
    gradient += o.gradient;
    return *this;
  }
  /// Forgets what was seen, keeps the memory.
  void clear() {
    z.clear();
    slope.clear();
    gradient.clear();
  }
  bool operator==(layer_histograms const&) const = default;
};

/// The three histograms, one below the other, each under its name.
inline std::ostream& operator<<(std::ostream& out, layer_histograms const& h) {
  return out << "z: " << h.z << "f'(z): " << h.slope << "dL/dz: " << h.gradient;
}

}} // namespace satur::SATUR_ABI
