// The columns of a monitor: each reads its own number from a record and from a history, and docs/monitor.md lists them.
#include "satur/monitor/columns.hpp"

#include "satur/monitor/monitor.hpp"
#include "satur/report/csv.hpp"
#include "satur/report/json_lines.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <locale>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// z / 2 cut to [-3/2, 3/2].
struct ramp {
  static constexpr std::string_view name = "ramp";
  static double value(double z) { return z < -3.0 ? -1.5 : z > 3.0 ? 1.5 : 0.5 * z; }
  static double derivative(double z) { return z > -3.0 && z < 3.0 ? 0.5 : 0.0; }
  static constexpr double peak_slope() { return 0.5; }
};

/// One training step in which all numbers of a layer differ, and one step of evaluation.
satur::monitor recorded() {
  satur::monitor mon;
  mon["a \"quoted\", name"].observe(ramp{}, std::vector<double>{-6.0, 0.0, 1.0, 7.0, none, infinity});
  mon["a \"quoted\", name"].gradient(std::vector<double>{3.0, 4.0, none});
  mon["a \"quoted\", name"].update(std::vector<double>{1.0, 3.0}, std::vector<double>{1.0, 3.0}, 0.001);
  mon.end_step();
  mon.eval();
  mon["b"].observe(ramp{}, std::vector<double>{0.5, 1.0});
  mon.end_step();
  return mon;
}

struct comma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\1"; }
};

/// The rows "| `name` | unit | definition | kept |" of a page.
std::vector<std::string> rows_of_page(std::string const& path) {
  std::ifstream page(path);
  std::vector<std::string> rows;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "| column | unit | what it is | each step |") {
      inside = true;
      std::getline(page, line);
    } else if (inside && !line.starts_with("|")) {
      break;
    } else if (inside) {
      rows.push_back(line);
    }
  }
  return rows;
}

} // namespace

TEST_CASE("monitor_columns: every column reads its number from record and history") {
  satur::monitor const mon = recorded();
  satur::layer_monitor const& layer = *mon.begin();
  // z sums to 2 and its squares to 86 over four finite numbers, f(z) to 1/2 and 19/4; the slope is 1/2 for two of five.
  std::vector<std::pair<std::string, double>> const expected{{"count", 5.0},
                                                             {"low", 1.0},
                                                             {"high", 2.0},
                                                             {"nan", 1.0},
                                                             {"infinite", 1.0},
                                                             {"nonfinite", 3.0},
                                                             {"mean_z", 0.5},
                                                             {"std_z", std::sqrt(21.25)},
                                                             {"low_fraction", 0.2},
                                                             {"high_fraction", 0.4},
                                                             {"mean_slope", 0.2},
                                                             {"slope_share", 0.4},
                                                             {"mean_output", 0.125},
                                                             {"std_output", std::sqrt(1.171875)},
                                                             {"gradient_rms", std::sqrt(12.5)},
                                                             {"log10_update", -3.0}};
  REQUIRE(satur::monitor_columns.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    satur::monitor_column const& column = satur::monitor_columns[i];
    CAPTURE(column.name);
    CHECK(column.name == expected[i].first);
    CHECK(column.read(layer.last()) == doctest::Approx(expected[i].second).epsilon(1e-14));
    if (column.read_line != nullptr) {
      CHECK(column.read_line(layer.history()[0]) == doctest::Approx(expected[i].second).epsilon(1e-14));
    }
  }
}

TEST_CASE("monitor_columns: unique names, and headings that fit the table") {
  std::set<std::string_view> names;
  std::size_t width = 13 + 16;
  for (satur::monitor_column const& column : satur::monitor_columns) {
    CAPTURE(column.name);
    CHECK(names.insert(column.name).second);
    CHECK(column.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos);
    CHECK(!column.definition.empty());
    CHECK(column.cell.head.empty() == (column.cell.width == 0));
    CHECK((column.cell.width == 0 || column.cell.head.size() < column.cell.width));
    width += column.cell.width;
  }
  CHECK(width + 3 <= 100); // and the mark of a non-finite layer
}

TEST_CASE("monitor_columns: equal to the table in docs/monitor.md") {
  std::vector<std::string> const rows = rows_of_page(SATUR_TESTS_DIR "/../docs/monitor.md");
  REQUIRE(rows.size() == satur::monitor_columns.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    satur::monitor_column const& column = satur::monitor_columns[i];
    CHECK(rows[i] == "| `" + std::string(column.name) + "` | " + std::string(column.unit) + " | " +
                         std::string(column.definition) + " | " + (column.read_line != nullptr ? "yes" : "no") + " |");
  }
}

TEST_CASE("write_csv: text of a monitor") {
  std::ostringstream out;
  out.imbue(std::locale(std::locale::classic(), new comma));
  out << std::hex;
  write_csv(recorded(), out);
  CHECK(out.str() == "layer,phase,step,count,low,high,nonfinite,low_fraction,high_fraction,mean_slope,slope_share,"
                     "gradient_rms,log10_update\n"
                     "\"a \"\"quoted\"\", name\",training,0,5,1,2,3,0.2,0.4,0.2,0.4,3.5355339059327378,-3\n"
                     "\"a \"\"quoted\"\", name\",evaluation,0,0,0,0,0,,,,,,\n"
                     "b,evaluation,0,2,0,0,0,0,0,0.5,1,,\n");
}

TEST_CASE("write_csv: only a header without layers") {
  std::ostringstream out;
  write_csv(satur::monitor(), out);
  CHECK(out.str().starts_with("layer,phase,step,count,"));
  CHECK(out.str().find('\n') == out.str().size() - 1);
}

TEST_CASE("write_csv: quoted fields") {
  using satur::detail::csv_field;
  CHECK(csv_field("fc1.weight x") == "fc1.weight x");
  CHECK(csv_field("") == "");
  CHECK(csv_field("a,b") == "\"a,b\"");
  CHECK(csv_field("\"") == "\"\"\"\"");
  CHECK(csv_field("a\nb") == "\"a\nb\"");
  CHECK(csv_field("a\rb") == "\"a\rb\"");
}

TEST_CASE("write_history: JSON Lines with the same columns") {
  std::ostringstream out;
  write_history(recorded(), out);
  CHECK(out.str().starts_with(
      "{\"layer\":\"a \\\"quoted\\\", name\",\"phase\":\"training\",\"step\":0,\"count\":5,\"low\":1,\"high\":2,"
      "\"nonfinite\":3,\"low_fraction\":0.2,\"high_fraction\":0.4,\"mean_slope\":0.2,\"slope_share\":0.4,"
      "\"gradient_rms\":3.5355339059327378,\"log10_update\":-3}\n"));
}

TEST_CASE("write_csv and write_history: a row for each step, layer by layer, training before evaluation") {
  satur::monitor mon;
  for (std::size_t step = 0; step < 3; ++step) {
    mon["b"].observe(ramp{}, std::vector<double>(step + 1, 0.5)); // its count tells a step from the others
    mon["a"].observe(ramp{}, std::vector<double>(step + 5, 0.5));
    mon.end_step();
  }
  mon.eval();
  for (std::size_t step = 0; step < 2; ++step) {
    mon["b"].observe(ramp{}, std::vector<double>(step + 11, 0.5));
    mon.end_step();
  }
  std::vector<std::string> const expected{
      "b,training,0,1,", "b,training,1,2,", "b,training,2,3,", "b,evaluation,0,11,", "b,evaluation,1,12,",
      "a,training,0,5,", "a,training,1,6,", "a,training,2,7,", "a,evaluation,0,0,",  "a,evaluation,1,0,"};
  std::stringstream csv;
  write_csv(mon, csv);
  std::stringstream json;
  write_history(mon, json);
  std::string row;
  std::string object;
  std::getline(csv, row); // the header
  for (std::string const& start : expected) {
    REQUIRE(std::getline(csv, row));
    CHECK_MESSAGE(row.starts_with(start), row);
    REQUIRE(std::getline(json, object));
    std::stringstream fields(start);
    std::string layer;
    std::string phase;
    std::string step;
    std::string count;
    std::getline(std::getline(std::getline(std::getline(fields, layer, ','), phase, ','), step, ','), count, ',');
    CHECK_MESSAGE(object.starts_with("{\"layer\":\"" + layer + "\",\"phase\":\"" + phase + "\",\"step\":" + step +
                                     ",\"count\":" + count + ','),
                  object);
  }
  CHECK(!std::getline(csv, row));
  CHECK(!std::getline(json, object));
}

TEST_CASE("write_history: every character of a name, and null for what was not seen") {
  satur::monitor mon;
  mon["\\\n\x1f\x20\x7f\xc3\xa9"].observe(ramp{}, std::vector<double>{none});
  mon.end_step();
  std::ostringstream out;
  write_history(mon, out);
  CHECK(out.str() == "{\"layer\":\"\\\\\\u000a\\u001f\x20\x7f\xc3\xa9\",\"phase\":\"training\",\"step\":0,\"count\":0,"
                     "\"low\":0,\"high\":0,\"nonfinite\":1,\"low_fraction\":null,\"high_fraction\":null,"
                     "\"mean_slope\":null,\"slope_share\":null,\"gradient_rms\":null,\"log10_update\":null}\n");
}
