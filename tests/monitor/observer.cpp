// Observers: any struct with the hooks it wants, found by concept, that may stop a run.
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

struct names_layers {
  std::string seen{};
  void on_layer(satur::layer_monitor const& layer) { seen += layer.name() + ' '; }
};
struct stops_where_saturated {
  double limit = 0.5;
  int steps = 0;
  satur::verdict on_step(satur::monitor const& mon) {
    ++steps;
    return mon.at("fc").last().saturation.fraction() > limit ? satur::verdict::stop : satur::verdict::go_on;
  }
};
struct wants_all final { // final: the names cannot be found by inheriting
  std::string order{};
  satur::verdict on_layer(satur::layer_monitor const&) {
    order += 'l';
    return satur::verdict::go_on;
  }
  void on_step(satur::monitor const&) { order += 's'; }
  template <class Finding> void on_finding(Finding const&) const {}
};
struct hears_any_finding {
  int count = 0;
  template <class Finding> satur::verdict on_finding(Finding const& found) {
    ++count;
    return found.severe ? satur::verdict::stop : satur::verdict::go_on;
  }
};
struct overloaded {
  int numbers = 0;
  int texts = 0;
  void on_finding(int) { ++numbers; }
  void on_finding(std::string const&) { ++texts; }
};
struct no_hooks {
  void on_stp(satur::monitor const&) {}
};
struct some_finding {
  bool severe = false;
};

static_assert(satur::observer<names_layers>);
static_assert(satur::observer<stops_where_saturated&>);
static_assert(satur::observer<wants_all const>);
static_assert(satur::observer<hears_any_finding>);
static_assert(satur::observer<overloaded>);
static_assert(!satur::observer<no_hooks>);
static_assert(!satur::observer<int>);

} // namespace

TEST_CASE("observer: hooks are called in order, after sampled steps") {
  satur::monitor mon({.sampling = {.every = 2}});
  names_layers names;
  wants_all all;
  for (int step = 0; step < 3; ++step) {
    mon["fc1"].observe(satur::tanh{}, std::vector<float>{0.0f});
    mon["fc2"].observe(satur::tanh{}, std::vector<float>{0.0f});
    mon.end_step(names, all);
  }
  CHECK(names.seen == "fc1 fc2 fc1 fc2 ");
  CHECK(all.order == "llslls");
  CHECK_FALSE(mon.stop_requested());
}

TEST_CASE("observer: may stop the run, and the monitor remembers it") {
  satur::monitor mon;
  stops_where_saturated stopper;
  int made = 0;
  for (int step = 0; step < 10 && !mon.stop_requested(); ++step, ++made) {
    mon["fc"].observe(satur::tanh{}, std::vector<float>(4, 2.0f * static_cast<float>(step)));
    mon.end_step(stopper, names_layers{});
  }
  CHECK(made == 4); // z = 6 in step 3 is the first beyond 5
  CHECK(stopper.steps == 4);
  mon["fc"].observe(satur::tanh{}, std::vector<float>{0.0f});
  mon.end_step(stopper); // a later verdict to go on does not take it back
  CHECK(mon.stop_requested());
  mon.clear();
  CHECK_FALSE(mon.stop_requested());
  mon.request_stop();
  CHECK(mon.stop_requested());
}

TEST_CASE("observer: receives findings of any type that it accepts") {
  satur::monitor mon;
  hears_any_finding hears;
  names_layers deaf;
  mon.tell_findings(std::vector<some_finding>{{false}, {false}}, hears, deaf);
  CHECK(hears.count == 2);
  CHECK_FALSE(mon.stop_requested());
  mon.tell_findings(std::vector<some_finding>{{true}}, hears, deaf);
  CHECK(mon.stop_requested());
  overloaded o;
  mon.tell_findings(std::vector<int>{1, 2}, o);
  mon.tell_findings(std::vector<std::string>{"x"}, o);
  CHECK(o.numbers == 2);
  CHECK(o.texts == 1);
}
