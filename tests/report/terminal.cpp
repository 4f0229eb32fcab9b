#include "satur/report/terminal.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "support/gaussian.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using satur_test::gaussian;

std::uint64_t now = 0; ///< nanoseconds
std::uint64_t clock_of_test() { return now; }

constexpr satur::terminal_options plain{};
constexpr satur::terminal_options live{.live = true, .color = true, .unicode = true, .width = 80, .height = 24};

/// A run of 40 steps whose layers saturate more and more, the second one first.
void step(satur::monitor& mon, int s, std::vector<float> const& noise) {
  for (int l = 1; l <= 3; ++l) {
    std::vector<float> z(noise);
    for (float& e : z) {
      e *= 1.0f + 0.2f * static_cast<float>(s * (l == 2 ? 3 : 1));
    }
    std::vector<float> y(z.size());
    std::string const name = "hidden " + std::to_string(l);
    mon[name].forward(satur::sigmoid{}, z, y);
    mon[name].gradient(y);
  }
  mon.loss(2.0);
}

/// What a terminal shows after `text`: it moves up, clears lines and what is below, and ignores colors.
std::vector<std::string> screen_after(std::string const& text) {
  std::vector<std::string> lines(1);
  std::size_t row = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      lines.resize(std::max(lines.size(), ++row + 1));
    } else if (text[i] == '\r') {
      // The next line is cleared before it is written.
    } else if (text[i] == '\x1b') {
      std::size_t const end = text.find_first_of("AKJm", i);
      int const number = text[i + 2] == text[end] ? 0 : std::stoi(text.substr(i + 2, end - i - 2));
      if (text[end] == 'A') {
        row -= static_cast<std::size_t>(number);
      } else if (text[end] == 'K') {
        lines[row].clear();
      } else if (text[end] == 'J') {
        lines.resize(row + 1);
        lines[row].clear();
      }
      i = end;
    } else {
      lines[row] += text[i];
    }
  }
  return lines;
}

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

} // namespace

TEST_CASE("terminal: bars") {
  using satur::detail::bar;
  CHECK(bar(0.0, 4, false) == "....");
  CHECK(bar(1.0, 4, false) == "####");
  CHECK(bar(0.5, 4, false) == "##..");
  CHECK(bar(1e-9, 4, false) == "#...");       // more than none
  CHECK(bar(1.0 - 1e-9, 4, false) == "###."); // less than all
  CHECK(bar(-0.5, 4, false) == "....");       // a mean slope can be negative
  CHECK(bar(1.5, 4, false) == "####");
  CHECK(bar(std::numeric_limits<double>::quiet_NaN(), 4, false) == "    ");
  CHECK(bar(0.0, 3, true) == "   ");
  CHECK(bar(1.0, 3, true) == "███");
  CHECK(bar(0.5, 3, true) == "█▌ ");
  CHECK(bar(1e-9, 3, true) == "▏  ");
  CHECK(bar(1.0 - 1e-9, 3, true) == "██▉");
  for (double share = 0.0; share <= 1.0; share += 0.01) {
    CHECK(satur::text::width_of(bar(share, 7, true)) == 7);
    CHECK(bar(share, 7, false).size() == 7);
  }
}

TEST_CASE("terminal: sparklines") {
  using satur::detail::sparkline;
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> const series{0.0, 0.13, 0.26, 0.38, 0.51, 0.63, 0.76, 1.0, none, -1.0, 5.0};
  CHECK(sparkline(series, 1.0, true) == "▁▂▃▄▅▆▇█ ▁█");
  CHECK(sparkline(series, 1.0, false) == "_.:-=+*# _#");
  CHECK(sparkline(series, 0.0, false) == std::string(11, ' '));
  CHECK(sparkline({}, 1.0, true).empty());
}

TEST_CASE("terminal: plain lines") {
  std::vector<float> const noise = gaussian<float>(500, 0.0, 1.0);
  std::ostringstream out;
  satur::monitor mon;
  now = 0;
  satur::terminal_view view(out, {.steps = 40, .every = 20}, plain, clock_of_test);
  for (int s = 0; s < 40; ++s) {
    step(mon, s, noise);
    now += 500'000'000;
    mon.end_step(view);
  }
  std::vector<std::string> const lines = lines_of(out.str());
  REQUIRE(lines.size() == 14); // two tables of six lines, and an empty line after each
  CHECK(lines[0] == "step 20 of 40   loss 2.0000   2.0 steps/s");
  CHECK(lines[7] == "step 40 of 40   loss 2.0000   2.0 steps/s");
  CHECK(lines[8].starts_with("layer         low %         high %         slope %        over time"));
  CHECK(lines[9].starts_with("hidden 1     "));
  CHECK(lines[12] == "saturated: |z| > 5; slope: mean f'(z), % of its peak");
  for (std::string const& line : lines) {
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK(line.size() <= 80);
    CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
  }
  // The numbers are those of the record.
  auto const& s = mon.at("hidden 2").last().saturation;
  CHECK(lines[10].substr(13, 6) == satur::text::right(satur::text::percent(s.low_fraction()), 6));
  CHECK(lines[10].substr(28, 6) == satur::text::right(satur::text::percent(s.high_fraction()), 6));
  CHECK(lines[10].substr(43, 6) == satur::text::right(satur::text::percent(s.slope_share()), 6));
  // The slope falls: the sparkline never rises.
  std::string const spark = lines[10].substr(58, 10);
  std::string_view const ramp = "_.:-=+*#";
  for (std::size_t i = 1; i < spark.size(); ++i) {
    CHECK(ramp.find(spark[i]) <= ramp.find(spark[i - 1]));
  }
  CHECK(spark.front() != spark.back());
}

TEST_CASE("terminal: redrawn in place") {
  std::vector<float> const noise = gaussian<float>(500, 0.0, 1.0);
  std::ostringstream out;
  satur::monitor mon;
  now = 0;
  satur::terminal_view view(out, {.steps = 40}, live, clock_of_test);
  std::size_t drawn = 0;
  for (int s = 0; s < 40; ++s) {
    step(mon, s, noise);
    now += 50'000'000;
    std::size_t const before = out.str().size();
    mon.end_step(view);
    drawn += out.str().size() != before;
  }
  CHECK(drawn == 11); // every 200 ms of 2 s, and the last step
  std::vector<std::string> const screen = screen_after(out.str());
  REQUIRE(screen.size() == 7); // the last one is where the cursor is
  CHECK(screen[0] == "step 40 of 40   loss 2.0000   20 steps/s");
  CHECK(screen[6].empty());
  for (std::string const& line : screen) {
    CHECK(satur::text::width_of(line) <= 80);
  }

  SUBCASE("what is written in between stays") {
    out.str("");
    out << "a finding\n";
    view.below();
    view.show(mon, {.step = 40, .steps = 40}, true);
    std::vector<std::string> const after = screen_after(out.str());
    REQUIRE(after.size() == 8);
    CHECK(after[0] == "a finding");
  }
  SUBCASE("time left") {
    now = 0;
    out.str("");
    satur::terminal_view early(out, {.steps = 40}, live, clock_of_test);
    now = 1'000'000'000;
    early.show(mon, {.step = 10, .steps = 40, .right = 0.25}, true);
    CHECK(screen_after(out.str())[0] == "step 10 of 40   right 25.0 %   10 steps/s   3 s left");
  }
}

TEST_CASE("terminal: a narrow or low window") {
  std::vector<float> const noise = gaussian<float>(100, 0.0, 1.0);
  satur::monitor mon;
  step(mon, 3, noise);
  mon.end_step();
  for (std::size_t width = 40; width < 100; ++width) {
    std::ostringstream out;
    satur::terminal_options o = live;
    o.width = width;
    satur::terminal_view view(out, {.steps = 1'000'000}, o, clock_of_test);
    view.show(mon, {.step = 999'999, .steps = 1'000'000, .loss = 1e300, .right = 0.123}, true);
    for (std::string const& line : screen_after(out.str())) {
      CHECK(satur::text::width_of(line) <= width);
    }
  }
  std::ostringstream out;
  satur::terminal_options low = live;
  low.height = 7;
  satur::terminal_view view(out, {}, low, clock_of_test);
  view.show(mon, {.step = 1}, true);
  std::vector<std::string> const screen = screen_after(out.str());
  REQUIRE(screen.size() == 7);
  CHECK(screen[4] == "1 more layer: a taller window shows it");
  std::ostringstream lower;
  low.height = 6;
  satur::terminal_view(lower, {}, low, clock_of_test).show(mon, {.step = 1}, true);
  CHECK(screen_after(lower.str())[3] == "2 more layers: a taller window shows them");
}

TEST_CASE("terminal: what leaves number formats stands below the layers") {
  satur::monitor mon({.formats = satur::watched_formats::all(satur::formats::fp8_e4m3)});
  std::vector<float> const z{500.0f, 1.0f, 2.0f, 3.0f}; // one of four is beyond 464
  std::vector<float> y(4);
  mon["fc"].forward(satur::relu{}, z, y);
  mon["fc"].gradient(y);
  mon["fc"].update(z, y);
  mon.end_step();
  std::ostringstream out;
  satur::terminal_view view(out, {}, plain, clock_of_test);
  view.show(mon, {.step = 1}, true);
  std::vector<std::string> const lines = lines_of(out.str());
  REQUIRE(lines.size() == 10); // progress, head, layer, rule, five of the formats, an empty one
  CHECK(lines[6] == "fc               25.0       0    25.0       0    25.0       0    25.0       0");
  for (std::string const& line : lines) {
    CHECK(line.size() <= 80);
  }
}

TEST_CASE("terminal: what is not finite, unknown, or hostile") {
  satur::monitor mon;
  std::vector<float> z(10, std::numeric_limits<float>::quiet_NaN());
  std::vector<float> y(10);
  mon["evil\x1b[2Jname"].forward(satur::relu{}, z, y);
  mon.end_step();
  std::ostringstream out;
  satur::terminal_view view(out, {}, plain, clock_of_test);
  view.show(mon, {.step = 1, .loss = std::numeric_limits<double>::infinity()}, true);
  CHECK(out.str().find('\x1b') == std::string::npos);
  CHECK(out.str().find("evil?[2Jname") != std::string::npos);
  CHECK(out.str().find(" !\n") != std::string::npos);
  CHECK(out.str().find("loss inf") != std::string::npos);

  out.str("");
  view.show(satur::monitor{}, {}, true); // no layer, no step
  CHECK(lines_of(out.str())[0] == "step 0");
  CHECK_THROWS_WITH_AS(satur::terminal_view(out, {}, {.width = 10}), doctest::Contains("40 columns or more"),
                       std::invalid_argument);
}

TEST_CASE("terminal: another monitor gives the past") {
  std::vector<float> const noise = gaussian<float>(100, 0.0, 1.0);
  satur::monitor whole;
  satur::monitor stretch;
  for (int s = 0; s < 20; ++s) {
    step(whole, s, noise);
    whole.end_step();
  }
  step(stretch, 19, noise);
  stretch.end_step();
  std::ostringstream alone;
  satur::terminal_view(alone, {}, plain, clock_of_test).show(stretch, {}, true);
  std::ostringstream both;
  satur::terminal_view(both, {}, plain, clock_of_test).show(stretch, {}, true, &whole);
  CHECK(lines_of(alone.str())[2].substr(59, 9) == std::string(9, ' '));
  CHECK(lines_of(both.str())[2].substr(58, 10).find(' ') == std::string::npos);
}

TEST_CASE("terminal: the environment decides") {
  auto const with = [](char const* name, char const* value) {
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  };
  std::string const all = std::getenv("LC_ALL") == nullptr ? "" : std::getenv("LC_ALL");
  with("LC_ALL", "de_DE.UTF-8");
  CHECK(satur::detail::locale_is_utf8());
  with("LC_ALL", "C.utf8");
  CHECK(satur::detail::locale_is_utf8());
  with("LC_ALL", "C");
  CHECK_FALSE(satur::detail::locale_is_utf8());
  with("LC_ALL", all.empty() ? nullptr : all.c_str());
}
