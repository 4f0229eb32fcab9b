/// \file report/file/run_file.hpp  A file of lines that stays valid if the process is killed or the disk is full.
#pragma once

#include "satur/report/file/flushed_file.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

/// What becomes of a file of the same name.
enum class existing_file : std::uint8_t {
  replace, ///< it is emptied
  resume   ///< it goes on: its first line must be the same, and a last line that is not whole is cut off
};

struct run_file_options {
  existing_file existing = existing_file::replace;
  char quote = '\0';                    ///< between two of these a line break does not end a line; '\0': no such thing
  std::string_view writer = "run_file"; ///< begins the messages of errors, behind "satur::"
};

namespace detail {

/// What a file of lines holds.
struct lines_found {
  std::string first;       ///< the first line, with its '\n'; empty if there is no whole line
  std::string torn;        ///< what follows the last whole line, at most 80 bytes of it
  std::uint64_t lines = 0; ///< whole ones
  std::uint64_t whole = 0; ///< bytes of the whole lines
  std::uint64_t size = 0;  ///< bytes in all
};

/// Reads a file of lines to its end, a piece at a time; nothing found where there is no such file.
[[nodiscard]] inline lines_found find_lines(std::string const& path, char quote) {
  lines_found found;
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return found;
  }
  bool quoted = false;
  std::array<char, 4096> piece;
  bool const has_end = std::fseek(file, 0, SEEK_END) == 0 && std::ftell(file) != 0; // a device has none
  std::rewind(file);
  for (std::size_t n = 0; has_end && (n = std::fread(piece.data(), 1, piece.size(), file)) != 0;) {
    for (std::size_t i = 0; i < n; ++i) {
      char const c = piece[i];
      ++found.size;
      quoted = (quote != '\0' && c == quote) ? !quoted : quoted;
      if (found.lines == 0 && found.first.size() < 65536) {
        found.first += c;
      }
      if (c == '\n' && !quoted) {
        ++found.lines;
        found.whole = found.size;
        found.torn.clear();
      } else if (found.torn.size() < 80) {
        found.torn += c;
      }
    }
  }
  std::fclose(file);
  if (found.lines == 0) {
    found.first.clear();
  }
  return found;
}

} // namespace detail

/// Where the lines of a run go. Each `write` is with the operating system when it returns, so that a process that is
/// killed leaves a file that is valid up to its last whole line.
///
///     run_file out("run.txt", "layer step slope\n", {.existing = existing_file::resume});
///     out.write("fc1 0 0.21\n", "step 0");
///
/// Movable, not copyable; for one process and one thread at a time.
class run_file {
public:
  /// head: the first line, with its '\n', which says what the others hold; empty: none. Throws file_error where the
  /// file cannot be written, or is to be resumed and its first line is another one.
  run_file(std::string const& path, std::string_view head, run_file_options const& options = {})
      : writer_(options.writer) {
    if (options.existing == existing_file::replace) {
      file_.emplace(writer_, path, "wb", 0u);
      write_head(head);
    } else {
      resume(path, head, options.quote);
    }
  }
  /// The same into a stream that outlives the run_file; it is flushed after each `write`.
  run_file(std::ostream& out, std::string_view head, run_file_options const& options = {})
      : writer_(options.writer), stream_(&out) {
    write_head(head);
  }

  /// Whole lines, each with its '\n'; all of them are written or none. what: what they are, for the message of an
  /// error. Throws file_error where the disk is full; what was written before is kept, and `write` may be tried again.
  void write(std::string_view lines, std::string_view what) {
    if (lines.empty()) {
      return;
    }
    if (file_) {
      file_->append(lines, what);
    } else if (!stream_->write(lines.data(), static_cast<std::streamsize>(lines.size())).flush()) {
      detail::raise(file_error(detail::message("satur::", writer_, ": the stream does not take ", what,
                                               "; see whether it is open, and whether the disk is full")));
    }
  }

  /// What was done to a file that was resumed: "PATH: goes on after 1204 lines; the last line was not whole and was
  /// cut off: fc1,training,12". Empty if nothing was there.
  [[nodiscard]] std::string const& note() const { return note_; }

private:
  void write_head(std::string_view head) { write(head, "the first line"); }

  void resume(std::string const& path, std::string_view head, char quote) {
    detail::lines_found const found = detail::find_lines(path, quote);
    file_.emplace(writer_, path, "ab", found.size);
    bool const begun = found.lines == 0 && found.size <= head.size() && head.starts_with(found.torn); // killed there
    if (!begun && !head.empty() && found.first != head) {
      file_->fail(detail::message("is not a file of these columns: its first line is ",
                                  shown(found.first.empty() ? found.torn : found.first), ", expected ", shown(head)),
                  "give another path, or existing_file::replace");
    }
    if (found.size != 0) {
      note_ = detail::message(path, ": goes on after ", detail::count_text(found.lines, "line"));
    }
    if (found.whole != found.size) {
      bool const cut = file_->cut(found.whole);
      if (!cut) {
        file_->append("\n", "the end of the last line");
      }
      note_ += detail::message("; the last line was not whole and was ", cut ? "cut off: " : "closed: ", found.torn);
    }
    if (found.lines == 0) {
      write_head(head);
    }
  }
  /// A line for a message, without its end.
  [[nodiscard]] static std::string shown(std::string_view line) {
    line = line.substr(0, line.find('\n'));
    bool const windows = line.ends_with('\r');
    line.remove_suffix(windows ? 1 : 0);
    constexpr std::size_t most = 200;
    return detail::message('"', line.substr(0, most), line.size() > most ? "..." : "", windows ? "\\r\"" : "\"");
  }

  std::string writer_;
  std::optional<detail::flushed_file> file_;
  std::ostream* stream_ = nullptr;
  std::string note_;
};

}} // namespace satur::SATUR_ABI
