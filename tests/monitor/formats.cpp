// monitor_options::formats: what leaves a format is what observe_format says of the numbers that were recorded, however
// they were handed over; every state of a monitor has it; and its table.
#include "satur/monitor/file.hpp"
#include "satur/monitor/saturation_table.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include "satur/activation/relu.hpp"
#include "satur/activation/tanh.hpp"

#include "support/monitor_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <random>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace formats = satur::formats;
using satur::format_loss;
using satur::format_losses;
using satur::layer_numbers;
using satur::monitor;
using satur::monitor_options;
using satur::observe_format;
using satur::phase;
using satur::unit_layout;
using satur::watched_formats;
using satur_test::loaded;
using satur_test::saved;

/// Normal numbers of many sizes, some of them 0, NaN or infinite.
std::vector<float> drawn(std::size_t n, unsigned seed, double spread = 300.0) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> normal(0.0, spread);
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = static_cast<float>(normal(urbg) * (i % 3 == 0 ? 1.0 : i % 3 == 1 ? 1e-3 : 1e-12));
    x[i] = i % 31 == 7 ? 0.0f : i % 97 == 50 ? std::numeric_limits<float>::quiet_NaN() : x[i];
    x[i] = i % 101 == 60 ? std::numeric_limits<float>::infinity() : x[i];
  }
  return x;
}

/// Another format and scale for each.
watched_formats const four{.z = {formats::fp8_e4m3, 2.0},
                           .outputs = {formats::fp4_e2m1, 8.0},
                           .gradient = {formats::fp8_e5m2, 64.0},
                           .weights = {formats::float16, 0.5}};

std::vector<float> outputs_of(std::vector<float> const& z) {
  std::vector<float> y(z.size());
  satur::apply(satur::tanh{}, z, y);
  return y;
}
format_losses losses_of(std::vector<float> const& z, std::vector<float> const& dz, std::vector<float> const& w) {
  format_losses l;
  l.z = observe_format(four.z.format, z, four.z.scale);
  l.outputs = observe_format(four.outputs.format, outputs_of(z), four.outputs.scale);
  l.gradient = observe_format(four.gradient.format, dz, four.gradient.scale);
  l.weights = observe_format(four.weights.format, w, four.weights.scale);
  return l;
}
/// One step of one layer.
void record(satur::layer_monitor& layer, std::vector<float> const& z, std::vector<float> const& dz,
            std::vector<float> const& w) {
  layer.observe(satur::tanh{}, z);
  layer.gradient(dz);
  layer.update(w, w, 0.1);
}

} // namespace

TEST_CASE("formats: this step, the last and the total are those of the numbers") {
  monitor mon({.formats = four});
  format_losses total;
  for (unsigned step = 0; step < 3; ++step) {
    auto const z = drawn(1000, step), dz = drawn(900, 10 + step), w = drawn(5000, 20 + step);
    record(mon["fc"], z, dz, w);
    format_losses const now = losses_of(z, dz, w);
    for (layer_numbers const which : format_losses::each) {
      CAPTURE(to_text(which));
      CHECK(mon.at("fc").formats()->current.of(which) == now.of(which));
      CHECK(now.of(which).to_zero > 0);
      CHECK(now.of(which).nan > 0);
      CHECK((now.of(which).to_limit > 0) == (which != layer_numbers::weights || now.weights.infinite > 0));
    }
    total += now;
    mon.end_step();
    CHECK(mon.at("fc").formats()->current.empty());
    CHECK(mon.at("fc").formats()->last == now);
    CHECK(mon.at("fc").formats()->total == total);
    CHECK(mon.at("fc").formats()->sizes == satur::format_histograms{}); // no histograms were asked for
  }
}

TEST_CASE("formats: nothing is recorded that is not watched, and nothing in a step that is not sampled") {
  monitor plain;
  auto const z = drawn(100, 1);
  record(plain["fc"], z, z, z);
  plain.end_step();
  CHECK_FALSE(plain.at("fc").formats().has_value());
  CHECK_FALSE(plain.at("fc").watched().any());

  for (layer_numbers const which : format_losses::each) {
    watched_formats one;
    one.of(which) = four.of(which);
    monitor mon({.formats = one, .sampling = {.every = 2}});
    for (unsigned step = 0; step < 4; ++step) {
      auto const x = drawn(100 + step, step);
      record(mon["fc"], x, x, x);
      mon.input(x, unit_layout::matrix(x.size(), 1));
      mon.end_step();
    }
    for (layer_numbers const other : format_losses::each) {
      CHECK(mon.at("fc").formats()->total.of(other).empty() == (other != which));
    }
    format_losses const first = losses_of(drawn(100, 0), drawn(100, 0), drawn(100, 0));
    format_losses const third = losses_of(drawn(102, 2), drawn(102, 2), drawn(102, 2));
    CHECK(mon.at("fc").formats()->total.of(which) == first.of(which) + third.of(which));
    CHECK(mon.at("fc").formats()->last.of(which) == third.of(which));
    CHECK_FALSE(mon.inputs()->formats().has_value()); // the data are no layer
  }
}

TEST_CASE("formats: z and outputs are the same by every way to hand them over") {
  auto const z = drawn(7 * 30, 4);
  auto const y = outputs_of(z);
  format_losses const expected = losses_of(z, {}, {});
  auto const layout = unit_layout::matrix(7, 30);
  std::vector<double> const wide(z.begin(), z.end());
  std::deque<float> const pieces(z.begin(), z.end());
  for (bool const units : {false, true}) {
    for (std::size_t const histograms : {0u, 1u}) {
      CAPTURE(units);
      CAPTURE(histograms);
      monitor mon({.histograms = histograms, .units = units, .formats = four});
      std::vector<float> a(z.size()), slope(z.size());
      std::deque<float> a_pieces(z.size());
      mon["observe"].observe(satur::tanh{}, z);
      mon["observe, layout"].observe(satur::tanh{}, z, layout);
      mon["value"].forward(satur::tanh{}, z, a);
      mon["value, layout"].forward(satur::tanh{}, z, a, layout);
      mon["both"].forward(satur::tanh{}, z, a, slope);
      mon["both, layout"].forward(satur::tanh{}, z, a, slope, layout);
      mon["two axes"].forward(satur::tanh{}, satur::array_view<float const>(z.data(), {7, 30}),
                              satur::array_view<float>(a.data(), {7, 30}));
      mon["pieces"].forward(satur::tanh{}, pieces, a_pieces);
      mon["all kept"].observe(satur::tanh{}, z, satur::sample_mask{std::vector<char>(z.size(), 1)});
      std::vector<std::uint16_t> half(z.size()); // 16-bit outputs are rounded, and are not what is counted
      mon["half"].forward(satur::tanh{}, z,
                          satur::array_view<std::uint16_t, satur::half_access<satur::math::half_format::bfloat16>>(
                              half.data(), {half.size()}));
      mon.end_step();
      for (satur::layer_monitor const& layer : mon) {
        CAPTURE(layer.name());
        CHECK(layer.formats()->last.z == expected.z);
        CHECK(layer.formats()->last.outputs == expected.outputs);
      }
      CHECK(std::equal(a.begin(), a.end(), y.begin(), [](float p, float q) { return p == q || p != p; }));
    }
  }
  monitor mon({.formats = four});
  mon["wide"].observe(satur::tanh{}, wide);
  CHECK(mon.at("wide").formats()->current.z == expected.z);
}

TEST_CASE("formats: of the samples that a mask keeps") {
  auto const z = drawn(5 * 20, 5), dz = drawn(5 * 20, 6);
  std::vector<char> const keep{1, 0, 0, 1, 1};
  std::vector<float> kept_z, kept_dz;
  for (std::size_t i = 0; i < z.size(); ++i) {
    if (keep[i / 20] != 0) {
      kept_z.push_back(z[i]);
      kept_dz.push_back(dz[i]);
    }
  }
  format_losses const expected = losses_of(kept_z, kept_dz, {});
  auto const layout = unit_layout::matrix(5, 20);
  monitor mon({.formats = four});
  std::vector<float> a(z.size()), slope(z.size());
  mon["fc"].forward(satur::tanh{}, z, a, slope, satur::sample_mask{keep}, layout);
  mon["fc"].gradient(dz, satur::sample_mask{keep}, layout);
  mon.end_step();
  CHECK(mon.at("fc").formats()->last.z == expected.z);
  CHECK(mon.at("fc").formats()->last.outputs == expected.outputs);
  CHECK(mon.at("fc").formats()->last.gradient == expected.gradient);
  CHECK(mon.at("fc").formats()->last.weights.empty());
}

TEST_CASE("formats: of the rows and the blocks of weights that are observed") {
  auto const layout = unit_layout::matrix(13, 6);
  monitor mon({.rows = 4, .formats = four});
  for (unsigned step = 0; step < 9; ++step) {
    auto const z = drawn(13 * 6, step), dz = drawn(13 * 6, 100 + step), w = drawn(256 * 70 + 13, 200 + step);
    std::vector<float> some_z, some_dz, some_w;
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (i / 6 % 4 == step % 4) {
        some_z.push_back(z[i]);
        some_dz.push_back(dz[i]);
      }
    }
    for (std::size_t i = 0; i < w.size(); ++i) {
      if (i / 256 % 4 == step % 4) {
        some_w.push_back(w[i]);
      }
    }
    std::vector<float> a(z.size());
    step % 2 == 0 ? mon["fc"].observe(satur::tanh{}, z, layout) : mon["fc"].forward(satur::tanh{}, z, a, layout);
    mon["fc"].gradient(dz, layout);
    mon["fc"].update(w, w);
    mon.end_step();
    CHECK(mon.at("fc").formats()->last == losses_of(some_z, some_dz, some_w));
  }
}

TEST_CASE("formats: sizes of what is watched, of all numbers or of some blocks, over the window") {
  for (std::size_t const one_in : {1u, 3u}) {
    monitor mon({.histograms = one_in, .formats = four});
    satur::histogram all = satur::format_histograms::of_sizes();
    for (unsigned step = 0; step < 3; ++step) {
      auto const z = drawn(256 * 66, 7); // the same each step: in three steps each block is drawn once
      all.observe(z);
      record(mon["fc"], z, z, z);
      mon.end_step();
      if (one_in == 3 && step == 0) { // blocks 0, 3, 6, … of all, over the ends of leaves
        satur::histogram drawn_first = satur::format_histograms::of_sizes();
        auto const y = outputs_of(z);
        drawn_first.observe_blocks(std::span<float const>(y), 256, 3 * 256);
        CHECK(mon.at("fc").formats()->sizes.outputs == drawn_first);
      }
      if (one_in == 1) {
        CHECK(mon.at("fc").formats()->sizes.z == all);
        CHECK(mon.at("fc").formats()->sizes.gradient == all);
        CHECK(mon.at("fc").formats()->sizes.weights == all);
        CHECK(mon.at("fc").formats()->sizes.outputs->total() == all.total());
      }
    }
    satur::histogram once = satur::format_histograms::of_sizes();
    once.observe(drawn(256 * 66, 7));
    satur::histogram outputs = satur::format_histograms::of_sizes();
    outputs.observe(outputs_of(drawn(256 * 66, 7)));
    if (one_in == 3) {
      CHECK(mon.at("fc").formats()->sizes.outputs == outputs); // computed once more, leaf by leaf
      CHECK(mon.at("fc").formats()->sizes.z == once);
      CHECK(mon.at("fc").formats()->sizes.gradient == once);
      CHECK(mon.at("fc").formats()->sizes.weights == once);
    }
    mon.start_window();
    CHECK(mon.at("fc").formats()->sizes.z->total() == 0);
    CHECK(mon.at("fc").formats()->sizes.weights->total() == 0);
    CHECK(mon.at("fc").formats()->total.z.count == 3 * (once.total()));
  }
}

TEST_CASE("formats: the phases, a copy, clear() and equality") {
  monitor mon({.histograms = 1, .formats = four});
  record(mon["fc"], drawn(50, 1), drawn(50, 2), drawn(50, 3));
  mon.end_step();
  monitor const before = mon;
  CHECK(before == mon);
  mon.eval();
  record(mon["fc"], drawn(60, 4), drawn(60, 5), drawn(60, 6));
  mon.end_step();
  CHECK(mon.at("fc").formats()->total == before.at("fc").formats()->total);
  CHECK(mon.at("fc").formats(phase::eval)->total == losses_of(drawn(60, 4), drawn(60, 5), drawn(60, 6)));
  CHECK_FALSE(before.at("fc").formats(phase::eval).has_value());
  CHECK_FALSE(before == mon);
  mon.clear();
  for (phase const p : {phase::train, phase::eval}) {
    CHECK(mon.at("fc").formats(p)->current.empty());
    CHECK(mon.at("fc").formats(p)->last.empty());
    CHECK(mon.at("fc").formats(p)->total.empty());
    CHECK(mon.at("fc").formats(p)->sizes.z->total() == 0);
  }
  CHECK(mon.at("fc").watched() == four);

  monitor const without({.histograms = 1});
  CHECK_FALSE(without == monitor({.histograms = 1, .formats = four}));
  monitor one({.formats = four}), other({.formats = four});
  static_cast<void>(one["fc"]);
  other["fc"].watch_formats({.z = four.z});
  CHECK_FALSE(one == other);
}

TEST_CASE("formats: parts merge to the whole, exactly, and another format or scale throws with nothing changed") {
  monitor_options const options{.histograms = 1, .formats = four};
  monitor whole(options), first(options), second(options);
  for (unsigned part = 0; part < 6; ++part) {
    auto const z = drawn(100 + part, part), dz = drawn(80 + part, 10 + part), w = drawn(70 + part, 20 + part);
    record(whole["fc"], z, dz, w);
    record(part % 2 == 0 ? first["fc"] : second["fc"], z, dz, w);
  }
  record(second["only there"], drawn(10, 3), drawn(10, 4), drawn(10, 5));
  record(whole["only there"], drawn(10, 3), drawn(10, 4), drawn(10, 5));
  first.end_step();
  second.end_step();
  whole.end_step();
  monitor const sum = first + second;
  for (char const* const name : {"fc", "only there"}) {
    CHECK(sum.at(name).formats() == whole.at(name).formats());
    CHECK((second + first).at(name).formats() == whole.at(name).formats());
  }
  CHECK((monitor(options) + first).at("fc").formats() == first.at("fc").formats());
  monitor plain;
  plain["fc"].observe(satur::tanh{}, drawn(5, 1));
  CHECK((plain + first).at("fc").formats() == first.at("fc").formats());
  CHECK((first + plain).at("fc").formats() == first.at("fc").formats());

  for (layer_numbers const which : format_losses::each) {
    watched_formats another = four;
    another.of(which).scale = 3.0;
    monitor other({.formats = another});
    record(other["fc"], drawn(9, 1), drawn(9, 2), drawn(9, 3));
    other.end_step();
    monitor changed = first;
    CHECK_THROWS_WITH_AS(changed += other, doctest::Contains("layer fc: satur::format_losses: cannot merge losses of"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(changed += other, doctest::Contains("at scale 3 into those in"), std::invalid_argument);
    CHECK(changed == first);
  }
}

TEST_CASE("formats: one step of several threads has the losses of a single monitor") {
  monitor_options const options{.histograms = 1, .formats = four};
  satur::shared_monitor mon(options);
  monitor single(options);
  for (unsigned step = 0; step < 3; ++step) {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 3; ++t) {
      threads.emplace_back([&mon, t, step] {
        unsigned const seed = 10 * step + t;
        record(mon.local()["fc"], drawn(50 + t, seed), drawn(40, seed + 1), drawn(30, seed + 2));
      });
    }
    for (std::thread& t : threads) {
      t.join();
    }
    mon.end_step();
    for (unsigned t = 0; t < 3; ++t) {
      unsigned const seed = 10 * step + t;
      record(single["fc"], drawn(50 + t, seed), drawn(40, seed + 1), drawn(30, seed + 2));
    }
    single.end_step();
    CHECK(mon.merged().at("fc").formats() == single.at("fc").formats());
  }
}

TEST_CASE("formats: another format or scale for a layer forgets what was counted in the old one, and only that") {
  monitor mon({.histograms = 1, .formats = four});
  auto const x = drawn(90, 8);
  for (phase const p : {phase::eval, phase::train}) {
    p == phase::eval ? mon.eval() : mon.train();
    record(mon["fc"], x, x, x);
    record(mon["other"], x, x, x);
    mon.end_step();
    record(mon["fc"], x, x, x);
  }
  watched_formats next = four;
  next.gradient.scale = 128.0;
  next.weights = {};
  mon["fc"].watch_formats(next);
  CHECK(mon.at("fc").watched() == next);
  CHECK(mon.at("other").watched() == four);
  for (phase const p : {phase::train, phase::eval}) {
    satur::format_records const& r = *mon.at("fc").formats(p);
    for (format_losses const* losses : {&r.current, &r.last, &r.total}) {
      CHECK(losses->z == losses_of(x, x, x).z);
      CHECK(losses->outputs == losses_of(x, x, x).outputs);
      CHECK(losses->gradient.empty());
      CHECK(losses->weights.empty());
    }
    CHECK(r.sizes.gradient->total() != 0);
  }
  record(mon["fc"], x, x, x);
  mon.end_step();
  CHECK(mon.at("fc").formats()->last.gradient == observe_format(formats::fp8_e5m2, x, 128.0));
  CHECK(mon.at("fc").formats()->last.weights.empty());
  CHECK_THROWS_WITH_AS(mon["fc"].watch_formats({.z = {formats::int8, -1.0}}), doctest::Contains("scale is -1"),
                       std::invalid_argument);
  CHECK(mon.at("fc").watched() == next);
}

TEST_CASE("formats: saved and loaded, the records are equal and go on as before") {
  monitor mon({.histograms = 2, .formats = four});
  for (unsigned step = 0; step < 3; ++step) {
    record(mon["fc"], drawn(600, step), drawn(600, 10 + step), drawn(600, 20 + step));
    record(mon["own"], drawn(60, step), drawn(60, 10 + step), drawn(60, 20 + step));
    mon.end_step();
    mon["own"].watch_formats({.outputs = {formats::with_zero_point(formats::uint8, 3.0), 50.0}});
  }
  record(mon["own"], drawn(50, 1), drawn(50, 2), drawn(50, 3)); // a step that is not closed
  monitor back = loaded(saved(mon));
  CHECK(back == mon);
  CHECK(back.options().formats == four);
  for (monitor* const m : {&mon, &back}) {
    record((*m)["fc"], drawn(60, 5), drawn(60, 6), drawn(60, 7));
    record((*m)["own"], drawn(60, 5), drawn(60, 6), drawn(60, 7));
    record((*m)["new"], drawn(60, 5), drawn(60, 6), drawn(60, 7));
    m->end_step();
  }
  CHECK(back == mon);
  CHECK(saved(back) == saved(mon));
}

TEST_CASE("formats: a format that contradicts itself, or no scale, throws") {
  auto const refused = [](watched_formats const& f, char const* words) {
    CHECK_THROWS_WITH_AS(monitor({.formats = f}), doctest::Contains(words), std::invalid_argument);
  };
  for (layer_numbers const which : format_losses::each) {
    watched_formats f = four;
    f.of(which).scale = 0.0;
    refused(f, "scale is 0");
    f.of(which) = {{"upside down", 1.0, -1.0}, 1.0};
    refused(f, "upside down");
  }
  CHECK(watched_formats::all(formats::int8, 4.0).of(layer_numbers::weights) ==
        satur::scaled_format{formats::int8, 4.0});
  CHECK(watched_formats::all(formats::int8, 4.0).of(layer_numbers::outputs) ==
        satur::scaled_format{formats::int8, 4.0});
}

TEST_CASE("formats: the table names layers, shares and formats, in at most 100 columns") {
  monitor mon({.formats = {.z = {formats::fp8_e4m3}, .gradient = {formats::float16, 1024.0}}});
  std::vector<float> const z{500.0f, -500.0f, 1.0f, 0.0f, 1e-9f}; // 2 of 5 to the limit, 1 of 4 to zero
  mon["fc1"].observe(satur::relu{}, z);
  mon["fc1"].gradient(std::vector<float>{1e-12f, 1.0f});
  mon["quite a long name"].observe(satur::relu{}, std::vector<float>{2.0f});
  mon.end_step();
  std::ostringstream out;
  out << satur::format_table(mon, satur::table_stretch::last_step);
  CHECK(out.str() == "                            z           dL/dz\n"
                     "layer         limit %  zero % limit %  zero %\n"
                     "fc1              40.0    25.0       0    50.0\n"
                     "quite a lon~        0       0       -       -\n"
                     "z: fp8_e4m3 at scale 1; dL/dz: float16 at scale 1024\n"
                     "limit: rounded beyond the largest number; zero: rounded to it, of what is not\n");
  std::ostringstream whole;
  whole << mon;
  CHECK(whole.str().find(out.str()) != std::string::npos);

  mon["fc1"].watch_formats({.z = {formats::fp8_e4m3, 0.5}, .gradient = {formats::bfloat16}});
  std::ostringstream differ;
  differ << satur::format_table(mon, satur::table_stretch::all_steps);
  CHECK(differ.str().find("z: fp8_e4m3, scales differ by layer; dL/dz: formats differ by layer\n") !=
        std::string::npos);

  auto const formats_of = [](watched_formats const& f) {
    monitor one({.formats = f});
    one["a"].observe(satur::relu{}, std::vector<float>{1.0f});
    one.end_step();
    std::ostringstream text;
    text << satur::format_table(one, satur::table_stretch::last_step);
    std::size_t const at = text.str().find('\n', text.str().find("\na  ") + 1) + 1;
    return text.str().substr(at, text.str().find("\nlimit:") - at);
  };
  CHECK(formats_of(watched_formats::all(formats::int8, 2.0)) == "z, outputs, dL/dz, weights: int8 at scale 2");
  CHECK(formats_of({.z = {formats::int8}, .outputs = {formats::uint8}, .gradient = {formats::int8}}) ==
        "z, dL/dz: int8 at scale 1; outputs: uint8 at scale 1");
  CHECK(formats_of(four) == "z: fp8_e4m3 at scale 2; outputs: fp4_e2m1 at scale 8\n"
                            "dL/dz: fp8_e5m2 at scale 64; weights: float16 at scale 0.5");

  std::ostringstream none;
  monitor plain;
  plain["fc1"].observe(satur::relu{}, z);
  plain.end_step();
  none << satur::format_table(plain, satur::table_stretch::last_step);
  CHECK(none.str().empty());

  monitor all({.formats = watched_formats::all(formats::with_zero_point(formats::uint8, 128.0), 1.0 / 3.0)});
  record(all["a layer with a long name"], z, z, z);
  all.end_step();
  std::ostringstream wide;
  wide << satur::format_table(all, satur::table_stretch::all_steps);
  std::istringstream lines(wide.str());
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.size() <= 100);
  }
}

TEST_CASE("formats: losses print under their names") {
  monitor mon({.formats = {.z = {formats::fp8_e4m3}, .weights = {formats::float16}}});
  mon["fc1"].observe(satur::relu{}, std::vector<float>{500.0f, 1.0f});
  mon["fc1"].update(std::vector<float>{1.0f, 2.0f}, std::vector<float>{1.0f, 2.0f});
  mon.end_step();
  std::ostringstream out;
  out << mon.at("fc1").formats()->last;
  std::ostringstream expected;
  expected << "z: " << observe_format(formats::fp8_e4m3, std::vector<float>{500.0f, 1.0f})
           << "weights: " << observe_format(formats::float16, std::vector<float>{1.0f, 2.0f});
  CHECK(out.str() == expected.str());
  std::ostringstream total;
  total << *mon.at("fc1").formats();
  CHECK(total.str() == out.str());
  std::ostringstream none;
  none << format_losses{};
  CHECK(none.str() == "no format is watched, or nothing was observed\n");
}
