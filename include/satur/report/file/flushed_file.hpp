/// \file report/file/flushed_file.hpp  A file that grows piece by piece: each piece is whole, or not there.
#pragma once

#include "satur/error.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#if defined(_WIN32)
#include <io.h>
#elif __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace satur::inline SATUR_ABI::detail {

/// Makes an open file as long as that, and goes to its end; false if the system cannot.
[[nodiscard]] inline bool cut_file(std::FILE* file, std::uint64_t size) {
#if defined(_WIN32)
  bool const done = _chsize_s(_fileno(file), static_cast<long long>(size)) == 0;
#elif __has_include(<unistd.h>)
  bool const done = ::ftruncate(::fileno(file), static_cast<::off_t>(size)) == 0;
#else
  bool const done = false;
  static_cast<void>(size);
#endif
  return done && std::fseek(file, 0, SEEK_END) == 0;
}

/// A file that grows piece by piece. A piece is with the operating system when `append` returns: a process that is
/// killed afterwards loses nothing of it (a machine that loses power may). Movable, not copyable.
class flushed_file {
public:
  /// mode: of std::fopen, a writing one. size: how long the file then is. `writer` begins the messages. Throws
  /// file_error.
  flushed_file(std::string_view writer, std::string path, char const* mode, std::uint64_t size)
      : writer_(writer), path_(std::move(path)), size_(size) {
    errno = 0;
    file_ = std::fopen(path_.c_str(), mode);
    if (file_ == nullptr) {
      int const error = errno;
      fail(message("cannot be opened for writing: ", reason(error)), "see whether its folder is there and writable");
    }
    std::setvbuf(file_, nullptr, _IONBF, 0);
  }
  flushed_file(flushed_file&& o) noexcept
      : writer_(std::move(o.writer_)), path_(std::move(o.path_)), size_(o.size_),
        file_(std::exchange(o.file_, nullptr)) {}
  flushed_file& operator=(flushed_file&& o) noexcept {
    std::swap(writer_, o.writer_);
    std::swap(path_, o.path_);
    std::swap(size_, o.size_);
    std::swap(file_, o.file_);
    return *this;
  }
  ~flushed_file() {
    if (file_ != nullptr) {
      std::fclose(file_);
    }
  }

  /// Writes a piece. Where the disk takes only a part of it, the file is cut back to what it was, and file_error says
  /// so: the file stays valid, and `append` may be tried again. what: the piece, for the message.
  void append(std::string_view bytes, std::string_view what) {
    errno = 0;
    std::size_t const taken = std::fwrite(bytes.data(), 1, bytes.size(), file_);
    if (taken == bytes.size()) {
      size_ += taken;
      return;
    }
    int const error = errno;
    std::clearerr(file_);
    bool const whole = taken == 0 || cut_file(file_, size_);
    fail(message("cannot write ", what, ": ", reason(error)),
         whole ? message("the ", count_text(size_, "byte"), " written before", size_ == 1 ? " is" : " are",
                         " kept: make room, then go on")
               : message("of it ", count_text(taken, "byte"), taken == 1 ? " is" : " are", " behind the ", size_,
                         " written before: make room, then resume"));
  }

  /// Cuts the file; false if the system cannot.
  [[nodiscard]] bool cut(std::uint64_t size) {
    bool const done = cut_file(file_, size);
    size_ = done ? size : size_;
    return done;
  }

  [[nodiscard]] std::string const& path() const { return path_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Throws file_error: which file, what was being done, what to do.
  [[noreturn]] void fail(std::string_view what, std::string_view to_do) const {
    raise(file_error(message("satur::", writer_, ": ", path_, ": ", what, "; ", to_do)));
  }

private:
  [[nodiscard]] static std::string reason(int error) {
    return error == 0 ? std::string("the system does not say why") : std::generic_category().message(error);
  }

  std::string writer_;
  std::string path_;
  std::uint64_t size_;
  std::FILE* file_ = nullptr;
};

} // namespace satur::inline SATUR_ABI::detail
