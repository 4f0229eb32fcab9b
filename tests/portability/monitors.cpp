// Saved monitors, exchanged between processors: monitors write FILE, then on another processor monitors read FILE…
// The monitor has everything that a file holds. All its numbers are small integers times a power of two, and its
// activations are made of straight lines, so that sums, means and slopes are exact in double: every processor records
// the same numbers.
//   write  saves the monitor, and what is said of it (findings and table) beside it, as FILE.txt
//   read   every FILE: loads, has the counters of the monitor that this processor records, saves to the same bytes, and
//          the same is said of it; prints how many files are the bytes that this processor would write
// It needs the standard library alone.
#include <satur/activation/hard_tanh.hpp>
#include <satur/activation/leaky_relu.hpp>
#include <satur/activation/relu.hpp>
#include <satur/finding/diagnose.hpp>
#include <satur/format/formats.hpp>
#include <satur/monitor/file.hpp>
#include <satur/monitor/saturation_table.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t rows = 16;
constexpr std::size_t units = 4;

/// Eight sizes up to limit with both signs, another order each step; those of each unit are a quarter of the limit
/// larger than those of the one before.
std::vector<double> both_signs(std::size_t step, std::size_t seed, double limit) {
  std::vector<double> x(rows * units);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t u = 0; u < units; ++u) {
      std::size_t const place = (5 * row + 3 * step + 7 * u + seed) % rows; // each once a unit
      double const size = static_cast<double>(1 + place / 2) * (limit / 32.0) * static_cast<double>(4 + u);
      x[row * units + u] = place % 2 == 0 ? size : -size;
    }
  }
  return x;
}

/// A run of 24 steps, 4 of them in evaluation, and one that is not closed.
satur::monitor recorded() {
  namespace formats = satur::formats;
  satur::monitor mon({.rule = satur::z_outside{-3.0, 2.5},
                      .histograms = 1,
                      .updates = 2,
                      .units = true,
                      .formats = {.z = {formats::fp8_e4m3, 64.0},
                                  .outputs = {formats::float16, 0.5},
                                  .gradient = {formats::fp8_e5m2, 4096.0},
                                  .weights = {formats::bfloat16, 1.0}},
                      .sampling = {.every = 2},
                      .history = {.lines = 5, .unit_windows = 3}});
  satur::unit_layout const layout = satur::unit_layout::matrix(rows, units);
  std::vector<double> y(rows * units);
  std::vector<double> slopes(rows * units);
  for (std::size_t step = 0; step < 24; ++step) {
    if (step == 12) {
      mon.eval();
    }
    if (step == 16) {
      mon.train();
    }
    std::vector<double> z = both_signs(step, 0, 4.0);
    std::vector<double> dz = both_signs(step, 5, 0.25);
    if (step == 6 || step == 14) {
      z[1] = std::numeric_limits<double>::quiet_NaN();
      z[6] = std::numeric_limits<double>::infinity();
      z[11] = -std::numeric_limits<double>::infinity();
      dz[2] = std::numeric_limits<double>::quiet_NaN();
      dz[7] = std::numeric_limits<double>::infinity();
    }
    mon.input(both_signs(step, 3, 2.0), layout);
    mon.loss(step == 6 ? std::numeric_limits<double>::infinity() : 4.0 - 0.125 * static_cast<double>(step), 2.25);
    // Their names: a Greek, a Chinese and an emoji's character, and a line end.
    mon["fc \xce\xb1"].forward(satur::hard_tanh{}, z, y, slopes, layout);
    mon["fc \xce\xb1"].gradient(dz, layout);
    mon["fc \xce\xb1"].update(both_signs(step, 1, 80.0), both_signs(step, 1, 8.0));
    mon["\xe5\xb1\x82\n2"].observe(satur::leaky_relu{0.25}, both_signs(step, 9, 64.0), layout);
    mon["\xf0\x9f\xa7\xa0 dead"].observe(satur::relu{}, std::vector<double>(rows * units, -4.0), layout);
    mon["\xf0\x9f\xa7\xa0 dead"].gradient(std::vector<double>(rows * units, 0.0), layout);
    mon.end_step();
  }
  mon["fc \xce\xb1"].observe(satur::hard_tanh{}, both_signs(1, 2, 2.0), layout);
  mon.request_stop();
  return mon;
}

std::string bytes_of(satur::monitor const& mon) {
  std::ostringstream out;
  save(mon, out);
  return std::move(out).str();
}
std::string said_of(satur::monitor const& mon) {
  std::ostringstream out;
  for (satur::finding const& f : satur::diagnose(mon)) {
    out << f << '\n';
  }
  out << mon;
  return std::move(out).str();
}
std::string whole(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Whether everything that is counted is equal; says what is not.
bool same_counters(satur::monitor const& a, satur::monitor const& b) {
  bool same = true;
  auto const check = [&same](std::string const& of, std::string_view what, std::uint64_t x, std::uint64_t y) {
    if (x != y) {
      std::printf("  %s, %.*s: %llu, expected %llu\n", of.c_str(), static_cast<int>(what.size()), what.data(),
                  static_cast<unsigned long long>(x), static_cast<unsigned long long>(y));
      same = false;
    }
  };
  check("monitor", "layers", a.size(), b.size());
  check("monitor", "losses", a.losses().seen(), b.losses().seen());
  if (a.size() != b.size()) {
    return false;
  }
  for (satur::layer_monitor const& theirs : a) {
    satur::layer_monitor const& ours = b.at(theirs.name());
    for (satur::phase const p : {satur::phase::train, satur::phase::eval}) {
      std::string const of = theirs.name() + ", " + std::string(to_text(p));
      satur::layer_record const& x = theirs.total(p);
      satur::layer_record const& y = ours.total(p);
      check(of, "values", x.saturation.count, y.saturation.count);
      check(of, "low", x.saturation.low, y.saturation.low);
      check(of, "high", x.saturation.high, y.saturation.high);
      check(of, "NaN", x.saturation.nan, y.saturation.nan);
      check(of, "infinite", x.saturation.infinite, y.saturation.infinite);
      check(of, "gradients", x.gradient.count, y.gradient.count);
      check(of, "gradients of 0", x.gradient.zeros, y.gradient.zeros);
      check(of, "gradients that are NaN", x.gradient.nan, y.gradient.nan);
      check(of, "infinite gradients", x.gradient.infinite, y.gradient.infinite);
      check(of, "updates", x.update.steps, y.update.steps);
      check(of, "lines", theirs.history(p).size(), ours.history(p).size());
      check(of, "formats equal", theirs.formats(p) == ours.formats(p), true);
      check(of, "histograms equal", theirs.histograms(p) == ours.histograms(p), true);
      check(of, "units", theirs.units(p) ? theirs.units(p)->size() : 0, ours.units(p) ? ours.units(p)->size() : 0);
    }
  }
  return same;
}

int write(std::string const& file) {
  satur::monitor const mon = recorded();
  save(mon, file);
  std::ofstream(file + ".txt", std::ios::binary) << said_of(mon);
  return 0;
}

/// Whether the file is read right.
bool read(std::string const& file, satur::monitor const& own) {
  satur::monitor const mon = satur::load_monitor(file);
  bool right = same_counters(mon, own);
  auto const require = [&](bool is, char const* what) {
    if (!is) {
      std::printf("  %s\n", what);
      right = false;
    }
  };
  require(bytes_of(mon) == whole(file), "saved again it is other bytes");
  require(said_of(mon) == whole(file + ".txt"), "other findings, or another table");
  return right;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> const files(argv + (argc < 2 ? argc : 2), argv + argc);
  std::string const way = argc < 2 ? "" : argv[1];
  if (files.empty() || (way != "write" && way != "read")) {
    std::puts("usage: monitors write FILE | monitors read FILE...");
    return 2;
  }
  if (way == "write") {
    return write(files[0]);
  }
  satur::monitor const own = recorded();
  std::string const bytes = bytes_of(own);
  std::size_t right = 0;
  std::size_t equal = 0;
  for (std::string const& file : files) {
    try {
      bool const is = read(file, own);
      right += is ? 1 : 0;
      equal += whole(file) == bytes ? 1 : 0;
      if (!is) {
        std::printf("%s is read wrong\n", file.c_str());
      }
    } catch (satur::file_error const& error) {
      std::printf("%s\n", error.what());
    }
  }
  std::printf("%zu of %zu files read right, %zu the same bytes\n", right, files.size(), equal);
  return right == files.size() ? 0 : 1;
}
