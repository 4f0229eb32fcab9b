/// \file adapt/mpi/rank_monitor.hpp  What a rank sends of its monitor: what all ranks have to agree about, and the
/// rest.
#pragma once

#include "satur/monitor/file.hpp"
#include "satur/monitor/file/archive.hpp"
#include "satur/monitor/replicas.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// What ranks have to agree about, by name: each with its value, and the lowest rank that states it.
class rank_facts {
public:
  rank_facts() = default;
  /// A rank that has not recorded anything of a kind states nothing of it.
  rank_facts(monitor const& mon, std::uint64_t rank) {
    auto const state = [this, rank](std::string const& name, std::string const& value) {
      if (!value.empty()) {
        facts_.emplace(name, stated{value, rank});
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

  /// Throws std::invalid_argument where the other states something else.
  rank_facts& operator+=(rank_facts const& o) {
    for (auto const& [name, theirs] : o.facts_) {
      auto const [ours, is_new] = facts_.emplace(name, theirs);
      if (!is_new && ours->second.value != theirs.value) {
        raise(std::invalid_argument(message("ranks disagree about ", name, ": it is ", ours->second.value, " on rank ",
                                            ours->second.rank, " and ", theirs.value, " on rank ", theirs.rank,
                                            "; give all ranks the same network and the same monitor_options")));
      }
    }
    return *this;
  }
  void write(byte_writer& out) const {
    out.number(std::uint64_t{facts_.size()});
    for (auto const& [name, fact] : facts_) {
      out.text(name);
      out.text(fact.value);
      out.number(fact.rank);
    }
  }
  void read(byte_reader& in) {
    for (std::size_t n = in.count("facts", 24); n != 0; --n) {
      std::string name;
      stated fact;
      in.text(name);
      in.text(fact.value);
      in.number(fact.rank);
      facts_.emplace(std::move(name), std::move(fact));
    }
  }

private:
  struct stated {
    std::string value;
    std::uint64_t rank = 0;
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

  std::map<std::string, stated> facts_;
};

/// The monitors of some ranks as one.
struct rank_monitor {
  rank_facts facts;
  replicas run;

  rank_monitor& operator+=(rank_monitor const& o) {
    facts += o.facts;
    run += o.run;
    return *this;
  }
  [[nodiscard]] static std::string write(rank_monitor const& m) {
    std::ostringstream saved;
    save(m.run.merged(), saved);
    byte_writer out;
    m.facts.write(out);
    out.number(m.run.with_losses());
    out.text(std::move(saved).str());
    return std::move(out.bytes());
  }
  [[nodiscard]] static rank_monitor read(std::string const& bytes) {
    byte_reader in(bytes, 0);
    rank_facts facts;
    facts.read(in);
    std::uint64_t with_losses = 0;
    in.number(with_losses);
    std::string saved;
    in.text(saved);
    std::istringstream stream(std::move(saved));
    return {std::move(facts), replicas(load_monitor(stream), with_losses)};
  }
};

} // namespace satur::inline SATUR_ABI::detail
