#include "satur/observe/histogram.hpp"
#include "satur/report/svg/axis.hpp"
#include "satur/report/svg/canvas.hpp"
#include "satur/report/svg/heat_map.hpp"
#include "satur/report/svg/histogram_chart.hpp"
#include "satur/report/svg/line_chart.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace svg = satur::svg;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

svg::range of(std::vector<double> const& numbers, bool positive = false) {
  svg::range r{.positive = positive};
  for (double const x : numbers) {
    r.add(x);
  }
  return r;
}
std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) {
    ++n;
  }
  return n;
}
/// Whether bytes are UTF-8, by decoding and encoding again (RFC 3629).
bool is_utf8(std::string const& bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    auto const at = [&](std::size_t k) { return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u; };
    std::size_t length = 1;
    unsigned code = at(0);
    if (code >= 0x80) {
      length = code >> 5 == 6 ? 2 : code >> 4 == 14 ? 3 : code >> 3 == 30 ? 4 : 0;
      if (length == 0) {
        return false;
      }
      code &= 0x7fu >> length;
      for (std::size_t k = 1; k < length; ++k) {
        if (at(k) >> 6 != 2) {
          return false;
        }
        code = code << 6 | (at(k) & 0x3fu);
      }
      unsigned const least[] = {0, 0, 0x80, 0x800, 0x10000};
      if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return false;
      }
    }
    i += length;
  }
  return true;
}

} // namespace

TEST_CASE("svg: text is escaped") {
  CHECK(svg::escaped("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;");
  CHECK(svg::escaped("\x01\x1b[2J\x7f") == "[2J");
  CHECK(svg::escaped("a\tb\nc") == "a\tb\nc");
  CHECK(svg::escaped("größe ∂L/∂z 🙂") == "größe ∂L/∂z 🙂");
}

TEST_CASE("svg: what is not UTF-8 is replaced") {
  // Every sequence of a lead byte and the bytes after it at the ends of their ranges.
  std::vector<int> const after{0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
  for (int lead = 0x80; lead < 0x100; ++lead) {
    for (int const a : after) {
      for (int const b : after) {
        for (int const c : after) {
          std::string const bytes{static_cast<char>(lead), static_cast<char>(a), static_cast<char>(b),
                                  static_cast<char>(c), 'x'};
          std::string const safe = svg::escaped(bytes);
          REQUIRE(is_utf8(safe));
          if (is_utf8(bytes) && a >= 0x80) {
            REQUIRE(safe.find("\xef\xbf\xbd") == std::string::npos);
          }
        }
      }
    }
  }
  CHECK(svg::escaped("\xe2\x82") == "\xef\xbf\xbd\xef\xbf\xbd"); // cut off
}

TEST_CASE("svg: coordinates") {
  CHECK(svg::coordinate(0.0) == "0");
  CHECK(svg::coordinate(-0.04) == "0");
  CHECK(svg::coordinate(12.34) == "12.3");
  CHECK(svg::coordinate(-12.36) == "-12.4");
  CHECK(svg::coordinate(none) == "0");
  CHECK(svg::coordinate(infinity) == "10000");
  CHECK(svg::coordinate(-1e300) == "-10000");
}

TEST_CASE("svg: axes") {
  svg::axis const a(of({3.0, none, 7.0, infinity}), 100.0, 300.0);
  CHECK(a.low() == 3.0);
  CHECK(a.high() == 7.0);
  CHECK(a.at(3.0) == 100.0);
  CHECK(a.at(5.0) == 200.0);
  CHECK(a.at(infinity) == 300.0);
  CHECK(a.at(-infinity) == 100.0);
  CHECK(std::isnan(a.at(none)));
  svg::axis const up(of({0.0, 1.0}), 200.0, 20.0); // y grows upward
  CHECK(up.at(0.25) == 155.0);
  svg::axis const one(of({5.0}), 0.0, 100.0); // a single number lies in the middle
  CHECK(one.at(5.0) == doctest::Approx(50.0));
  CHECK(svg::axis(of({0.0}), 0.0, 100.0).at(0.0) == doctest::Approx(50.0));
  CHECK(svg::axis(of({}), 0.0, 100.0).at(0.5) == doctest::Approx(50.0)); // nothing: 0 to 1
  svg::axis const log(of({-1.0, 0.0, 1e-4, 1.0}, true), 0.0, 100.0, true);
  CHECK(log.low() == 1e-4);
  CHECK(log.at(1e-2) == doctest::Approx(50.0));
  CHECK(std::isnan(log.at(0.0)));
  CHECK(svg::axis(of({3.0}, true), 0.0, 100.0, true).at(3.0) == doctest::Approx(50.0));
}

TEST_CASE("svg: ticks are round, inside, ascending, and few") {
  for (double const low : {-1e6, -7.3, 0.0, 1e-9, 0.2, 12345.0}) {
    for (double const width : {1e-9, 0.37, 1.0, 2.2, 5.0, 9.9, 1e5}) {
      svg::axis const a = svg::axis::between(low, low + width, 0.0, 100.0);
      std::vector<svg::tick> const ticks = a.ticks(4);
      CHECK(ticks.size() <= 9);
      if (width > 1e-8 || low == 0.0) { // else there is no round number in so short an axis
        CHECK(ticks.size() >= 2);
      }
      for (std::size_t i = 0; i < ticks.size(); ++i) {
        CHECK(ticks[i].value >= low - 1e-6 * width);
        CHECK(ticks[i].value <= low + width + 1e-6 * width);
        CHECK((i == 0 || ticks[i].value > ticks[i - 1].value));
      }
    }
  }
  std::vector<svg::tick> const percent = svg::axis::between(0.0, 1.0, 0.0, 100.0).ticks(4);
  REQUIRE(percent.size() == 6);
  CHECK(percent[1].text == "0.2");
  std::vector<svg::tick> const decades = svg::axis(of({2e-9, 3.0}, true), 0.0, 100.0, true).ticks(4);
  CHECK(decades.front().value == doctest::Approx(1e-8));
  CHECK(decades.front().text == "1e-8");
  CHECK(decades.size() <= 6);
  CHECK(svg::axis(of({2.0, 3.0}, true), 0.0, 1.0, true).ticks().size() == 2); // no power of ten
}

TEST_CASE("svg: lines have gaps, and single points are dots") {
  svg::canvas c(100.0, 50.0);
  std::vector<svg::point> const points{{0, 1}, {1, 2}, {2, none}, {3, 4}, {4, none}, {5, 6}, {6, 7}};
  c.polyline(points, "s", "stroke:red", "a & b");
  CHECK(c.str("t") ==
        "<svg role=\"img\" viewBox=\"0 0 100 50\"><title>t</title>"
        "<path d=\"M0 1L1 2M3 4h0M5 6L6 7\" class=\"s\" style=\"stroke:red\" data-name=\"a &amp; b\"/></svg>");
  svg::canvas empty(10.0, 10.0);
  empty.polyline(std::vector<svg::point>{{0, none}}, "s", {}, "x");
  CHECK(empty.str("t") == "<svg role=\"img\" viewBox=\"0 0 10 10\"><title>t</title></svg>");
  CHECK(empty.standalone("t", ".s{}").find("xmlns=\"http://www.w3.org/2000/svg\"") != std::string::npos);
  CHECK(empty.standalone("t", ".s{}").find("<desc>") == std::string::npos);
  CHECK(empty.standalone("t", ".s{}", "a < b").find("<title>t</title><desc>a &lt; b</desc><style>.s{}</style></svg>") !=
        std::string::npos);
}

TEST_CASE("svg: a picture in another one is moved, and lies within its own size") {
  svg::canvas part(50.0, 20.0);
  part.text({1.0, 2.0}, "a", "start");
  part.attribute("data-x", "0 1");
  svg::canvas whole(100.0, 50.0);
  whole.place({30.5, 4.0}, part);
  CHECK(whole.str("t") == "<svg role=\"img\" viewBox=\"0 0 100 50\"><title>t</title><g transform=\"translate(30.5 4)\">"
                          "<text x=\"1\" y=\"2\" class=\"t\">a</text></g></svg>");
  svg::line_chart small_one{.title = "t",
                            .lines = {{"name", {0, 600, 1200}, {0, 1, 0.5}}},
                            .width = 250.0,
                            .height = 150.0,
                            .room_for_numbers = 40.0,
                            .room_for_names = 50.0};
  std::string const picture = small_one.draw().str("t");
  CHECK(picture.find("viewBox=\"0 0 250 150\"") != std::string::npos);
  CHECK(picture.find("d=\"M40 116L120 14L200 65\"") != std::string::npos); // 40 to 250 - 50; 150 - 34 to 14
  CHECK(count(picture, "text-anchor=\"middle\"") <= 4);                    // steps that do not overlap
}

TEST_CASE("svg: a chart of nothing, of NaN, and of many lines") {
  svg::line_chart const nothing{.title = "t", .lines = {}};
  CHECK(nothing.draw().str("t").find("path") == std::string::npos);
  svg::line_chart const gap{.title = "t", .lines = {{"a", {0, 1, 2}, {none, none, none}}}};
  CHECK(gap.draw().str("t").find("path") == std::string::npos);
  svg::line_chart many{.title = "t", .lines = {}};
  for (int i = 0; i < 200; ++i) {
    many.lines.push_back({"layer " + std::to_string(i), {0, 1}, {0.5, 0.5}});
  }
  std::string const picture = many.draw().str("t");
  CHECK(count(picture, "<path") == 200);
  CHECK(count(picture, ">layer ") <= 16); // names that fit; the table has all
  CHECK(count(picture, ">layer ") >= 8);
}

TEST_CASE("svg: names at the ends of lines do not overlap and stay inside") {
  svg::line_chart c{.title = "t", .lines = {}};
  for (int i = 0; i < 12; ++i) {
    c.lines.push_back({"n" + std::to_string(i), {0, 1}, {0.0, i < 6 ? 0.001 * i : 1.0}});
  }
  std::string const picture = c.draw().str("t");
  std::vector<double> heights;
  for (int i = 0; i < 12; ++i) {
    std::size_t const name = picture.find(">n" + std::to_string(i) + "<");
    std::size_t const y = picture.rfind(" y=\"", name);
    heights.push_back(std::stod(picture.substr(y + 4)));
  }
  std::sort(heights.begin(), heights.end());
  for (std::size_t i = 0; i < heights.size(); ++i) {
    CHECK(heights[i] >= 14.0);
    CHECK(heights[i] <= c.height - 29.0);
    CHECK((i == 0 || heights[i] - heights[i - 1] > 11.9));
  }
}

TEST_CASE("svg: a heat map joins neighbors of one shade") {
  svg::heat_map const map{"t", "x", "y", {{0.0, 0.5, 0.5, 0.5, 1.0, none}, {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}}};
  std::string const picture = map.draw().str("t");
  CHECK(count(picture, "<path") == 2); // one of half, one of full
  CHECK(count(picture, "scale(176 24.6667)\" d=\"M0 1v3\" class=\"h8\"") == 1);
  CHECK(count(picture, "d=\"M0 4v1\" class=\"h16\"") == 1);
  CHECK(count(svg::heat_map{"t", "x", "y"}.draw().str("t"), "<path") == 0);
  CHECK(count(svg::heat_map{"t", "x", "y", {{}}}.draw().str("t"), "<path") == 0);
  svg::heat_map const named{"t", "x", "y", {{0.0}}, "none", "all"};
  std::string const legend = named.draw().str("t");
  CHECK(count(legend, "<path") == 4);
  for (char const* const look : {"h4", "h8", "h12", "h16"}) {
    CHECK(count(legend, "scale(9 9)\" d=\"M0 0v1\" class=\"" + std::string(look) + '"') == 1);
  }
  CHECK(legend.find(">none</text>") < legend.find(">all</text>"));
  CHECK(legend.find(">all</text>") != std::string::npos);
  svg::heat_map const tiny{"t", "x", "y", {{1e-9}}};
  CHECK(count(tiny.draw().str("t"), "class=\"h1\"") == 1); // more than none is seen
}

TEST_CASE("svg: a histogram has at most 64 bars, each as tall as its share of the tallest") {
  auto const chart_of = [](std::vector<double> const& z) {
    satur::histogram h = satur::histogram::of_z(); // 1/8 a bin
    h.observe(z);
    return svg::histogram_chart{.title = "z", .counts = h}.draw().str("z");
  };
  std::vector<double> z(30, 0.1);
  z.insert(z.end(), 10, 0.2);
  z.insert(z.end(), 20, 0.3);
  z.push_back(-5.9);
  std::string const of_two = chart_of(z); // 96 bins of [-6, 6]: two bins a bar
  CHECK(count(of_two, "class=\"b\"") == 3);
  CHECK(of_two.find("<rect x=\"186\" y=\"18\" width=\"6.8\" height=\"148\"") != std::string::npos); // 0 to 0.25: 40
  CHECK(of_two.find("height=\"74\"") != std::string::npos);                                         // to 0.5: 20
  CHECK(of_two.find("<rect x=\"10\" y=\"162.3\" width=\"6.8\" height=\"3.7\"") != std::string::npos);
  z.push_back(-5.4); // one of 61 is seen
  z.insert(z.end(), 1000, 0.1);
  CHECK(chart_of(z).find("height=\"1\"") != std::string::npos);

  std::vector<double> wide;
  for (int i = 0; i < 200; ++i) {
    wide.push_back(-12.4 + 0.125 * i); // 200 bins: four a bar
  }
  CHECK(count(chart_of(wide), "class=\"b\"") == 50);
  CHECK(count(chart_of(wide), "height=\"148\"") == 50);
}
