// A picture as a file of its own, with the style of the pages.
#pragma once

#include <satur/report/file/whole_file.hpp>
#include <satur/report/html/assets.hpp>
#include <satur/report/svg/canvas.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>

namespace support {

/// The file's text; it is light or dark as its reader is. words: what the picture shows, for those who do not see it.
inline std::string picture_file(satur::svg::canvas const& picture, std::string_view title,
                                std::string_view words = {}) {
  return picture.standalone(title, std::string(satur::detail::page_style) + std::string(satur::detail::picture_style),
                            words);
}

/// Writes the file; false, and words on the error output, if it cannot be written.
inline bool write_picture(std::string_view program, std::string const& path, satur::svg::canvas const& picture,
                          std::string_view title, std::string_view words) {
  try {
    satur::detail::write_whole_file(program, path, "the picture", picture_file(picture, title, words));
    return true;
  } catch (std::exception const& error) {
    std::cerr << error.what() << '\n';
    return false;
  }
}

} // namespace support
