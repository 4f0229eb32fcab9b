/// \file adapt/mpi/rank_monitor.hpp  What a rank sends of its monitor: what all ranks have to agree about, and the
/// rest.
#pragma once

#include "satur/monitor/file.hpp"
#include "satur/monitor/file/archive.hpp"
#include "satur/monitor/replicas.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// What ranks have to agree about, by name: each with its values, and how many ranks
/// state each of them.
class rank_facts {
public:
  rank_facts() = default;
  /// A rank that has not recorded anything of a kind states nothing of it.
  rank_facts(monitor const& mon, std::uint64_t rank) {
    auto const state = [this, rank](std::string const& name, std::string const& value) {
      if (!value.empty()) {
        facts_[name] = {{value, 1, rank}};
      }
    };
    monitor_options const& o = mon.options();
    rule_definition const rule = o.rule.definition();
    state("the rule", message(rule.name.view(), "(", number_text(rule.first), ", ", number_text(rule.second), ")"));
    state("the option histograms", number_text(o.histograms));
    state("the option updates", number_text(o.updates));
    state("the option units", o.units ? "true" : "false");
    state("the option rows", number_text(o.rows));
    state("the option sampling.every", number_text(o.sampling.every));
    state("the option sampling.budget", number_text(o.sampling.budget));
    state("the option history.lines", number_text(o.history.lines));
    state("the option history.keeps", o.history.keeps == history_keeps::evenly ? "evenly" : "newest");
    state("the option history.unit_windows", number_text(o.history.unit_windows));
    state("the option history.unit_groups", number_text(o.history.unit_groups));
    state("the option formats", formats_text(o.formats));
    std::string layers;
    for (layer_monitor const& layer : mon) {
      layers += (layers.empty() ? "" : ", ") + layer.name();
      state("the formats of layer " + layer.name(), formats_text(layer.watched()));
      for (satur::phase const p : {phase::train, phase::eval}) {
        std::string const where = message("layer ", layer.name(), " in ", to_text(p));
        state("the activation of " + where, activation_of(layer, p));
        state("the number of units of " + where, units_of(layer, p));
      }
    }
    state("the layers", layers);
    if (layer_monitor const* const data = mon.inputs(); data != nullptr) {
      state("the number of features of the data", units_of(*data, phase::train));
    }
  }

  rank_facts& operator+=(rank_facts const& o) {
    for (auto const& [name, theirs] : o.facts_) {
      std::vector<stated>& ours = facts_[name];
      for (stated const& t : theirs) {
        auto const same = std::find_if(ours.begin(), ours.end(), [&t](stated const& s) { return s.value == t.value; });
        if (same == ours.end()) {
          ours.push_back(t);
        } else {
          same->ranks += t.ranks;
          same->first = (std::min)(same->first, t.first);
        }
      }
    }
    return *this;
  }
  /// Throws std::invalid_argument where ranks disagree.
  void require_agreement() const {
    for (auto const& [name, values] : facts_) {
      if (values.size() > 1) {
        constexpr std::size_t most = 3;
        std::string text;
        for (std::size_t i = 0; i < values.size() && i < most; ++i) {
          stated const& s = values[i];
          text += i == 0 ? "" : ", ";
          text += s.ranks == 1 ? message(s.value, " on rank ", s.first)
                               : message(s.value, " on ", s.ranks, " ranks (the first is rank ", s.first, ")");
        }
        raise(std::invalid_argument(message("satur::all_reduce: ranks disagree about ", name, ": it is ", text,
                                            values.size() > most ? ", and others" : "",
                                            "; give all ranks the same network and the same monitor_options")));
      }
    }
  }
  [[nodiscard]] static std::string write(rank_facts const& facts) {
    byte_writer out;
    out.number(std::uint64_t{facts.facts_.size()});
    for (auto const& [name, values] : facts.facts_) {
      out.text(name);
      out.number(std::uint64_t{values.size()});
      for (stated const& s : values) {
        out.text(s.value);
        out.number(s.ranks);
        out.number(s.first);
      }
    }
    return std::move(out.bytes());
  }
  [[nodiscard]] static rank_facts read(std::string const& bytes) {
    byte_reader in(bytes, 0);
    rank_facts facts;
    for (std::size_t n = in.count("facts", 16); n != 0; --n) {
      std::string name;
      in.text(name);
      std::vector<stated>& values = facts.facts_[name];
      values.resize(in.count("values", 24));
      for (stated& s : values) {
        in.text(s.value);
        in.number(s.ranks);
        in.number(s.first);
      }
    }
    return facts;
  }

private:
  struct stated {
    std::string value;
    std::uint64_t ranks = 1;
    std::uint64_t first = 0; ///< the lowest of them
  };
  [[nodiscard]] static std::string activation_of(layer_monitor const& layer, satur::phase p) {
    for (layer_record const* const r : {&layer.total(p), &layer.current(p)}) {
      if (!r->saturation.activation.empty()) {
        return std::string(r->saturation.activation.view());
      }
    }
    return {};
  }
  [[nodiscard]] static std::string units_of(layer_monitor const& layer, satur::phase p) {
    std::optional<unit_records> const& units = layer.units(p);
    return units && units->size() != 0 ? number_text(units->size()) : std::string();
  }
  [[nodiscard]] static std::string formats_text(watched_formats const& formats) {
    std::string text;
    for (auto const* const f : {&formats.z, &formats.outputs, &formats.gradient, &formats.weights}) {
      text += text.empty() ? "" : ", ";
      text += f->is_set() ? message(f->format.name.view(), " at scale ", number_text(f->scale)) : std::string("none");
    }
    return text;
  }

  std::map<std::string, std::vector<stated>> facts_;
};

/// The monitors of some ranks as bytes: what is saved of one, and in how many of them the loss is the mean.
[[nodiscard]] inline std::string write_replicas(replicas const& run) {
  std::ostringstream saved;
  save(run.merged(), saved);
  byte_writer out;
  out.number(run.with_losses());
  out.bytes() += std::move(saved).str();
  return std::move(out.bytes());
}
[[nodiscard]] inline replicas read_replicas(std::string const& bytes) {
  std::uint64_t with_losses = 0;
  byte_reader(bytes, 0).number(with_losses);
  std::istringstream saved(bytes.substr(8));
  return {load_monitor(saved), with_losses};
}

} // namespace satur::inline SATUR_ABI::detail
