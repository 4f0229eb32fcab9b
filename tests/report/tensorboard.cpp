// Event files, read by the published formats: what is in them, how they are framed, and that they survive.
#include "satur/report/tensorboard.hpp"

#include "satur/monitor/monitor.hpp"

#include "support/event_files.hpp"
#include "support/run_files.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

using event_files::event;
using satur::tensorboard_writer;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr double endless = std::numeric_limits<double>::infinity();

/// z / 2, with a slope of 1/2, a power of two: its digits are short.
struct half_slope {
  static constexpr std::string_view name = "half_slope";
  static double value(double z) { return 0.5 * z; }
  static double derivative(double z) { return z == z ? 0.5 : z; }
  static constexpr double peak_slope() { return 0.5; }
};

satur::tensorboard_options fixed(std::size_t histograms = 50) {
  return {.histograms = histograms, .name = "events.out.tfevents.7", .clock = [] { return 1700000000.25; }};
}
std::string file_in(run_files::folder const& folder) { return run_files::contents(folder / "events.out.tfevents.7"); }

template <class... O> void step(satur::monitor& mon, std::vector<double> const& z, O&... observers) {
  mon["fc"].observe(half_slope{}, z);
  mon.end_step(observers...);
}

} // namespace

TEST_CASE("tensorboard_writer: the loss and every column that was seen, as scalars") {
  run_files::folder const folder;
  satur::monitor mon;
  {
    tensorboard_writer board(folder.path(), fixed());
    CHECK(board.path() == folder / "events.out.tfevents.7");
    mon.loss(0.5);
    step(mon, {-6.0, 2.0, missing, endless}, board);
    mon.loss(missing);
    step(mon, {}, board);
    mon.loss(-endless);
    step(mon, {missing}, board);
    step(mon, {1e300, 1e300}, board);
  }
  std::vector<event> const all = event_files::events(file_in(folder));
  REQUIRE(all.size() == 5);
  CHECK(all[0].file_version == "brain.Event:2");
  CHECK(all[0].tags.empty());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].wall_time == 1700000000.25);
    CHECK(all[i].step == (i == 0 ? 0 : i - 1));
  }
  std::vector<std::string> const expected{"loss",           "fc/count",        "fc/low",           "fc/high",
                                          "fc/nan",         "fc/infinite",     "fc/nonfinite",     "fc/mean_z",
                                          "fc/std_z",       "fc/low_fraction", "fc/high_fraction", "fc/mean_slope",
                                          "fc/slope_share", "fc/mean_output",  "fc/std_output"};
  CHECK(all[1].tags == expected); // dL/dz and updates were not seen
  CHECK(all[1].scalars.at("loss") == 0.5f);
  CHECK(all[1].scalars.at("fc/count") == 3.0f);
  CHECK(all[1].scalars.at("fc/low") == 1.0f);
  CHECK(all[1].scalars.at("fc/high") == 1.0f);
  CHECK(all[1].scalars.at("fc/nan") == 1.0f);
  CHECK(all[1].scalars.at("fc/infinite") == 1.0f);
  CHECK(all[1].scalars.at("fc/mean_z") == -2.0f);
  CHECK(all[1].scalars.at("fc/std_z") == 4.0f);
  CHECK(all[1].scalars.at("fc/low_fraction") == 1.0f / 3.0f);
  CHECK(std::isnan(all[2].scalars.at("loss"))); // a loss that is NaN is shown as NaN
  CHECK(all[2].scalars.at("fc/count") == 0.0f);
  CHECK(all[2].scalars.count("fc/mean_z") == 0); // a mean of nothing is not there
  CHECK(all[3].scalars.at("loss") == -std::numeric_limits<float>::infinity());
  CHECK(all[3].scalars.at("fc/nan") == 1.0f);
  CHECK(all[4].scalars.count("loss") == 0);                                        // none was handed over
  CHECK(all[4].scalars.at("fc/mean_z") == std::numeric_limits<float>::infinity()); // beyond a float
}

TEST_CASE("tensorboard_writer: the loss of a step that was not sampled is not that of a step of evaluation") {
  run_files::folder const folder;
  satur::monitor mon({.sampling = {.every = 2}});
  tensorboard_writer board(folder.path(), fixed());
  for (double const loss : {4.0, 5.0}) {
    mon.loss(loss);
    step(mon, {1.0}, board);
  }
  mon.eval();
  step(mon, {1.0}, board);
  std::vector<event> const all = event_files::events(file_in(folder));
  REQUIRE(all.size() == 3);
  CHECK(all[1].scalars.at("loss") == 4.0f);
  CHECK(all[2].scalars.count("loss") == 0);
}

TEST_CASE("event_scalar: doubles that no float holds") {
  using satur::detail::event_scalar;
  CHECK(event_scalar(0.1) == 0.1f);
  CHECK(event_scalar(1e39) == std::numeric_limits<float>::infinity());
  CHECK(event_scalar(-1e39) == -std::numeric_limits<float>::infinity());
  CHECK(event_scalar(-endless) == -std::numeric_limits<float>::infinity());
  CHECK(event_scalar(3.4028234663852886e38) == std::numeric_limits<float>::max());
  CHECK(event_scalar(1e-60) == 0.0f);
  CHECK(std::isnan(event_scalar(missing)));
}

TEST_CASE("tensorboard_writer: histograms in their turn, evaluation apart, names that are no UTF-8") {
  run_files::folder const folder;
  satur::monitor mon({.histograms = 1});
  {
    tensorboard_writer board(folder.path(), fixed(2));
    for (int i = 0; i < 4; ++i) {
      mon["a\xff/b"].gradient(std::vector<double>{-0.5, 0.25 * i});
      step(mon, {1.0 * i, 1.0}, board);
    }
    mon.eval();
    step(mon, {endless}, board);
  }
  std::vector<event> const all = event_files::events(file_in(folder));
  REQUIRE(all.size() == 6);
  CHECK(all[1].histograms.size() == 3); // z and slopes of fc, gradients of the other
  CHECK(all[2].histograms.empty());
  CHECK(all[3].histograms.size() == 3);
  CHECK(all[4].histograms.empty());
  event_files::drawn const& z = all[3].histograms.at("fc/z"); // of the window: 0, 1, 1, 1, 2, 1
  CHECK(z.min == 0.0);
  CHECK(z.max == 2.0);
  CHECK(z.num == 6.0);
  CHECK(z.limits == std::vector<double>{0.125, 1.0, 1.125, 2.0, 2.125});
  CHECK(z.counts == std::vector<double>{1.0, 0.0, 4.0, 0.0, 1.0});
  event_files::drawn const& slope = all[3].histograms.at("fc/slope");
  CHECK(slope.min == 0.5);
  CHECK(slope.counts == std::vector<double>{6.0});
  CHECK(slope.sum == 3.0);
  CHECK(slope.sum_squares == 1.5);
  event_files::drawn const& gradient = all[3].histograms.at("a\xef\xbf\xbd/b/gradient"); // -.5 0, -.5 .25, -.5 .5
  CHECK(gradient.min == 0.0);
  CHECK(gradient.max == 0.5);
  CHECK(gradient.num == 6.0);
  CHECK(gradient.counts.front() == 1.0);
  CHECK(gradient.counts.back() == 4.0);
  // evaluation: its own steps, and no histogram of what is not finite but the slope there
  CHECK(all[5].step == 0);
  CHECK(all[5].scalars.at("evaluation/fc/infinite") == 1.0f);
  CHECK(all[5].scalars.count("fc/infinite") == 0);
  CHECK(all[5].histograms.count("evaluation/fc/z") == 0);
}

TEST_CASE("tensorboard_writer: write makes the same scalars of a finished run, step by step, and each once") {
  run_files::folder const running;
  run_files::folder const finished;
  satur::monitor mon({.histograms = 1});
  {
    tensorboard_writer board(running.path(), fixed());
    for (int i = 0; i < 3; ++i) {
      mon.loss(1.0 / (i + 1));
      if (i > 0) {
        mon["late"].observe(half_slope{}, std::vector<double>{1.0 * i});
      }
      step(mon, {7.0, 1.5 * i}, board);
    }
    mon.eval();
    step(mon, {9.0}, board);
    std::string const before = file_in(running);
    board.write(mon); // only the histograms were not written for the last step
    std::vector<event> const all = event_files::events(file_in(running));
    REQUIRE(all.size() == 6);
    CHECK(all[5].step == 2);
    CHECK(all[5].scalars.empty());
    CHECK(all[5].histograms.count("late/z") == 1);
    std::string const after = file_in(running);
    board.write(mon);
    CHECK(file_in(running) == after);
  }
  {
    tensorboard_writer board(finished.path(), fixed());
    board.write(mon);
    std::string const once = file_in(finished);
    board.write(mon);
    CHECK(file_in(finished) == once);
  }
  std::vector<event> const one = event_files::events(file_in(running));
  std::vector<event> const all = event_files::events(file_in(finished));
  REQUIRE(all.size() == 1 + 3 + 3 + 1 + 1 + 1); // version, losses, steps, histograms; a step and its histograms
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(all[1 + i].step == i);
    CHECK(all[1 + i].scalars.at("loss") == one[1 + i].scalars.at("loss"));
    event const& e = all[4 + i];
    CHECK(e.step == i);
    CHECK(e.scalars.size() == (i == 0 ? 8u : 16u)); // those that a history keeps, of layers that were there
    for (auto const& scalar : e.scalars) {
      CAPTURE(scalar.first);
      CHECK(scalar.second == one[1 + i].scalars.at(scalar.first));
    }
  }
  CHECK(all[7].step == 2);
  CHECK(all[7].histograms.at("fc/z").num == 6.0);
  CHECK(all[8].scalars.at("evaluation/fc/high") == 1.0f);
  CHECK(all[9].histograms.at("evaluation/fc/z").num == 1.0);
}

TEST_CASE("tensorboard_writer: no layer, no histogram wanted, no step") {
  run_files::folder const folder;
  satur::monitor mon({.histograms = 1});
  tensorboard_writer board(folder.path(), fixed(0));
  board.on_step(mon);
  board.write(mon);
  CHECK(event_files::events(file_in(folder)).size() == 1);
  step(mon, {1.0}, board);
  board.write(mon);
  std::vector<event> const all = event_files::events(file_in(folder));
  REQUIRE(all.size() == 2);
  CHECK(all[1].histograms.empty());
}

TEST_CASE(
    "tensorboard_writer: the folder is made, a file is never overwritten, its name is one that TensorBoard reads") {
  run_files::folder const folder;
  std::string const deep = folder / "runs/a/b/";
  tensorboard_writer const first(deep, fixed());
  tensorboard_writer const second(deep, fixed());
  CHECK(first.path() == deep + "events.out.tfevents.7");
  CHECK(second.path() == deep + "events.out.tfevents.7.1");
  run_files::folder const other;
  tensorboard_writer const usual(other.path());
  CHECK(usual.path().starts_with(other / "events.out.tfevents.1")); // seconds, in ten digits until 2286
  CHECK(usual.path().size() > (other / "events.out.tfevents.1234567890.").size());
  event const e = event_files::events(run_files::contents(usual.path())).at(0);
  CHECK(e.wall_time > 1.7e9);
  run_files::put(folder / "file", "x");
  std::string const words = run_files::refusal([&] { tensorboard_writer(folder / "file/in", fixed()); });
  CHECK(words.starts_with("satur::tensorboard_writer: " + (folder / "file/in/events.out.tfevents.7") +
                          ": cannot be opened for writing: "));
}

TEST_CASE("tensorboard_writer: the same bytes for the same run") {
  std::string bytes[2];
  for (std::string& b : bytes) {
    run_files::folder const folder;
    satur::monitor mon({.histograms = 1});
    tensorboard_writer board(folder.path(), fixed(1));
    for (int i = 0; i < 5; ++i) {
      mon.loss(0.1 * i);
      step(mon, {0.3 * i, -1.7}, board);
    }
    b = file_in(folder);
  }
  CHECK(bytes[0].size() > 1000);
  CHECK(bytes[0] == bytes[1]);
}

#if __has_include(<sys/wait.h>)
TEST_CASE("tensorboard_writer: killed, the file has every step; on a full disk, the steps before") {
  auto const run = [](std::string const& folder, std::size_t steps, auto const& done) {
    satur::monitor mon;
    tensorboard_writer board(folder, fixed());
    for (std::size_t i = 0; i < steps; ++i) {
      step(mon, {1.0 * static_cast<double>(i)}, board);
      done();
    }
  };
  run_files::folder const whole;
  run(whole.path(), 100, [] {});
  run_files::folder const killed;
  run_files::killed_after(100, [&](auto const& done) { run(killed.path(), 200, done); });
  CHECK(event_files::events(file_in(whole)).size() == 101);
  CHECK(file_in(killed) == file_in(whole));

  run_files::folder const full;
  int const code = run_files::without_room(1000, [&](auto const& make_room) {
    satur::monitor mon;
    tensorboard_writer board(full.path(), fixed());
    std::string words = "nothing thrown";
    std::size_t steps = 0;
    for (; words == "nothing thrown" && steps < 100; ++steps) {
      words = run_files::refusal([&] { step(mon, {1.0 * static_cast<double>(steps)}, board); });
    }
    bool const valid = event_files::events(file_in(full)).size() == steps;
    make_room();
    run_files::put(full / "message", words);
    board.on_step(mon);
    return valid && event_files::events(file_in(full)).size() == steps + 1 ? 0 : 1;
  });
  CHECK(code == 0);
  CHECK(run_files::contents(full / "message").find("events.out.tfevents.7: cannot write step ") != std::string::npos);
}
#endif

TEST_CASE("tensorboard_writer: decoded by protobuf's own compiler") {
  run_files::folder const folder;
  satur::monitor mon({.histograms = 1});
  {
    tensorboard_writer board(folder.path(), fixed());
    mon.loss(missing);
    step(mon, {-6.0, 2.0, missing, endless}, board);
    step(mon, {endless}, board);
  }
  std::string wrapped; // as the repeated field of one message
  satur::detail::protobuf_fields fields(wrapped);
  for (std::string const& data : event_files::records(file_in(folder)).data) {
    fields.text(1, data);
  }
  run_files::put(folder / "events", wrapped);
  std::string const command = "protoc --decode=satur_test.Events -I '" SATUR_TESTS_DIR "/report' events.proto < '" +
                              (folder / "events") + "' > '" + (folder / "text") + "'";
  if (std::system("protoc --version > /dev/null 2>&1") != 0) {
    MESSAGE("skipped: protobuf's compiler is not installed (Debian: protobuf-compiler)");
    return;
  }
  REQUIRE(std::system(command.c_str()) == 0);
  std::string text;
  for (std::string const& line : run_files::lines(run_files::contents(folder / "text"))) {
    text += (text.empty() ? "" : " ") + line.substr(line.find_first_not_of(' '));
  }
  auto const scalar = [](std::string const& tag, std::string const& x) {
    return "value { tag: \"" + tag + "\" simple_value: " + x + " } ";
  };
  CHECK(
      text ==
      "event { wall_time: 1700000000.25 file_version: \"brain.Event:2\" } event { wall_time: 1700000000.25 summary { " +
          scalar("loss", "nan") + scalar("fc/count", "3") + scalar("fc/low", "1") + scalar("fc/high", "1") +
          scalar("fc/nan", "1") + scalar("fc/infinite", "1") + scalar("fc/nonfinite", "2") + scalar("fc/mean_z", "-2") +
          scalar("fc/std_z", "4") + scalar("fc/low_fraction", "0.333333343") +
          scalar("fc/high_fraction", "0.333333343") + scalar("fc/mean_slope", "0.5") + scalar("fc/slope_share", "1") +
          scalar("fc/mean_output", "-1") + scalar("fc/std_output", "2") +
          "value { tag: \"fc/z\" histo { min: -6 max: 2 num: 2 sum: -3.9375 sum_squares: 39.25390625 bucket_limit: "
          "-5.875 bucket_limit: 2 bucket_limit: 2.125 bucket: 1 bucket: 0 bucket: 1 } } "
          "value { tag: \"fc/slope\" histo { min: 0.5 max: 0.5 num: 3 sum: 1.5 sum_squares: 0.75 bucket_limit: 0.625 "
          "bucket: 3 } } } } event { wall_time: 1700000000.25 step: 1 summary { " +
          scalar("fc/count", "1") + scalar("fc/low", "0") + scalar("fc/high", "1") + scalar("fc/nan", "0") +
          scalar("fc/infinite", "1") + scalar("fc/nonfinite", "1") + scalar("fc/low_fraction", "0") +
          scalar("fc/high_fraction", "1") + scalar("fc/mean_slope", "0.5") + scalar("fc/slope_share", "1") + "} }");
}
