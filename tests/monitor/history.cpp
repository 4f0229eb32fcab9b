// The history of a layer: bounded, evenly thinned or the newest, and as JSON Lines.
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

namespace {

satur::history_line line_of(std::uint64_t step) {
  satur::history_line line;
  line.step = step;
  line.count = 10;
  line.low = step % 3;
  return line;
}
satur::history filled(satur::history_options const& options, std::uint64_t steps, std::uint64_t every = 1) {
  satur::history h(options);
  for (std::uint64_t i = 0; i < steps; ++i) {
    h.push(line_of(every * i));
  }
  return h;
}

} // namespace

TEST_CASE("history: thinning is even and keeps first and last line, for any capacity and length") {
  for (std::size_t const capacity : {2u, 3u, 4u, 7u, 8u, 100u, 256u}) {
    satur::history h({.lines = capacity});
    for (std::uint64_t step = 0; step < 3000; ++step) {
      h.push(line_of(step));
      REQUIRE(h.size() <= capacity);
      REQUIRE(h[0].step == 0);
      REQUIRE(h.back().step == step);
      REQUIRE(h.back() == line_of(step));
      REQUIRE(h.seen() == step + 1);
      std::uint64_t const stride = h.size() > 2 ? h[1].step - h[0].step : step + 1;
      for (std::size_t i = 1; i + 1 < h.size(); ++i) {
        REQUIRE(h[i].step == i * stride);
      }
      REQUIRE(h.back().step - h[h.size() - (h.size() > 1 ? 2 : 1)].step <= stride);
      REQUIRE(2 * h.size() + 2 >= std::min<std::size_t>(capacity, step + 1)); // not thinner than it has to be
    }
  }
}

TEST_CASE("history: keeping the newest lines, and capacity 0") {
  satur::history h({.lines = 5, .keeps = satur::history_keeps::newest});
  for (std::uint64_t step = 0; step < 23; ++step) {
    h.push(line_of(step));
    REQUIRE(h.size() == std::min<std::size_t>(5, step + 1));
    for (std::size_t i = 0; i < h.size(); ++i) {
      REQUIRE(h[i].step == step + 1 - h.size() + i);
    }
  }
  satur::history none({.lines = 0});
  none.push(line_of(0));
  CHECK(none.empty());
  h.clear();
  CHECK(h.empty());
  CHECK(h == satur::history({.lines = 5, .keeps = satur::history_keeps::newest}));
}

TEST_CASE("history: merged by step") {
  for (satur::history_keeps const keeps : {satur::history_keeps::evenly, satur::history_keeps::newest}) {
    satur::history_options const options{.lines = 16, .keeps = keeps};
    satur::history const a = filled(options, 100);
    satur::history both = a; // two threads of one run
    both += a;
    REQUIRE(both.size() == a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      CHECK(both[i].step == a[i].step);
      CHECK(both[i].count == 20);
      CHECK(both[i].low == 2 * a[i].low);
    }
    both.push(line_of(100)); // and it goes on as before
    satur::history longer = a;
    longer.push(line_of(100));
    REQUIRE(both.size() == longer.size());
    for (std::size_t i = 0; i < longer.size(); ++i) {
      CHECK(both[i].step == longer[i].step);
    }

    satur::history const b = filled(options, 40, 7); // other steps
    satur::history ab = a;
    ab += b;
    satur::history ba = b;
    ba += a;
    CHECK(ab == ba);
    CHECK(ab.size() <= 16);
    CHECK(ab.back().step == 273);
    satur::history nothing(options);
    nothing += a;
    REQUIRE(nothing.size() == a.size());
    CHECK(nothing.back() == a.back());
  }
}

TEST_CASE("history: a line holds the numbers of the record") {
  satur::monitor mon;
  std::vector<double> const z{-6.0, 0.5, 8.0, std::numeric_limits<double>::quiet_NaN()};
  mon["fc"].observe(satur::tanh{}, z);
  mon["fc"].gradient(std::vector<double>{3.0, 4.0, std::numeric_limits<double>::infinity()});
  mon["fc"].update(std::vector<double>{1.0, 3.0}, std::vector<double>{0.1, -0.1}, 0.5);
  mon.end_step();
  mon.end_step(); // nothing seen
  satur::layer_record const& r = mon.at("fc").total();
  satur::history const& h = mon.at("fc").history();
  REQUIRE(h.size() == 2);
  CHECK(h[0].mean_derivative() == doctest::Approx(r.saturation.mean_derivative()).epsilon(1e-15));
  CHECK(h[0].slope_share() == doctest::Approx(r.saturation.slope_share()).epsilon(1e-15));
  CHECK(h[0].low_fraction() == 1.0 / 3.0);
  CHECK(h[0].high_fraction() == 1.0 / 3.0);
  CHECK(h[0].nonfinite == 2);
  CHECK(h[0].gradient_rms() == doctest::Approx(std::sqrt(12.5)));
  CHECK(h[0].log10_update() == doctest::Approx(std::log10(0.05)));
  CHECK(std::isnan(h[1].fraction()));
  CHECK(std::isnan(h[1].gradient_rms()));
}

TEST_CASE("history: JSON Lines, null for missing numbers, the same in any locale") {
  satur::monitor mon;
  mon["a \"quoted\"\\\n name"].observe(satur::sigmoid{}, std::vector<double>(1500, 0.0));
  mon.end_step();
  mon.eval();
  mon["b"].observe(satur::sigmoid{}, std::vector<double>{9.0, 0.0});
  mon["b"].gradient(std::vector<double>{0.5});
  mon.end_step();
  struct comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::ostringstream out;
  out.imbue(std::locale(std::locale::classic(), new comma));
  out << std::hex;
  satur::write_history(mon, out);
  std::string const text = out.str();
  CHECK(text.find("{\"layer\":\"a \\\"quoted\\\"\\\\\\u000a name\",\"phase\":\"training\",\"step\":0,\"count\":1500,"
                  "\"low\":0,\"high\":0,\"nonfinite\":0,\"low_fraction\":0,\"high_fraction\":0,"
                  "\"mean_slope\":0.25,\"slope_share\":1,\"gradient_rms\":null,\"log10_update\":null}\n") == 0);
  CHECK(text.find("\n{\"layer\":\"b\",\"phase\":\"evaluation\",\"step\":0,\"count\":2,") != std::string::npos);
  CHECK(text.find("\"high_fraction\":0.5,") != std::string::npos);
  CHECK(text.find("\"gradient_rms\":0.5,") != std::string::npos);
  // one for each layer and step of its phase: "a" saw the evaluation step too, and nothing in it
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}
