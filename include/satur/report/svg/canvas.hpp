/// \file report/svg/canvas.hpp  Shapes and text as SVG.
#pragma once

#include "satur/error.hpp"
#include "satur/text/number.hpp"
#include "satur/text/utf8.hpp"

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::svg {

/// Text between tags or in a quoted attribute of XML and HTML: markup escaped, control characters left out, bytes that
/// are not UTF-8 replaced by U+FFFD.
[[nodiscard]] inline std::string escaped(std::string_view words) {
  std::string out;
  while (!words.empty()) {
    std::size_t const length = text::utf8_length(words);
    char const c = words.front();
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (length > 1) {
      out += words.substr(0, length);
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\n' || c == '\t' || (c >= ' ' && c != '\x7f')) { // the others have no place in XML
      out += c;
    }
    words.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

/// A coordinate with one decimal. What is not finite, or far outside any picture, is moved to its edge.
[[nodiscard]] inline std::string coordinate(double x) {
  double const kept = satur::detail::is_nan(x) ? 0.0 : x < -1e4 ? -1e4 : x > 1e4 ? 1e4 : x;
  double const tenths = std::round(kept * 10.0);
  return text::number(tenths == 0.0 ? 0.0 : tenths / 10.0);
}

struct point {
  double x = 0.0;
  double y = 0.0;
};

/// Shapes are added one after the other; `str()` is the element <svg>. `look` is the class of a shape: its color and
/// width are in the style sheet of the page, or of a picture that stands alone (`standalone`).
class canvas {
public:
  canvas(double width, double height) : width_(width), height_(height) {}

  void rectangle(point corner, double width, double height, std::string_view look, std::string_view style = {}) {
    body_ += "<rect x=\"" + coordinate(corner.x) + "\" y=\"" + coordinate(corner.y) + "\" width=\"" +
             coordinate(width) + "\" height=\"" + coordinate(height) + '"' + attributes(look, style) + "/>";
  }
  void line(point a, point b, std::string_view look) {
    body_ += "<line x1=\"" + coordinate(a.x) + "\" y1=\"" + coordinate(a.y) + "\" x2=\"" + coordinate(b.x) +
             "\" y2=\"" + coordinate(b.y) + '"' + attributes(look, {}) + "/>";
  }
  /// A line through points; one whose y is NaN breaks it. A point between two breaks is drawn as a dot. `name` is what
  /// a page shows for it.
  void polyline(std::span<point const> points, std::string_view look, std::string_view style, std::string_view name) {
    std::string path;
    bool open = false;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (satur::detail::is_nan(points[i].y)) {
        open = false;
        continue;
      }
      path += (open ? "L" : "M") + coordinate(points[i].x) + ' ' + coordinate(points[i].y);
      bool const last = i + 1 == points.size() || satur::detail::is_nan(points[i + 1].y);
      path += !open && last ? "h0" : ""; // round line ends make a dot of it
      open = true;
    }
    if (!path.empty()) {
      body_ += "<path d=\"" + path + '"' + attributes(look, style) +
               (name.empty() ? "" : " data-name=\"" + escaped(name) + '"') + "/>";
    }
  }
  /// A path whose unit is `wide` to the right and `tall` down, from `corner`: cells of a grid in few bytes.
  void grid(point corner, double wide, double tall, std::string_view path, std::string_view look) {
    body_ += "<path transform=\"translate(" + coordinate(corner.x) + ' ' + coordinate(corner.y) + ")scale(" +
             satur::text::significant(wide, 6) + ' ' + satur::text::significant(tall, 6) + ")\" d=\"" +
             std::string(path) + '"' + attributes(look, {}) + "/>";
  }
  /// `anchor`: "start", "middle" or "end".
  void text(point at, std::string_view words, std::string_view anchor, std::string_view look = "t",
            std::string_view style = {}) {
    body_ += "<text x=\"" + coordinate(at.x) + "\" y=\"" + coordinate(at.y) + '"' +
             (anchor == "start" ? "" : " text-anchor=\"" + std::string(anchor) + '"') + attributes(look, style) + '>' +
             escaped(words) + "</text>";
  }
  /// Another picture in this one, at its own size, without its attributes.
  void place(point corner, canvas const& part) {
    body_ +=
        "<g transform=\"translate(" + coordinate(corner.x) + ' ' + coordinate(corner.y) + ")\">" + part.body_ + "</g>";
  }
  /// Attributes of the whole, such as data for a script: ` data-x="0 1"`.
  void attribute(std::string_view name, std::string_view value) {
    extra_ += ' ' + std::string(name) + "=\"" + escaped(value) + '"';
  }

  /// The element; `title` is read aloud in its place.
  [[nodiscard]] std::string str(std::string_view title) const { return element(title, extra_, {}); }
  /// A file of its own, with its style sheet, and with what it shows in words, if given.
  [[nodiscard]] std::string standalone(std::string_view title, std::string_view style,
                                       std::string_view words = {}) const {
    return element(title, " xmlns=\"http://www.w3.org/2000/svg\"",
                   (words.empty() ? "" : "<desc>" + escaped(words) + "</desc>") + "<style>" + std::string(style) +
                       "</style>") +
           '\n';
  }

private:
  [[nodiscard]] static std::string attributes(std::string_view look, std::string_view style) {
    return (look.empty() ? "" : " class=\"" + std::string(look) + '"') +
           (style.empty() ? "" : " style=\"" + std::string(style) + '"');
  }
  [[nodiscard]] std::string element(std::string_view title, std::string const& extra, std::string const& style) const {
    return "<svg role=\"img\" viewBox=\"0 0 " + coordinate(width_) + ' ' + coordinate(height_) + '"' + extra +
           "><title>" + escaped(title) + "</title>" + style + body_ + "</svg>";
  }

  double width_;
  double height_;
  std::string body_;
  std::string extra_;
};

} // namespace satur::inline SATUR_ABI::svg
