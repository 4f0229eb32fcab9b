/// \file report/file/whole_file.hpp  A file that is written whole, or not at all.
#pragma once

#include "satur/report/file/flushed_file.hpp"

#include <cstdio>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// Writes `path`.part, then renames it: a file of that name stays as it was until the new one is whole. `writer` begins
/// the messages, `what` names the contents. Throws file_error; nothing is left behind then.
inline void write_whole_file(std::string_view writer, std::string const& path, std::string_view what,
                             std::string_view bytes) {
  std::string const part = path + ".part";
  with_words_of<file_error>(
      [&part](char const* words) {
        std::remove(part.c_str());
        raise(file_error(words));
      },
      [&] {
        flushed_file file(writer, part, "wb", 0);
        file.append(bytes, what);
      });
  if (std::rename(part.c_str(), path.c_str()) != 0) {
    std::remove(part.c_str());
    raise(file_error(message("satur::", writer, ": ", path, ": cannot take the place of what has that name; ",
                             "see whether it is a folder, and whether its folder is writable")));
  }
}

} // namespace satur::inline SATUR_ABI::detail
