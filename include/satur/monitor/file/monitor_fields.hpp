/// \file monitor/file/monitor_fields.hpp  What is saved of a monitor and of each of its layers, in order: one list for
/// writing and reading.
#pragma once

#include "satur/monitor/file/unit_history_fields.hpp"
#include "satur/monitor/monitor.hpp"

#include <string>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// monitor_access::whole(archive, monitor): a byte_writer and a const monitor, or a byte_reader and one that has
/// recorded nothing.
struct monitor_access : unit_history_access {
  /// After reading: every layer follows the monitor.
  static void restore(monitor& mon) {
    mon.lists_.each([&mon](layer_monitor& l) { mon.prepared(l); });
  }

  template <class Archive, class R> static void whole(Archive& ar, R& mon) {
    auto& options = mon.options_;
    rule_definition rule = options.rule.definition();
    all(ar, rule, options.histograms, options.updates, options.sampling, options.history);
    if (ar.format >= 2) {
      ar.number(options.units);
    }
    if (ar.format >= 5) {
      ar.number(options.rows);
    }
    if (ar.format >= 6) {
      watched(ar, options.formats);
    }
    if constexpr (Archive::reading) {
      with_words_of([&ar](char const* words) { ar.fail(message("options of a monitor (", words, ")")); },
                    [&] {
                      options.rule = any_rule::of(rule);
                      options.require_valid();
                    });
    }
    ar_enum(ar, mon.phase_, 1, "a phase");
    all(ar, mon.stop_);
    for (auto& s : mon.samplers_) {
      fields(ar, s);
      if constexpr (Archive::reading) {
        ar.require(s.sampled <= s.seen, "no more sampled steps than steps");
        ar.require(is_finite(s.credit_ns), "a budget of finite time");
        ar.require(is_finite(s.sample_ns) && s.sample_ns >= 0.0 && is_finite(s.plain_ns) && s.plain_ns >= 0.0,
                   "finite times of a sample and of a step, 0 or more");
        s.policy = options.sampling;
      }
    }
    if constexpr (Archive::reading) {
      std::size_t const n = ar.count("layers", 500);
      for (std::size_t i = 0; i < n; ++i) {
        std::string name;
        ar.text(name);
        ar.require(mon.lists_.layers.find(name) == nullptr, "layers of different names");
        layer(ar, mon[name]);
      }
    } else {
      ar.number(mon.size());
      for (layer_monitor const& l : mon) {
        ar.text(l.name());
        layer(ar, l);
      }
    }
    if (ar.format >= 4) {
      bool data = mon.lists_.data.size() != 0;
      ar.number(data);
      if constexpr (Archive::reading) {
        if (data) {
          layer(ar, mon.input_layer());
        }
      } else if (data) {
        layer(ar, *mon.lists_.data.begin());
      }
      fields(ar, mon.losses_);
    }
    if constexpr (Archive::reading) {
      ar.require(ar.left() == 0, message("the end, found ", count_text(ar.left(), "byte"), " more"));
    }
  }

private:
  template <class Archive, class R> static void layer(Archive& ar, R& r) { // its name and rule are the monitor's part
    all(ar, r.records_.histograms);
    if (ar.format >= 2) {
      ar.number(r.records_.units);
    }
    if (ar.format >= 6) {
      watched(ar, r.records_.formats.wanted);
    }
    for (auto& p : r.records_.phases) {
      all(ar, p.now, p.last, p.total, p.lines, p.turn);
      bool drawn = p.drawn.has_value();
      ar.number(drawn);
      if constexpr (Archive::reading) {
        if (drawn) {
          p.drawn.emplace();
        }
      }
      if (drawn) {
        fields(ar, *p.drawn);
      }
      if (ar.format >= 4) {
        fields(ar, p.origin);
      }
      if (ar.format >= 2) {
        bool by_unit = p.units.has_value();
        ar.number(by_unit);
        if constexpr (Archive::reading) {
          if (by_unit) {
            p.units.emplace();
          }
        }
        if (by_unit) {
          units(ar, *p.units);
        }
      }
      if (ar.format >= 6) {
        if_any(ar, p.formats.has_value(), [&] {
          if constexpr (Archive::reading) {
            p.formats.emplace();
          }
          losses(ar, *p.formats);
        });
      }
      if (ar.format >= 7) {
        unit_lines(ar, p.unit_lines);
        if constexpr (Archive::reading) {
          ar.require(p.unit_lines.groups() == 0 || (p.units && p.units->size() == p.unit_lines.units()),
                     "a history of units with the records of its units");
        }
      }
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
#endif
