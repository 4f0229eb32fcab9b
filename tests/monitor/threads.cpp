// What may run at the same time in several threads (docs/machines.md). tests/threads.sh runs this file under
// ThreadSanitizer, which finds a race even where the numbers are right.
#include "satur/diagnostic.hpp"
#include "satur/monitor/file.hpp"
#include "satur/monitor/replicas.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t threads = 4;

/// f(0) … f(threads - 1), each in a thread of its own.
template <class F> void at_once(F const& f) {
  std::vector<std::thread> pool;
  for (std::size_t t = 0; t < threads; ++t) {
    pool.emplace_back([&f, t] { f(t); });
  }
  for (std::thread& t : pool) {
    t.join();
  }
}
std::vector<float> numbers(std::size_t n, std::size_t seed) {
  std::vector<float> z(n);
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = 0.01f * static_cast<float>((i * 7919 + seed * 104729) % 2003) - 10.0f;
  }
  return z;
}
/// Without facts: its peak slope is found numerically, once.
struct cubic {
  template <class T> T value(T z) const { return z * z * z; }
  template <class T> T derivative(T z) const { return T(3) * z * z; }
};
std::string saved(satur::monitor const& mon) {
  std::ostringstream out;
  satur::save(mon, out);
  return out.str();
}

} // namespace

TEST_CASE("threads: functions over the same numbers, into arrays of each thread") {
  std::vector<float> const z = numbers(3000, 1);
  std::vector<satur::saturation> got(threads);
  std::vector<satur::saturation> own(threads);
  at_once([&](std::size_t t) {
    std::vector<float> y(z.size());
    std::vector<float> dy(z.size());
    got[t] = satur::forward(satur::gelu{}, z, y, dy);
    satur::apply(satur::tanh{}, z, y);
    own[t] = satur::observe(cubic{}, z, satur::slope_below{});
  });
  for (std::size_t t = 0; t < threads; ++t) {
    CHECK(got[t] == satur::observe(satur::gelu{}, z));
    CHECK(own[t] == satur::observe(cubic{}, z, satur::slope_below{}));
  }
}

TEST_CASE("threads: a monitor in each, from options that they share") {
  satur::monitor_options const options{.rule = satur::slope_below{0.05}, .histograms = 1, .units = true};
  std::vector<satur::monitor> mons(threads, satur::monitor(options));
  at_once([&](std::size_t t) {
    for (std::size_t step = 0; step < 3; ++step) {
      std::vector<float> const z = numbers(600, t + step);
      mons[t]["fc1"].observe(satur::sigmoid{}, z, satur::unit_layout::matrix(60, 10));
      mons[t]["fc1"].gradient(z, satur::unit_layout::matrix(60, 10));
      mons[t].end_step();
    }
  });
  satur::monitor sum = mons[0];
  for (std::size_t t = 1; t < threads; ++t) {
    sum += mons[t];
  }
  CHECK(sum.at("fc1").total().saturation.count == threads * 3 * 600);
}

TEST_CASE("threads: one monitor is read by all while none records") {
  satur::monitor mon({.histograms = 1, .units = true});
  for (std::size_t step = 0; step < 3; ++step) {
    mon["fc1"].observe(satur::sigmoid{}, numbers(600, step), satur::unit_layout::matrix(60, 10));
    mon["fc2"].observe(satur::relu{}, numbers(600, step + 5), satur::unit_layout::matrix(60, 10));
    mon.end_step();
  }
  satur::monitor const& read = mon;
  std::vector<std::string> texts(threads);
  std::vector<std::string> files(threads);
  std::vector<std::uint64_t> counts(threads);
  at_once([&](std::size_t t) {
    std::ostringstream text;
    text << read << read.at(t % 2 == 0 ? "fc1" : "fc2").total();
    texts[t] = text.str();
    files[t] = saved(read);
    satur::monitor copy = read;
    copy += read;
    satur::replicas both(read);
    both += satur::replicas(copy);
    counts[t] = both.merged().at("fc1").total().saturation.count;
  });
  for (std::size_t t = 0; t < threads; ++t) {
    CHECK(texts[t] == texts[t % 2]);
    CHECK(files[t] == saved(mon));
    CHECK(counts[t] == 3 * 3 * 600);
  }
}

TEST_CASE("threads: a shared monitor takes new threads in every step, and is read between steps") {
  satur::shared_monitor mon(satur::monitor_options{.histograms = 1, .units = true, .sampling = {.every = 2}});
  for (std::size_t step = 0; step < 6; ++step) {
    at_once([&](std::size_t t) {
      satur::monitor& mine = mon.local();
      for (int call = 0; call < 3; ++call) {
        mine["fc1"].observe(satur::tanh{}, numbers(300, t), satur::unit_layout::matrix(30, 10));
        mon.local()["fc2"].observe(satur::relu{}, numbers(300, t), satur::unit_layout::matrix(30, 10));
      }
      mine.loss(1.0);
    });
    mon.end_step();
    at_once([&](std::size_t) { CHECK(mon.merged().steps() == step + 1); });
  }
  CHECK(mon.merged().at("fc1").total().saturation.count == 3 * threads * 3 * 300);
  CHECK(mon.merged().losses().seen() == 6);
}
