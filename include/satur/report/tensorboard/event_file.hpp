/// \file report/tensorboard/event_file.hpp  A file of TensorBoard's events: records with checksums, each one flushed.
#pragma once

#include "satur/report/file/flushed_file.hpp"
#include "satur/report/tensorboard/crc32c.hpp"
#include "satur/report/tensorboard/protobuf_wire.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#if defined(_WIN32)
#include <direct.h>
#include <process.h>
#elif __has_include(<unistd.h>)
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace satur { inline namespace SATUR_ABI {

/// Seconds since 1970. A writer takes the function, so that a test can give its own.
using wall_clock_function = double (*)();
[[nodiscard]] inline double unix_seconds() {
#ifdef TIME_UTC
  std::timespec now{};
  std::timespec_get(&now, TIME_UTC);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
#else
  return static_cast<double>(std::time(nullptr));
#endif
}

namespace detail {

/// Makes a folder and those above it, where they are missing. Whoever opens a file there finds out if that failed.
inline void make_folders(std::string const& path) {
#if defined(_WIN32)
  constexpr char const* separators = "/\\";
  constexpr auto make = [](char const* folder) { return _mkdir(folder); };
#elif __has_include(<unistd.h>)
  constexpr char const* separators = "/";
  constexpr auto make = [](char const* folder) { return ::mkdir(folder, 0777); };
#else
  constexpr char const* separators = "/";
  constexpr auto make = [](char const*) { return -1; };
#endif
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find_first_of(separators, end + 1);
    static_cast<void>(make(path.substr(0, end).c_str()));
  }
}

/// "host.1234", the machine and the process; "host" where the system does not say.
[[nodiscard]] inline std::string machine_and_process() {
#if defined(_WIN32)
  return "host." + number_text(_getpid());
#elif __has_include(<unistd.h>)
  std::array<char, 256> name{};
  bool const known = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return (known ? std::string(name.data()) : std::string("host")) + '.' + number_text(::getpid());
#else
  return "host";
#endif
}

/// A file of events that grows. Each record is with the operating system when `write` returns, or is not in the file.
class event_file {
public:
  /// A new file in the folder, which is made if it is missing. name: empty for
  /// "events.out.tfevents.<seconds>.<host>.<process>"; where a file has that name, a number is appended.
  event_file(std::string_view writer, std::string const& folder, std::string name, double seconds)
      : file_(writer, free_path(folder, std::move(name), seconds), "wb", 0u) {
    std::string version;
    protobuf_fields fields(version);
    fields.real(1, seconds);
    fields.text(3, "brain.Event:2");
    write(version, "the first record");
  }

  /// One event: the bytes of a message.
  void write(std::string_view event, std::string_view what) {
    record_.clear();
    append_little_endian(record_, event.size(), 8);
    append_little_endian(record_, masked_crc32c(record_), 4);
    record_ += event;
    append_little_endian(record_, masked_crc32c(event), 4);
    file_.append(record_, what);
  }
  [[nodiscard]] std::string const& path() const { return file_.path(); }

private:
  [[nodiscard]] static std::string free_path(std::string const& folder, std::string name, double seconds) {
    make_folders(folder);
    if (name.empty()) {
      name = "events.out.tfevents." + number_text(static_cast<std::int64_t>(seconds)) + '.' + machine_and_process();
    }
    std::string const path = folder.empty() || folder.ends_with('/') ? folder + name : folder + '/' + name;
    std::string candidate = path;
    for (std::uint64_t n = 1; std::FILE* const known = std::fopen(candidate.c_str(), "rb"); ++n) {
      std::fclose(known);
      candidate = path + '.' + number_text(n);
    }
    return candidate;
  }

  flushed_file file_;
  std::string record_; ///< kept for its memory
};

} // namespace detail

}} // namespace satur::SATUR_ABI
