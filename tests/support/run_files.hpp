// Files of a run in tests: a folder that goes away, what is in a file, and a process that is killed or has no room.
#pragma once

#include "satur/error.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>
#if __has_include(<sys/wait.h>)
#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace run_files {

/// A folder of its own, removed with all that is in it.
class folder {
public:
  folder()
      : path_(std::filesystem::temp_directory_path() / ("satur_report_" + std::to_string(std::random_device{}()))) {
    std::filesystem::create_directories(path_);
  }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string path() const { return path_.string(); }
  /// Names of the files in it.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (auto const& entry : std::filesystem::directory_iterator(path_)) {
      all.push_back(entry.path().filename().string());
    }
    return all;
  }

private:
  std::filesystem::path path_;
};

inline std::string contents(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}
inline void put(std::string const& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
/// The message of the file_error that f throws.
template <class F> std::string refusal(F&& f) {
  try {
    f();
  } catch (satur::file_error const& e) {
    return e.what();
  }
  return "nothing thrown";
}
/// Lines without their '\n'; the last one may lack it.
inline std::vector<std::string> lines(std::string const& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) {
    all.push_back(line);
  }
  return all;
}

#if __has_include(<sys/wait.h>)
/// Another process calls work(done) and tells of each step by done(); where it told of the last of `steps`, it waits
/// there, and is killed (SIGKILL).
template <class Work> void killed_after(std::size_t steps, Work const& work) {
  int told[2];
  int go_on[2];
  if (::pipe(told) != 0 || ::pipe(go_on) != 0) {
    return;
  }
  ::pid_t const child = ::fork();
  char one = 1;
  if (child == 0) {
    work([&] {
      if (::write(told[1], &one, 1) != 1 || ::read(go_on[0], &one, 1) != 1) {
        ::_exit(2);
      }
    });
    ::_exit(0);
  }
  for (std::size_t i = 0; i < steps && ::read(told[0], &one, 1) == 1; ++i) {
    if (i + 1 < steps && ::write(go_on[1], &one, 1) != 1) {
      break;
    }
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (int const end : {told[0], told[1], go_on[0], go_on[1]}) {
    ::close(end);
  }
}

/// Another process, in which no file gets longer than `bytes`, calls work(make_room): make_room() lifts the limit.
/// Returns what work returned, an exit code.
template <class Work> int without_room(std::uint64_t bytes, Work const& work) {
  ::pid_t const child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN); // then a write fails, as on a full disk
    ::rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    ::rlimit const before = limit;
    limit.rlim_cur = static_cast<::rlim_t>(bytes);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(work([&] { ::setrlimit(RLIMIT_FSIZE, &before); }));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#endif

} // namespace run_files
