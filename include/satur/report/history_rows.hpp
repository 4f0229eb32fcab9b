/// \file report/history_rows.hpp  The steps that a monitor's histories kept, in the order in which writers give them.
#pragma once

#include "satur/monitor/monitor.hpp"

#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// f(layer, phase, line) for each step that a layer's history kept: layer by layer, training before evaluation.
template <class F> void for_each_history_line(monitor const& mon, F const& f) {
  for (layer_monitor const& layer : mon) {
    for (phase const p : {phase::train, phase::eval}) {
      history const& lines = layer.history(p);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        f(layer, p, lines[i]);
      }
    }
  }
}

} // namespace satur::inline SATUR_ABI::detail
