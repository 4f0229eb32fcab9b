/// \file report/tensorboard.hpp  A monitor as event files, which TensorBoard shows and others import; no dependency.
#pragma once

#include "satur/monitor/columns.hpp"
#include "satur/monitor/observer.hpp"
#include "satur/report/history_rows.hpp"
#include "satur/report/tensorboard/event_file.hpp"
#include "satur/report/tensorboard/event_histogram.hpp"
#include "satur/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

struct recorded_run;

struct tensorboard_options {
  std::size_t histograms = 50;              ///< of the layers, once in n written steps of a phase; 0: never
  std::string name = {};                    ///< of the file; empty: events.out.tfevents.<seconds>.<host>.<process>
  wall_clock_function clock = unix_seconds; ///< the time that each event gets
};

namespace detail {

/// A number as the float that a scalar is: infinite where a float is not large enough.
[[nodiscard]] inline float event_scalar(double x) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr auto largest = static_cast<double>((std::numeric_limits<float>::max)());
  return is_nan(x)      ? std::numeric_limits<float>::quiet_NaN()
         : x > largest  ? infinity
         : x < -largest ? -infinity
                        : static_cast<float>(x);
}

} // namespace detail

/// Writes a folder that `tensorboard --logdir` shows. Tags are "<layer>/<column>" for each of `monitor_columns` that
/// was seen, "<layer>/z", "<layer>/slope" and "<layer>/gradient" for the histograms (the latter two of |f'(z)| and
/// |dL/dz|) and "loss"; those of evaluation begin with "evaluation/".
///
///     tensorboard_writer board("runs/first");
///     for (…) { …; mon.end_step(board); }      // an observer: every sampled step, as it is made
///     board.write(mon);                        // what was not written yet: for a monitor of a finished run, all of it
///
/// Each writer makes a new file; TensorBoard joins those of a folder: give a resumed run the same folder. A process
/// that is killed leaves a file that is valid up to its last whole record. Movable, not copyable.
class tensorboard_writer {
public:
  /// The folder is made if it is missing. Throws file_error where nothing can be written there.
  explicit tensorboard_writer(std::string const& folder, tensorboard_options options = {})
      : options_(std::move(options)), file_("tensorboard_writer", folder, options_.name, options_.clock()) {}

  /// The step that was closed last: the loss, the columns, and in its turn the histograms. Throws file_error where the
  /// disk is full; then nothing of the step is in the file, and what was written before is kept.
  template <std::same_as<monitor> M> void on_step(M const& mon) {
    auto const p = mon.phase();
    if (mon.steps(p) == 0) {
      return;
    }
    phase_state& state = state_of(p);
    std::uint64_t const step = mon.steps(p) - 1;
    begin();
    bool const with_loss = p == decltype(p)::train && mon.losses().seen() != losses_;
    if (with_loss) {
      scalar("loss", mon.losses().last());
    }
    bool const with_histograms = options_.histograms != 0 && state.turn % options_.histograms == 0;
    for (auto const& layer : mon) {
      scalars(prefix_of(layer, p), report_row(layer.name(), to_text(p), step, layer.last(p)));
      if (with_histograms) {
        histograms(layer, p);
      }
    }
    end(step);
    losses_ = mon.losses().seen();
    next_loss_ = with_loss ? step + 1 : next_loss_;
    state.next = step + 1;
    state.next_histogram = with_histograms ? step + 1 : state.next_histogram;
    ++state.turn;
  }

  /// All that the histories kept and that was not written yet, step by step, the losses (means of blocks, see
  /// loss_history), and the histograms of the window.
  template <std::same_as<monitor> M> void write(M const& mon) {
    using phase_t = decltype(mon.phase());
    for (std::size_t i = 0; i < mon.losses().size(); ++i) {
      loss_row const loss(mon.losses()[i]);
      if (loss.step >= next_loss_) {
        begin();
        scalar("loss", loss.loss);
        end(loss.step);
        next_loss_ = loss.step + loss.steps;
      }
    }
    losses_ = mon.losses().seen();
    for (phase_t const p : {phase_t::train, phase_t::eval}) {
      write_lines(mon, p);
      phase_state& state = state_of(p);
      if (options_.histograms != 0 && mon.steps(p) > state.next_histogram) {
        std::uint64_t const step = mon.steps(p) - 1;
        begin();
        for (auto const& layer : mon) {
          histograms(layer, p);
        }
        end(step);
        state.next_histogram = step + 1;
      }
    }
  }

  /// All of a run that `read_json_lines` read: an event for each loss and each line of a layer.
  template <std::same_as<recorded_run> R> void write(R const& run) {
    for (loss_row const& loss : run.losses) {
      begin();
      scalar("loss", loss.loss);
      end(loss.step);
    }
    for (auto const& r : run.lines) {
      begin();
      scalars((r.phase == "evaluation" ? "evaluation/" : "") + text::valid_utf8(run.layers[r.layer]) + '/',
              report_row(run.layers[r.layer], r.phase, r.step, run.columns, r.numbers));
      end(r.step);
    }
  }

  [[nodiscard]] std::string const& path() const { return file_.path(); }

private:
  static constexpr std::uint64_t none = (std::numeric_limits<std::uint64_t>::max)();

  struct phase_state {
    std::uint64_t next = 0;           ///< the first step that is not written
    std::uint64_t next_histogram = 0; ///< likewise
    std::uint64_t turn = 0;           ///< steps written
  };
  template <class Phase> [[nodiscard]] phase_state& state_of(Phase p) { return states_[static_cast<std::size_t>(p)]; }

  /// The lines of all histories from state.next on, those of one step in one event. Each history is in the order of its
  /// steps.
  template <class M, class Phase> void write_lines(M const& mon, Phase p) {
    phase_state& state = state_of(p);
    std::vector<std::size_t> at(mon.size(), 0); // the next line of each layer
    for (;;) {
      std::uint64_t step = none;
      std::size_t* place = at.data();
      for (auto const& layer : mon) {
        auto const& lines = layer.history(p);
        while (*place < lines.size() && lines[*place].step < state.next) {
          ++*place;
        }
        step = *place < lines.size() ? (std::min)(step, lines[*place].step) : step;
        ++place;
      }
      if (step == none) {
        return;
      }
      begin();
      place = at.data();
      for (auto const& layer : mon) {
        if (auto const& lines = layer.history(p); *place < lines.size() && lines[*place].step == step) {
          scalars(prefix_of(layer, p), report_row(layer.name(), to_text(p), lines[*place]));
        }
        ++place;
      }
      end(step);
      state.next = step + 1;
    }
  }

  void begin() { summary_.clear(); }
  void end(std::uint64_t step) {
    if (summary_.empty()) {
      return;
    }
    event_.clear();
    detail::protobuf_fields fields(event_);
    fields.real(1, options_.clock());
    fields.integer(2, step);
    fields.text(5, summary_);
    file_.write(event_, detail::message("step ", step));
  }
  void scalar(std::string_view tag, double x) {
    detail::protobuf_fields(summary_).message(1, [&](detail::protobuf_fields& entry) {
      entry.text(1, tag);
      entry.real(2, detail::event_scalar(x));
    });
  }
  void scalars(std::string tag, report_row const& row) { // tag: the prefix of all
    std::size_t const size = tag.size();
    row.each([&](monitor_column const& column, double x) {
      if (!detail::is_nan(x)) {
        tag.resize(size);
        tag += column.name;
        scalar(tag, x);
      }
    });
  }
  template <class Layer, class Phase> void histograms(Layer const& layer, Phase p) {
    if (auto const& drawn = layer.histograms(p); drawn) {
      std::string const prefix = prefix_of(layer, p);
      drawing(prefix + "z", drawn->z);
      drawing(prefix + "slope", drawn->slope);
      drawing(prefix + "gradient", drawn->gradient);
    }
  }
  template <class Histogram> void drawing(std::string_view tag, Histogram const& h) {
    detail::event_buckets const buckets(h);
    if (buckets.count > 0.0) {
      detail::protobuf_fields(summary_).message(1, [&](detail::protobuf_fields& entry) {
        entry.text(1, tag);
        entry.message(5, [&](detail::protobuf_fields& fields) { detail::append_histogram(fields, buckets); });
      });
    }
  }
  template <class Layer, class Phase> [[nodiscard]] static std::string prefix_of(Layer const& layer, Phase p) {
    return (p == Phase::eval ? "evaluation/" : "") + text::valid_utf8(layer.name()) + '/';
  }

  tensorboard_options options_;
  detail::event_file file_;
  std::array<phase_state, 2> states_{};
  std::uint64_t next_loss_ = 0; ///< the first step whose loss is not written
  std::uint64_t losses_ = 0;    ///< seen
  std::string summary_;         ///< kept for their memory
  std::string event_;
};

}} // namespace satur::SATUR_ABI
