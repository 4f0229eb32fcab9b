/// \file finding/fold.hpp  One finding for each root: layers with the same cause are joined, consequences go behind it.
#pragma once

#include "satur/finding/finding.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Findings of the same cause in several layers become one: the first layer's, with the layers, and the factors or
/// units of each.
inline void join_layers(std::vector<root_finding>& found) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    finding& first = found[i].what;
    bool joined = false;
    std::vector<std::vector<std::size_t>> units{first.cure.units};
    for (std::size_t k = i + 1; k < found.size();) {
      finding& other = found[k].what;
      bool const logits = first.cause == cause::weight_norm && other.cause == cause::logits;
      bool const alike = (first.cause == other.cause || logits) && found[i].direct == found[k].direct &&
                         first.cure.what == other.cure.what && first.cure.what != remedy::reinitialize_units &&
                         (first.symptom == other.symptom || first.cause != cause::unknown);
      if (!alike) {
        ++k;
        continue;
      }
      units.push_back(std::move(other.cure.units));
      first.layers.insert(first.layers.end(), other.layers.begin(), other.layers.end());
      first.cure.factors.insert(first.cure.factors.end(), other.cure.factors.begin(), other.cure.factors.end());
      first.severity = (std::max)(first.severity, other.severity);
      joined = true;
      found.erase(found.begin() + static_cast<std::ptrdiff_t>(k));
    }
    // Without any, all units of each layer are meant.
    if (joined && std::ranges::any_of(units, [](auto const& u) { return !u.empty(); })) {
      first.cure.layer_units = std::move(units);
      std::string_view const call = "(satur::recenter";
      if (auto const at = first.cure.advice.find(call); at != std::string::npos) {
        first.cure.advice.insert(at + call.size(), "; `cure.layer_units` has each layer's");
      }
    }
    if (joined && first.cure.what == remedy::rescale) {
      auto const [least, most] = std::minmax_element(first.cure.factors.begin(), first.cure.factors.end());
      std::string const what = first.cure.restart ? "start again with w and b of these layers times "
                                                  : "multiply w and b of these layers by ";
      first.cure.advice = *most < 1.1 * *least
                              ? message(what, text::significant(*least, 3), " (satur::rescale)")
                              : message(what, text::significant(*least, 3), " to ", text::significant(*most, 3),
                                        " (satur::rescale; `cure.factors` has each)");
    }
  }
}

/// Order of the findings that are not direct, if none is direct; the lowest is the root. What a layer does to the
/// signal comes before the gradients that pass through it.
[[nodiscard]] inline int distance_from_root(finding const& f) {
  switch (f.symptom) {
  case symptom::saturated_layer:
    return 0;
  case symptom::dead_units: // a few of them follow from what passes through the layer
    return f.severity == severity::alarm ? 0 : 2;
  case symptom::vanishing_gradient:
  case symptom::exploding_gradient:
    return f.cause == cause::slope ? 2 : 1;
  case symptom::zero_gradient:
    return 3;
  default:
    return 2;
  }
}

/// Direct findings stay. The others go to `behind` of the first direct one; if none is direct, of the one that is
/// nearest to the root.
inline std::vector<finding> fold(std::vector<root_finding> found) {
  auto root = std::find_if(found.begin(), found.end(), [](root_finding const& f) { return f.direct; });
  if (root == found.end()) {
    root = std::min_element(found.begin(), found.end(), [](root_finding const& a, root_finding const& b) {
      return distance_from_root(a.what) < distance_from_root(b.what);
    });
  }
  std::vector<finding> all;
  std::vector<consequence> behind;
  std::size_t at = 0;
  for (auto f = found.begin(); f != found.end(); ++f) {
    if (f->direct || f == root) {
      at = f == root ? all.size() : at;
      all.push_back(std::move(f->what));
    } else {
      for (std::string const& layer : f->what.layers) {
        behind.push_back({layer, f->what.symptom});
      }
    }
  }
  for (consequence& c : behind) {
    std::vector<std::string> const& own = all[at].layers;
    bool const told = std::find(own.begin(), own.end(), c.layer) != own.end() ||
                      std::any_of(all[at].behind.begin(), all[at].behind.end(),
                                  [&c](consequence const& other) { return other.layer == c.layer; });
    if (!told) {
      all[at].behind.push_back(std::move(c));
    }
  }
  return all;
}

} // namespace satur::inline SATUR_ABI::detail
#endif
