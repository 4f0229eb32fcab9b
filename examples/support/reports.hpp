// What a run leaves behind beside its text: a page, event files and the record of the run.
#pragma once

#include "data/task.hpp"
#include "support/network.hpp"
#include "support/options.hpp"

#include <satur/monitor.hpp>
#include <satur/report/html.hpp>
#include <satur/report/tensorboard.hpp>
#include <satur/theory.hpp>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>

namespace support {

class reports {
public:
  /// Throws if something cannot be written.
  explicit reports(options const& o) {
    require_writable("--html", o.html);
    require_writable("--save", o.save);
    if (!o.tensorboard.empty()) {
      board_.emplace(o.tensorboard);
    }
  }

  /// After each step; `seen` has sampled some of them.
  void step(satur::monitor const& seen) {
    std::uint64_t const sampled = seen.sampling().sampled;
    if (board_ && sampled != sampled_) {
      board_->on_step(seen);
    }
    sampled_ = sampled;
  }

  void finish(std::ostream& out, options const& o, datasets::task const& t, satur::any_activation const& act,
              satur::monitor const& seen) {
    if (!o.html.empty()) {
      satur::html_options page{.title = "satur: " + t.name, .description = command(o)};
      page.activations = std::span(&act, 1);
      if (!o.is_cnn()) {
        try {
          std::string beyond; // double: the findings say what is too large
          page.prediction = satur::theory::predict_within_range(act, expected_network(o, t), 5.0, beyond);
        } catch (std::invalid_argument const&) { // weights without a law
        }
      }
      satur::write_html(seen, o.html, page);
      out << "The page about the run is " << o.html << ".\n";
    }
    if (!o.save.empty()) {
      satur::save(seen, o.save);
      out << "The record of the run is " << o.save << ".\n";
    }
    if (board_) {
      out << "Event files are in " << o.tensorboard << ": tensorboard --logdir " << o.tensorboard << '\n';
    }
  }

private:
  static void require_writable(std::string const& option, std::string const& file) {
    if (!file.empty()) {
      std::string const part = file + ".part"; // the file itself is replaced when the new one is whole
      if (!std::ofstream(part)) {
        throw std::runtime_error(option + ' ' + file + ": cannot be written; check the folder and its permissions");
      }
      std::remove(part.c_str());
    }
  }

  std::optional<satur::tensorboard_writer> board_;
  std::uint64_t sampled_ = 0;
};

} // namespace support
