// Files that were written once and are kept: every number of them is read into its place, whatever satur writes now.
#include "satur/monitor/file.hpp"

#include "support/monitor_bytes.hpp"
#include "support/stored_monitors.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

using satur::phase;
using satur_test::loaded;
using satur_test::saved;
namespace stored = satur_test::stored;

bool close(double a, double b) { return std::fabs(a - b) <= 1e-13 * std::fabs(b); }

satur::rule_definition const rule{"z_outside", -5.5, 6.25};

/// The records of the files are numbered; each number of a record is its own plus that of the record.
void check_saturation(satur::saturation const& s, std::uint64_t record) {
  double const k = static_cast<double>(record);
  double const count = 1000.0 + k;
  double const finite = 700.0 + k;
  CHECK(s.count == 1000 + record);
  CHECK(s.low == 200 + record);
  CHECK(s.high == 300 + record);
  CHECK(s.nan == 400 + record);
  CHECK(s.infinite == 500 + record);
  CHECK(close(s.mean_derivative(), (600.75 + k) / count));
  // The sums of formats 1 and 2 say a mean square below the squared mean: they are read as a variance of 0.
  CHECK(close(s.mean_squared_derivative(), std::pow((600.75 + k) / count, 2)));
  CHECK(s.variance_derivative() == 0.0);
  CHECK(s.z.count == 700 + record);
  CHECK(s.mean_z() == 1.5 + k);
  CHECK(close(s.variance_z(), (90.75 + k) / finite));
  CHECK(close(s.mean_output(), (65.0 + k) / finite));
  CHECK(close(s.mean_squared_output(), (150.3125 + k) / finite));
  CHECK(s.min_z() == -20.5 - k);
  CHECK(s.max_z() == 30.25 + k);
  CHECK(s.rule == rule);
  CHECK(s.activation == "tanh");
  CHECK(s.peak_slope == 0.75);
}
void check_record(satur::layer_record const& r, std::uint64_t record) {
  CAPTURE(record);
  double const k = static_cast<double>(record);
  check_saturation(r.saturation, record);
  CHECK(r.gradient ==
        satur::gradient_record{2000 + record, 210 + record, 220 + record, 230 + record, {240.5 + k, 0.5}});
  CHECK(r.update == satur::update_record{31 + record, 51 + record, {-70.5 - k, 0.25}});
}
void check_line(satur::history_line const& line, std::uint64_t step) {
  double const k = static_cast<double>(step);
  CHECK(line.step == step);
  CHECK(line.count == 3000 + step);
  CHECK(line.low == 310 + step);
  CHECK(line.high == 320 + step);
  CHECK(line.nonfinite == 330 + step);
  CHECK(line.gradients == 340 + step);
  CHECK(line.updates == 350 + step);
  CHECK(line.slope == 36.5 + k);
  CHECK(line.gradient_square == 37.25 + k);
  CHECK(line.log_update == -38.75 - k);
  CHECK(line.peak_slope == 0.5);
}
void check_sampling(satur::sampling_record const& s, std::uint64_t k, bool sampling_now) {
  double const x = static_cast<double>(k);
  CHECK(s == satur::sampling_record{{.every = 5, .budget = 0.375},
                                    100 + k,
                                    60 + k,
                                    7 + k,
                                    8000 + k,
                                    9000 + k,
                                    10.5 + x,
                                    11.25 + x,
                                    12.75 + x,
                                    sampling_now});
}
/// `first` below, one more in the third bin, two more in the last, and so on.
void check_histogram(satur::histogram const& h, std::uint64_t first, double lowest, double highest) {
  CHECK(h.below() == first);
  CHECK(h.count(2) == first + 1);
  CHECK(h.count(h.bins() - 1) == first + 2);
  CHECK(h.above() == first + 3);
  CHECK(h.nan() == first + 4);
  CHECK(h.minus_infinite() == first + 6);
  CHECK(h.plus_infinite() == first + 7);
  CHECK(h.lowest() == lowest);
  CHECK(h.highest() == highest);
}
/// `rare`: with NaN, infinity and gradients that are none.
void check_units(satur::unit_records const& units, std::uint64_t record, bool rare) {
  double const k = static_cast<double>(record);
  REQUIRE(units.size() == 2);
  CHECK(units.options().sample_share == 0.25);
  CHECK(units.rule() == rule);
  CHECK(units.activation() == "tanh");
  CHECK(units.peak_slope() == 0.75);
  CHECK(units.samples() == 8000 + record);
  CHECK(units.gradient_samples() == 7000 + record);
  CHECK(units.saturated_samples() == 40 + record);
  CHECK(units.lifetime() == 9000 + record);
  for (std::size_t u = 0; u < 2; ++u) {
    CAPTURE(u);
    satur::unit_summary const s = units[u];
    double const part = static_cast<double>(u);
    auto const mean = [&](double number) { return number + 0.5 * part + k / 512.0; };
    auto const counter = [&](double number) { return 100.0 * number + 10.0 * part + k; };
    double const nan = rare ? 501.0 + part + k : 0.0;
    double const bad = rare ? 701.0 + part + k : 0.0;
    CHECK(s.mean_slope == mean(1));
    CHECK(s.z_mean == mean(2));
    CHECK(s.z_variance == mean(3));
    CHECK(s.output == mean(4));
    CHECK(s.magnitude == mean(5));
    CHECK(s.gradient_mean_square == mean(6));
    CHECK(s.low == counter(1));
    CHECK(s.high == counter(2));
    CHECK(s.active == counter(3));
    CHECK(s.silent == counter(4));
    CHECK(s.ever_active);
    CHECK(s.nan == nan);
    CHECK(s.samples == 8000.0 + k - nan);
    CHECK(s.infinite == (rare ? 601.0 + part + k : 0.0));
    CHECK(s.bad_gradients == bad);
    CHECK(s.gradients == 7000.0 + k - bad);
  }
}
/// What format 4 has in addition, and formats 5 and 8 to that.
void check_beginning(satur::monitor const& mon, bool with_rows, bool with_largest) {
  satur::layer_origin const& o = mon.at("fc1").origin();
  check_record(o.first, 11);
  CHECK(o.weights == satur::weight_record{71, 72, 73, 0.125, 0.375, with_rows ? 301u : 0u});
  CHECK(o.first_weights == satur::weight_record{81, 82, 83, 0.25, 0.5, with_rows ? 302u : 0u});
  CHECK(o.rows == (with_rows ? 7 : 1));
  REQUIRE(o.onset.has_value());
  CHECK(*o.onset == satur::nonfinite_onset{.after = 91,
                                           .step = 92,
                                           .nan = 93,
                                           .infinite = 94,
                                           .finite = 95,
                                           .gradients = 96,
                                           .weights = 97,
                                           .units = 98,
                                           .first_unit = 99,
                                           .all_alike = true,
                                           .largest_z = with_largest ? 99.5 : 0.0});
  CHECK(o.units == std::vector<satur::unit_origin>{{1.5, 2.5}, {-3.5, 4.5}});
  CHECK(o.unit_samples == 61);
  CHECK(o.sampled == 62);
  CHECK(o.last_step == 63);
  CHECK(mon.at("fc1").origin(phase::eval) == satur::layer_origin{});

  satur::loss_history const& losses = mon.losses();
  REQUIRE(losses.size() == 3);
  CHECK(losses.seen() == 3);
  CHECK(losses.chance() == 2.25);
  CHECK(losses.last() == 1.25);
  CHECK(losses.nonfinite());
  CHECK(losses.nonfinite_step() == 100);
  CHECK(losses[0] == satur::loss_block{.first_step = 100, .count = 1, .mean = 2.5});
  CHECK(losses[1] == satur::loss_block{.first_step = 100, .nonfinite = 1});
  CHECK(losses[2] == satur::loss_block{.first_step = 100, .count = 1, .mean = 1.25});

  REQUIRE(mon.inputs() != nullptr);
  CHECK(mon.inputs()->name() == "input");
  CHECK(mon.inputs()->current(phase::eval).saturation.count == 4);
  CHECK(mon.inputs()->current(phase::eval).saturation.max_z() == 7.0);
  REQUIRE(mon.inputs()->units(phase::eval).has_value());
  CHECK((*mon.inputs()->units(phase::eval))[1].z_mean == 5.0); // of 3 and 7
}
/// What format 6 has in addition: each loss its own numbers plus `record`.
void check_loss(satur::format_loss const& l, std::uint64_t record) {
  CAPTURE(record);
  double const k = static_cast<double>(record);
  satur::format_loss expected;
  expected.format = {"own~format", -12.0, 24.0, 0.25, 0.125, 7, satur::format::coding::unsigned_zero};
  expected.scale = 0.5 + k;
  expected.count = 5000 + record;
  expected.to_limit = 410 + record;
  expected.to_low_limit = 130 + record;
  expected.before_rounding = 420 + record;
  expected.to_zero = 430 + record;
  expected.subnormal = 440 + record;
  expected.zeros = 450 + record;
  expected.nan = 460 + record;
  expected.infinite = 125 + record;
  expected.amax = 96.5 + k;
  expected.smallest_nonzero = 0.0625;
  expected.noise_count = 470 + record;
  expected.noise = {48.5 + k, 0.25};
  expected.power = {49.25 + k, 0.5};
  CHECK(l == expected);
}
void check_formats(satur::monitor const& mon) {
  using satur::layer_numbers;
  satur::layer_monitor const& fc1 = mon.at("fc1");
  CHECK(fc1.watched() ==
        satur::watched_formats{.z = {satur::formats::fp8_e5m2, 5.5}, .gradient = {satur::formats::bfloat16, 6.5}});
  CHECK(mon.at("\xc3\xa9").watched() == satur::watched_formats{});
  CHECK_FALSE(mon.at("\xc3\xa9").formats().has_value());
  REQUIRE(fc1.formats().has_value());
  std::uint64_t record = 1;
  for (satur::format_losses const* losses : {&fc1.formats()->current, &fc1.formats()->last, &fc1.formats()->total}) {
    for (layer_numbers const which : satur::format_losses::each) {
      if (losses == &fc1.formats()->last && which == layer_numbers::outputs) {
        CHECK(losses->outputs == satur::format_loss{});
      } else {
        check_loss(losses->of(which), record);
      }
      ++record;
    }
  }
  satur::format_histograms const& sizes = fc1.formats()->sizes;
  for (layer_numbers const which : {layer_numbers::z, layer_numbers::gradient}) {
    std::uint64_t const first = which == layer_numbers::z ? 4001 : 5001;
    REQUIRE(sizes.of(which).has_value());
    check_histogram(*sizes.of(which), first, static_cast<double>(first) + 0.5, static_cast<double>(first) + 7.5);
    CHECK(sizes.of(which)->zeros() == first + 5);
  }
  CHECK_FALSE(sizes.outputs.has_value());
  CHECK_FALSE(sizes.weights.has_value());

  REQUIRE(fc1.formats(phase::eval).has_value());
  satur::format_records const& eval = *fc1.formats(phase::eval);
  CHECK(eval.current.empty());
  CHECK(eval.last.empty());
  CHECK(eval.total.z.empty());
  check_loss(eval.total.weights, 20);
  REQUIRE(eval.sizes.outputs.has_value());
  CHECK(*eval.sizes.outputs == satur::format_histograms::of_sizes());
}
/// What format 7 has in addition. The window that is open is the last: units are recorded.
void check_unit_history(satur::monitor const& mon) {
  satur::unit_history const h = mon.at("fc1").unit_history();
  CHECK(h.units() == 2);
  CHECK(h.groups() == 2);
  CHECK(h.peak_slope() == 0.75);
  REQUIRE(h.size() == 3);
  CHECK(h.window(0) == satur::unit_window{700, 703, 4});
  CHECK(h.window(1) == satur::unit_window{704, 719, 5});
  CHECK(h.window(2) == satur::unit_window{720, 723, 3});
  for (std::uint64_t cell = 0; cell < 4; ++cell) {
    CHECK(h(cell / 2, cell % 2) == satur::unit_cell{8100 + cell, 7100 + cell, 910.5 + static_cast<double>(cell)});
  }
  satur::unit_records const& units = *mon.at("fc1").units(); // what they hold, and the last two cells do not
  for (std::uint64_t g = 0; g < 2; ++g) {
    satur::unit_summary const s = units[g];
    CHECK(h(2, g).count == 8104 + g + static_cast<std::uint64_t>(s.samples) - (8106 + g));
    CHECK(h(2, g).saturated == 7104 + g + static_cast<std::uint64_t>(s.low + s.high) - (7106 + g));
    CHECK(close(h(2, g).slope,
                914.5 + static_cast<double>(g) + s.mean_slope * s.samples - (916.5 + static_cast<double>(g))));
  }
  CHECK(mon.at("fc1").unit_history(phase::eval).empty());
  CHECK(mon.at("fc1").unit_history(phase::eval).groups() == 2);
}
void check_monitor(satur::monitor const& mon, bool with_units, bool with_rows, bool with_formats, bool with_history) {
  satur::watched_formats const formats =
      with_formats
          ? satur::watched_formats{.z = {satur::formats::fp8_e4m3, 2.5},
                                   .outputs = {satur::formats::with_zero_point(satur::formats::uint8, 128), 3.5},
                                   .weights = {satur::formats::float16, 4.5}}
          : satur::watched_formats{};
  CHECK(mon.options() == satur::monitor_options{.rule = satur::z_outside{-5.5, 6.25},
                                                .histograms = 3,
                                                .updates = 4,
                                                .units = with_units,
                                                .rows = with_rows ? 6u : 1u,
                                                .formats = formats,
                                                .sampling = {.every = 5, .budget = 0.375},
                                                .history = {.lines = 9,
                                                            .keeps = satur::history_keeps::newest,
                                                            .unit_windows = with_history ? 12u : 0u,
                                                            .unit_groups = with_history ? 3u : 64u}});
  CHECK(mon.phase() == phase::eval);
  CHECK(mon.stop_requested());
  check_sampling(mon.sampling(), 0, false);
  check_sampling(mon.sampling(phase::eval), 10, true);

  REQUIRE(mon.size() == 2);
  satur::layer_monitor const& fc1 = *mon.begin();
  CHECK(fc1.name() == "fc1");
  CHECK(fc1.phase() == phase::eval);
  check_record(fc1.current(), 10);
  check_record(fc1.last(), 11);
  check_record(fc1.total(), 12);
  check_record(fc1.current(phase::eval), 50);
  check_record(fc1.last(phase::eval), 51);
  check_record(fc1.total(phase::eval), 52);

  satur::history const& evenly = fc1.history();
  CHECK(evenly.options() == satur::history_options{.lines = 4,
                                                   .unit_windows = with_history ? 13u : 0u,
                                                   .unit_groups = with_history ? 5u : 64u});
  CHECK(evenly.seen() == 7);
  CHECK(evenly.stride() == 2);
  REQUIRE(evenly.size() == 3);
  check_line(evenly[0], 10);
  check_line(evenly[1], 12);
  check_line(evenly[2], 13);
  satur::history const& newest = fc1.history(phase::eval);
  CHECK(newest.options() == satur::history_options{.lines = 3,
                                                   .keeps = satur::history_keeps::newest,
                                                   .unit_windows = with_history ? 14u : 0u,
                                                   .unit_groups = with_history ? 6u : 64u});
  CHECK(newest.seen() == 5);
  CHECK(newest.stride() == 1);
  REQUIRE(newest.size() == 2);
  check_line(newest[0], 55);
  check_line(newest[1], 56);

  REQUIRE(fc1.histograms().has_value());
  check_histogram(fc1.histograms()->z, 1001, -40.5, 50.25);
  CHECK(fc1.histograms()->z.zeros() == 19);
  check_histogram(fc1.histograms()->slope, 2001, 0.5, 3.5);
  CHECK(fc1.histograms()->slope.zeros() == 2006);
  check_histogram(fc1.histograms()->gradient, 3001, 0.25, 2.75);
  CHECK(fc1.histograms()->gradient.zeros() == 3006);
  CHECK_FALSE(fc1.histograms(phase::eval).has_value());

  CHECK(fc1.units().has_value() == with_units);
  CHECK(fc1.units(phase::eval).has_value() == with_units);
  if (with_units) {
    check_units(*fc1.units(), 10, true);
    check_units(*fc1.units(phase::eval), 50, false);
  }

  satur::layer_monitor const& other = mon.at("\xc3\xa9");
  for (phase const p : {phase::train, phase::eval}) {
    CHECK(other.current(p) == satur::layer_record{});
    CHECK(other.last(p) == satur::layer_record{});
    CHECK(other.total(p) == satur::layer_record{});
    CHECK(other.history(p).empty());
    CHECK(other.history(p).options().lines == mon.options().history.lines);
    CHECK_FALSE(other.histograms(p).has_value());
    CHECK_FALSE(other.units(p).has_value());
  }
}

/// What loading says of a file in which one word is another: `words` are in it once, and the word at `place` of them
/// becomes `word`. Empty if it is read.
std::string refusal_with(std::string const& good, std::vector<std::uint64_t> const& words, std::size_t place,
                         std::uint64_t word) {
  std::string pattern(8 * words.size(), '\0');
  for (std::size_t i = 0; i < words.size(); ++i) {
    satur_test::put_word(pattern, 8 * i, words[i]);
  }
  std::size_t const at = good.find(pattern);
  REQUIRE(at != std::string::npos);
  REQUIRE(good.find(pattern, at + 1) == std::string::npos);
  std::string bytes = good;
  satur_test::put_word(bytes, at + 8 * place, word);
  satur_test::mend(bytes);
  return satur_test::refusal_of(bytes);
}

} // namespace

TEST_CASE("stored files: every format is read, every number in its place") {
  std::uint64_t format = 0;
  for (std::string_view const text : stored::formats) {
    ++format;
    CAPTURE(format);
    std::string const bytes = stored::bytes_of(text);
    REQUIRE(static_cast<unsigned char>(bytes[8]) == format);
    check_monitor(loaded(bytes), format >= 2, format >= 5, format >= 6, format >= 7);
    if (format >= 7) {
      check_unit_history(loaded(bytes));
    } else {
      CHECK(loaded(bytes).at("fc1").unit_history().empty());
    }
    if (format >= 6) {
      check_formats(loaded(bytes));
    } else {
      CHECK_FALSE(loaded(bytes).at("fc1").formats().has_value());
      CHECK(loaded(bytes).at("fc1").watched() == satur::watched_formats{});
    }
    if (format >= 4) {
      check_beginning(loaded(bytes), format >= 5, format >= 8);
    } else {
      CHECK(loaded(bytes).inputs() == nullptr);
      CHECK(loaded(bytes).losses().empty());
      CHECK(loaded(bytes).at("fc1").origin() == satur::layer_origin{});
    }
  }
}

TEST_CASE("stored files: one for every format, the newest equals today's bytes") {
  // Where this fails because a format is new: add the text that it prints to support/stored_monitors.hpp.
  std::string const now = saved(loaded(stored::bytes_of(stored::formats.back())));
  CHECK(stored::text_of(now) == std::string(stored::formats.back()));
  CHECK(stored::formats.size() == satur::detail::newest_format);
}

TEST_CASE("stored files: saved and loaded again, the monitor is equal and continues equal") {
  for (std::string_view const text : stored::formats) {
    satur::monitor mon = loaded(stored::bytes_of(text));
    satur::monitor again = loaded(saved(mon));
    CHECK(again == mon);
    mon.train();
    again.train();
    CHECK_FALSE(mon.sampling_now());
    CHECK(again == mon);
  }
}

TEST_CASE("stored files: numbers out of range throw, numbers at the limit are read") {
  std::string const good = stored::bytes_of(stored::formats[1]);
  // `words` are in the file once; the first of them becomes `word`.
  auto const with = [&](std::vector<std::uint64_t> const& words, std::uint64_t word) {
    return refusal_with(good, words, 0, word);
  };
  auto const check = [&](std::vector<std::uint64_t> const& words, std::uint64_t most, std::string const& expected) {
    CAPTURE(words[0]);
    CHECK(with(words, most).empty());
    CHECK(with(words, most + 1).find(expected) != std::string::npos);
  };
  std::string const saturation = "expected counters of saturation that are no more than their count; ";
  check({210, 310, 410, 510}, 1010, saturation);                       // low of 1010
  check({310, 410, 510}, 1010, saturation);                            // high
  check({510, std::bit_cast<std::uint64_t>(610.5)}, 1010, saturation); // infinite
  check({710, std::bit_cast<std::uint64_t>(11.5)}, 1010, saturation);  // finite z
  std::string const unit = "expected counters of a unit that are no more than its samples; ";
  check({110, 120, 210}, 8010 - 511, unit); // low of the samples that are not NaN
  check({210, 220, 310}, 8010 - 511, unit); // high
  check({310, 320, 410}, 8010 - 511, unit); // active
  check({120, 210, 220}, 8010 - 512, unit); // low of the second unit
  check({220, 310, 320}, 8010 - 512, unit);
  check({320, 410, 420}, 8010 - 512, unit);
  check({611, 711, 0}, 8010 - 511, unit);                             // infinite
  check({711, 0, 0, 0}, 7010, unit);                                  // gradients that are none
  CHECK(with({511, 611, 711}, 8011).find(unit) != std::string::npos); // NaN, of 8010 samples
  CHECK(with({511, 611, 711}, std::uint64_t{1} << 48).find("counters of a unit that are below 2^48") !=
        std::string::npos);
  std::string const samples = "expected no more samples of units than were seen; ";
  check({8010, 7010}, 9010, samples); // of the life
  check({50, 9010}, 8010, samples);   // samples that are saturated
  constexpr std::uint64_t exact = std::uint64_t{1} << 53;
  CHECK(with({9010, 2}, exact).empty());
  CHECK(with({9010, 2}, exact + 1).find("expected at most 2^53 samples of units; ") != std::string::npos);
  check({60, 7, 8000}, 100, "expected no more sampled steps than steps; ");
  check({70, 17, 8010}, 110, "expected no more sampled steps than steps; ");
  auto const with_time = [&](double time, double other) {
    return with({std::bit_cast<std::uint64_t>(time)}, std::bit_cast<std::uint64_t>(other));
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(with_time(10.5, -1e9).empty()); // a budget that is spent
  CHECK(with_time(10.5, -infinity).find("expected a budget of finite time; ") != std::string::npos);
  for (double const time : {11.25, 12.75}) { // of the last sample, of a step that is not sampled
    CHECK(with_time(time, 0.0).empty());
    for (double const wrong : {-7e274, -1e-300, infinity, std::numeric_limits<double>::quiet_NaN()}) {
      CHECK(with_time(time, wrong).find("expected finite times of a sample and of a step, 0 or more; ") !=
            std::string::npos);
    }
  }
  std::string const lines = "expected no more lines of a history than it may hold; ";
  CHECK(with({7, 2, 1, 3, 10}, 2).find(lines) != std::string::npos); // three lines of two steps
  CHECK(with({7, 2, 1, 3, 10}, 3).empty());
  CHECK(with({4, 7, 2, 1, 3}, 2).find(lines) != std::string::npos); // in room for two
  CHECK(with({4, 7, 2, 1, 3}, 3).empty());
  std::string const stride = "expected a stride of a history that fits its steps; ";
  CHECK(with({2, 1, 3, 10}, 8).empty());
  CHECK(with({2, 1, 3, 10}, 16).find(stride) != std::string::npos);
  CHECK(with({2, 1, 3, 10}, 3).find(stride) != std::string::npos);
  CHECK(with({2, 1, 3, 10}, 0).find(stride) != std::string::npos);
  std::string const order = "expected lines of a history in order; ";
  CHECK(with({12, 3012}, 11).empty());
  CHECK(with({12, 3012}, 10).find(order) != std::string::npos); // the step of the line before it
  CHECK(with({12, 3012}, 13).find(order) != std::string::npos); // and of the one after it
}

TEST_CASE("stored files: damage to how a layer began, to the data and to the loss throws") {
  std::string const good = stored::bytes_of(stored::format_5);
  auto const with = [&](std::vector<std::uint64_t> const& words, std::size_t place, std::uint64_t word) {
    return refusal_with(good, words, place, word);
  };
  auto const word = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  CHECK(with({62, 63, 7, 2, word(1.5)}, 0, 60).empty());
  CHECK(with({62, 63, 7, 2, word(1.5)}, 2, 1).empty());
  CHECK(with({62, 63, 7, 2, word(1.5)}, 2, 0).find("expected one row in 1 or more; ") != std::string::npos);
  CHECK(with({62, 63, 7, 2, word(1.5)}, 3, std::uint64_t{1} << 60).find("a number of units of a first step up to ") !=
        std::string::npos);
  CHECK_FALSE(with({62, 63, 7, 2, word(1.5)}, 3, 1).empty()); // what follows is in the wrong place
  CHECK(with({word(4.5), 1, 91, 92}, 1, 2).find("expected 0 or 1, found 2; ") != std::string::npos); // onset
  CHECK(with({98, 99, 1}, 2, 2).find("expected 0 or 1, found 2; ") != std::string::npos);            // all alike
  // the loss: blocks, their length, losses seen, step and flag of the first that is not finite
  std::vector<std::uint64_t> const losses{3, 1, 3, 100, 1, word(1.25), word(2.25)};
  std::string const expected = "expected a loss of at most 64 blocks; ";
  CHECK(with(losses, 2, 5).empty());
  CHECK(with(losses, 0, 65).find(expected) != std::string::npos);
  CHECK(with(losses, 0, 0).find(expected) != std::string::npos); // losses seen, and none kept
  CHECK(with(losses, 1, 0).find(expected) != std::string::npos); // blocks of no losses
  CHECK(with(losses, 2, 0).find(expected) != std::string::npos);
  CHECK(with(losses, 4, 2).find("expected 0 or 1, found 2; ") != std::string::npos);
  CHECK_FALSE(with(losses, 0, 4).empty()); // a block more than there is
  CHECK(with(losses, 0, 2).find("the end, found 40 bytes more") != std::string::npos);
}

TEST_CASE("stored files: damage to what leaves a format throws") {
  std::string const good = stored::bytes_of(stored::format_6);
  auto const with = [&](std::vector<std::uint64_t> const& words, std::size_t place, std::uint64_t word) {
    return refusal_with(good, words, place, word);
  };
  auto const word = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  // the first loss: count, to the limit, of these low, before rounding, to zero, subnormal, zeros, NaN, infinite
  std::vector<std::uint64_t> const loss{5001, 411, 131, 421, 431, 441, 451, 461, 126};
  std::string const counters = "expected counters of what leaves a format that are no more than their count; ";
  for (std::size_t const of_count : {1u, 3u, 5u, 8u}) {
    CHECK(with(loss, of_count, 5001).empty());
    CHECK(with(loss, of_count, 5002).find(counters) != std::string::npos);
  }
  CHECK(with(loss, 2, 411).empty());
  CHECK(with(loss, 2, 412).find(counters) != std::string::npos);
  CHECK(with(loss, 4, 5001 - 451).empty()); // to zero, of those that are not zero
  CHECK(with(loss, 4, 5001 - 450).find(counters) != std::string::npos);
  CHECK(with(loss, 6, 5001 - 431).empty()); // zeros
  CHECK(with(loss, 6, 5001 - 430).find(counters) != std::string::npos);
  CHECK(with(loss, 6, 5002).find(counters) != std::string::npos);
  CHECK(with({word(97.5), word(0.0625), 471}, 2, 5001).empty()); // numbers in the sums of the noise
  CHECK(with({word(97.5), word(0.0625), 471}, 2, 5002).find(counters) != std::string::npos);
  // the formats that the monitor watches: scale and codes of z, zero point and scale of the outputs
  std::string const watched = "expected formats that are watched (satur::";
  std::uint64_t const one_nan = static_cast<std::uint64_t>(satur::format::coding::one_nan);
  CHECK(with({one_nan, 0, word(2.5)}, 2, word(0.0)).find(watched + "watched_formats: scale is 0") != std::string::npos);
  CHECK(with({one_nan, 0, word(2.5)}, 0, 4).empty()); // codes that are all finite
  CHECK(with({one_nan, 0, word(2.5)}, 0, 6).find("expected a kind of codes of a format; ") != std::string::npos);
  CHECK(with({word(128.0), word(3.5)}, 0, word(128.5)).find(watched) != std::string::npos);
  CHECK(with({word(128.0), word(3.5)}, 1, word(3.25)).empty());
}

TEST_CASE("stored files: damage to the history of units throws") {
  std::string const good = stored::bytes_of(stored::format_7);
  auto const with = [&](std::vector<std::uint64_t> const& words, std::size_t place, std::uint64_t word) {
    return refusal_with(good, words, place, word);
  };
  std::uint64_t const peak = std::bit_cast<std::uint64_t>(0.75);
  std::vector<std::uint64_t> const head{15, 2, 2, peak, 4, 2, 700, 703, 4, 704, 719, 5, 720, 723, 3};
  CHECK(with(head, 0, 3).empty());
  CHECK(with(head, 0, 2).find("expected no more windows of units than the history may hold; ") != std::string::npos);
  for (std::uint64_t const most : {std::uint64_t{1}, std::uint64_t{4097}}) {
    CHECK(with(head, 0, most).find("expected a history of units of at most 4096 windows and groups; ") !=
          std::string::npos);
  }
  CHECK(with(head, 1, 0).find("of at most 4096 windows and groups; ") != std::string::npos);
  CHECK(with(head, 4, 3).find("of at most 4096 windows and groups; ") != std::string::npos); // the stride
  CHECK(with(head, 0, 0).find("expected no more windows of units than the history may hold; ") != std::string::npos);
  CHECK(with(head, 2, 0).find("than the history may hold; ") != std::string::npos);
  CHECK(with(head, 5, std::uint64_t{1} << 60).find("a number of windows of a history of units up to ") !=
        std::string::npos);
  std::string const order = "expected windows of units in order; ";
  CHECK(with(head, 6, 703).empty());
  CHECK(with(head, 6, 704).find(order) != std::string::npos);
  CHECK(with(head, 8, 0).find(order) != std::string::npos);
  CHECK(with(head, 9, 703).find(order) != std::string::npos);
  CHECK_FALSE(with(head, 2, 1).empty()); // fewer units than there are cells
  std::vector<std::uint64_t> const cell{8101, 7101};
  CHECK(with(cell, 1, 8101).empty());
  CHECK(with(cell, 1, 8102).find("expected no more saturated units than were seen; ") != std::string::npos);
}
