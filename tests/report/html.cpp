#include "satur/report/html.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/monitor/columns.hpp"
#include "satur/observe/histogram.hpp"
#include "satur/theory/predict.hpp"
#include "support/gaussian.hpp"
#include "support/run_files.hpp"
#include "support/slow.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using satur_test::gaussian;

std::string page_of(satur::monitor const& mon, satur::html_options const& o = {}) {
  std::ostringstream out;
  satur::write_html(mon, out, o);
  return out.str();
}

/// A run whose second layer saturates, with everything that a page shows.
satur::monitor run(int steps, std::vector<std::string> const& layers = {"hidden 1", "hidden 2"}) {
  satur::monitor mon({.histograms = 1, .units = true});
  for (int s = 0; s < steps; ++s) {
    float grow = 1.0f;
    for (std::string const& name : layers) {
      std::vector<float> z = gaussian<float>(600, 0.0, 1.0, static_cast<unsigned>(s + 1));
      for (float& e : z) {
        e *= 1.0f + grow * 0.05f * static_cast<float>(s);
      }
      std::vector<float> y(z.size());
      mon[name].forward(satur::sigmoid{}, z, y, satur::unit_layout{20, 30});
      mon[name].gradient(y, satur::unit_layout{20, 30});
      std::vector<float> const w = gaussian<float>(100, 0.0, 1.0);
      mon[name].update(w, w, 0.001);
      grow *= 4.0f;
    }
    mon.loss(2.3, 2.3);
    mon.end_step();
  }
  return mon;
}

/// The first fault of the markup: a tag that is not closed, closed twice, or crossed; an attribute without quotes; a
/// stray
/// '<' or '&'. Empty if there is none.
std::string fault_of(std::string_view page) {
  std::vector<std::string> open;
  std::size_t i = page.find("<html");
  while (i < page.size()) {
    if (page[i] == '&') {
      std::size_t const end = page.find(';', i);
      std::string_view const name = page.substr(i + 1, end - i - 1);
      if (name != "amp" && name != "lt" && name != "gt" && name != "quot") {
        return "stray & at " + std::string(page.substr(i, 40));
      }
      i = end;
    } else if (page[i] == '<') {
      bool const closing = page[i + 1] == '/';
      std::size_t at = i + 1 + (closing ? 1 : 0);
      std::size_t const name_end = page.find_first_of(" >/", at);
      std::string const name(page.substr(at, name_end - at));
      if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789!") != std::string::npos) {
        return "stray < at " + std::string(page.substr(i, 40));
      }
      at = name_end;
      bool itself = name == "meta" || name == "br";
      while (page[at] != '>') { // attributes
        if (page[at] == '/') {
          itself = true;
          ++at;
        } else if (page[at] == ' ') {
          std::size_t const end = page.find_first_of(" =>", at + 1);
          at = end;
          if (page[at] == '=') {
            if (page[at + 1] != '"') {
              return "no quotes at " + std::string(page.substr(i, 80));
            }
            at = page.find('"', at + 2) + 1;
          }
        } else {
          return "odd attribute at " + std::string(page.substr(i, 80));
        }
      }
      if (closing) {
        if (open.empty() || open.back() != name) {
          return "closes " + name + " inside " + (open.empty() ? "nothing" : open.back());
        }
        open.pop_back();
      } else if (!itself) {
        open.push_back(name);
      }
      i = at;
      if (!closing && (name == "style" || name == "script")) { // no markup inside
        i = page.find("</" + name, i) - 1;
      }
    }
    ++i;
  }
  return open.empty() ? "" : "left open: " + open.back();
}

void check_page(std::string const& page) {
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(fault_of(page) == "");
  for (std::string_view const outside :
       {"http:", "https:", "//", "url(", "@import", "src=", "href=", ">nan</td>", "=\"nan"}) {
    CHECK_MESSAGE(page.find(outside) == std::string::npos, outside);
  }
}

} // namespace

TEST_CASE("html: the check of the markup finds faults") {
  CHECK(fault_of("<html><p>a</p></html>") == "");
  CHECK(fault_of("<html><p>a</html>") != "");
  CHECK(fault_of("<html><p>a</p></p></html>") != "");
  CHECK(fault_of("<html><p class=x>a</p></html>") != "");
  CHECK(fault_of("<html>a & b</html>") != "");
  CHECK(fault_of("<html>a < b</html>") != "");
  CHECK(fault_of("<html><br><p>") != "");
}

TEST_CASE("html: a run") {
  satur::monitor const mon = run(60);
  std::string const page = page_of(mon);
  check_page(page);
  CHECK(page == page_of(mon)); // the same bytes
  CHECK(page.size() < 300'000);
  CHECK(satur::detail::page_script.size() <= 8192);
  CHECK(page.find("The run did not learn") != std::string::npos);
  for (satur::monitor_column const& c : satur::monitor_columns) { // every number has its definition
    CHECK(page.find("<dt>" + std::string(c.name) + "</dt><dd>" + satur::svg::escaped(c.definition)) !=
          std::string::npos);
  }
  for (satur::finding const& f : diagnose(mon)) {
    CHECK(page.find(satur::svg::escaped(f.evidence)) != std::string::npos);
    CHECK(page.find(satur::svg::escaped(f.cure.advice)) != std::string::npos);
  }
  CHECK_FALSE(diagnose(mon).empty());
  for (std::string_view const title : {"Loss", "Gradient by layer", "Mean slope", "Saturated on the low side",
                                       "Saturated on the high side", "Size of the gradients", "Size of the updates"}) {
    CHECK_MESSAGE(page.find("<title>" + std::string(title) + "</title>") != std::string::npos, title);
    CHECK_MESSAGE(page.find("<caption>" + std::string(title) + "</caption>") != std::string::npos,
                  title); // its numbers
  }
  CHECK(page.find("z of hidden 2") != std::string::npos);
}

TEST_CASE("html: what is drawn is what was recorded") {
  satur::monitor const mon = run(40);
  std::string const page = page_of(mon);
  std::size_t const chart = page.rfind("<svg", page.find("<title>Mean slope</title>"));
  std::size_t const data = page.find("data-y=\"", chart) + 8;
  std::istringstream numbers(page.substr(data, page.find('"', data) - data));
  double low = 0.0;
  double high = 0.0;
  double bottom = 0.0;
  double top = 0.0;
  numbers >> low >> high >> bottom >> top;
  std::size_t at = page.find("<path d=\"", chart) + 9;
  satur::history const& h = mon.at("hidden 1").history();
  for (std::size_t i = 0; i < h.size(); ++i) {
    CHECK(page[at] == (i == 0 ? 'M' : 'L'));
    double const y = std::stod(page.substr(page.find(' ', at)));
    double const value = low + (y - bottom) / (top - bottom) * (high - low);
    CHECK(std::fabs(value - h[i].slope_share()) < 0.06 / (bottom - top) * (high - low)); // half a tenth of a pixel
    at = page.find_first_of("ML\"", at + 1);
  }
  CHECK(page[at] == '"');
}

TEST_CASE("html: prediction, description and activations of your own") {
  struct own {
    std::string_view name = "my own";
    double value(double z) const { return std::sin(z); }
    double derivative(double z) const { return std::cos(z); }
  };
  satur::monitor mon({.histograms = 1});
  std::vector<double> const z = gaussian<double>(300, 0.0, 1.0);
  mon["a"].observe(own{}, z);
  mon["b"].observe(satur::tanh{}, z);
  mon.end_step();
  std::string const without = page_of(mon);
  check_page(without);
  satur::any_activation const known[] = {own{}};
  satur::html_options o{.title = "A <title>", .description = "4 layers & more"};
  o.activations = known;
  satur::theory::layer_prediction expected{};
  expected.mean = 0.25;
  expected.variance = 4.0;
  expected.below = expected.above = 0.0625;
  expected.mean_derivative = 0.1234;
  o.prediction = satur::theory::prediction{.layers = {expected}};
  std::string const page = page_of(mon, o);
  check_page(page);
  CHECK(page.find("<title>A &lt;title&gt;</title>") != std::string::npos);
  CHECK(page.find("4 layers &amp; more") != std::string::npos);
  CHECK(page.find("<td data-v=\"0.1234\">0.123</td>") != std::string::npos);
  CHECK(page.find("<td data-v=\"0.125\">12.5 %</td>") != std::string::npos);
  auto const curves = [](std::string const& text) {
    std::size_t n = 0;
    for (std::size_t at = text.find("class=\"v\""); at != text.npos; at = text.find("class=\"v\"", at + 1)) {
      ++n;
    }
    return n;
  };
  CHECK(curves(without) == 1); // tanh is the library's; "my own" is not known
  CHECK(curves(page) == 2);
}

TEST_CASE("html: the equal slope is marked where its words do not cover those of 5") {
  double const at_1 = satur::equivalents(satur::rules::equal_slope(), satur::softplus{}).z_low; // -3.6; at -3.6 / beta
  auto const page_with_mark_at = [at_1](double z) {
    satur::softplus const act{.beta = at_1 / z};
    satur::monitor mon({.histograms = 1});
    mon["a"].observe(act, gaussian<double>(300, 0.0, 1.0));
    mon.end_step();
    satur::any_activation const known[] = {act};
    satur::html_options o;
    o.activations = known;
    return page_of(mon, o);
  };
  CHECK(page_with_mark_at(-4.9475).find(">-4.95</text>") != std::string::npos);
  CHECK(page_with_mark_at(-4.9525).find(">-4.95</text>") == std::string::npos);
  CHECK(page_with_mark_at(-5.0525).find(">-5.05</text>") != std::string::npos);
}

TEST_CASE("html: empty, one step, NaN, hostile names") {
  check_page(page_of(satur::monitor{}));
  CHECK(page_of(satur::monitor{}).find("No finding.") != std::string::npos);
  check_page(page_of(run(1)));
  CHECK(page_of(run(1)).find("2 layers, 1 step of training") != std::string::npos);
  CHECK(page_of(run(2, {"fc"})).find("1 layer, 2 steps of training") != std::string::npos);
  std::string const hostile = "</script><script>alert(1)</script>\x1b\xff\" onload=\"x";
  std::string const page = page_of(run(3, {hostile}));
  check_page(page);
  CHECK(page.find("alert(1)</script>") == std::string::npos);
  satur::monitor broken({.histograms = 1});
  for (int s = 0; s < 5; ++s) {
    std::vector<float> const z(50, s == 0 ? 0.5f : std::numeric_limits<float>::quiet_NaN());
    std::vector<float> y(50);
    broken["fc"].forward(satur::relu{}, z, y);
    broken["fc"].gradient(y);
    broken.loss(s == 0 ? 1.0 : std::numeric_limits<double>::quiet_NaN());
    broken.end_step();
  }
  std::string const nans = page_of(broken);
  CHECK(fault_of(nans) == "");
  CHECK(nans.find("200 NaN") != std::string::npos);
  CHECK(nans.find("class=\"finding alarm\"") != std::string::npos);
}

TEST_CASE("html: to a file, whole or not at all") {
  satur::monitor const mon = run(2);
  run_files::folder const folder;
  std::string const path = folder / "page.html";
  satur::write_html(mon, path);
  CHECK(run_files::contents(path) == page_of(mon));
  CHECK(folder.names() == std::vector<std::string>{"page.html"});
  CHECK_THROWS_WITH_AS(satur::write_html(mon, folder / "no such folder/page.html"),
                       doctest::Contains("no such folder/page.html"), satur::file_error);
  CHECK_THROWS_WITH_AS(satur::write_html(mon, folder.path()), doctest::Contains("whether it is a folder"),
                       satur::file_error);
  CHECK(folder.names() == std::vector<std::string>{"page.html"});
}

TEST_CASE("html: a map of the units of each layer, with its words") {
  std::string const page = page_of(run(6));
  CHECK(page.find("<h2>Units over time</h2>") != std::string::npos);
  CHECK(page.find("30 units in 30 rows, 6 windows of up to 1 sampled step. In the last, step 5, ") !=
        std::string::npos);
  std::size_t maps = 0;
  for (std::size_t at = page.find("over time</title>"); at != std::string::npos;
       at = page.find("over time</title>", at + 1)) {
    ++maps;
  }
  CHECK(maps == 2);
  satur::monitor none({.units = true});
  none["fc"].gradient(std::vector<float>(6), satur::unit_layout{2, 3}); // no z, so no slope
  none.end_step();
  CHECK(page_of(none).find("Units over time") == std::string::npos);

  // Two units of relu: the first is always on, the second never.
  satur::monitor mon({.units = true, .history = {.unit_windows = 4}});
  for (int s = 0; s < 3; ++s) {
    mon["fc"].observe(satur::relu{}, std::vector<float>{1.0f, -1.0f, 2.0f, -2.0f}, satur::unit_layout{2, 2});
    mon.end_step();
  }
  std::string const two = page_of(mon);
  CHECK(
      two.find("2 units in 2 rows, 3 windows of up to 1 sampled step. In the last, step 2, 1 of 2 rows keeps less than "
               "5 % of the peak slope; the flattest, unit 1, keeps 0 % and is saturated in 0 %.") != std::string::npos);
  CHECK(two.find("d=\"M0 1v1M1 1v1M2 1v1\" class=\"h16\"") != std::string::npos); // the second unit, in each window
  CHECK(two.find("class=\"h1\"") == std::string::npos);
}

TEST_CASE("html: 1,000 steps of 20 layers of 1,024 units stay below 2 MB") {
  if (test::left_out_if_slow()) {
    return;
  }
  satur::monitor mon({.histograms = 64, .units = true, .history = {.lines = 1000}});
  std::vector<float> z = gaussian<float>(1024, 0.0, 4.0);
  for (std::size_t s = 0; s < 1000; ++s) {
    for (std::size_t l = 0; l < 20; ++l) {
      for (std::size_t k = 0; k < 8; ++k) { // no two windows, and no two layers, are alike
        z[(s * 37 + l * 101 + k * 131) % z.size()] += k % 2 == 0 ? 3.0f : -3.0f;
      }
      mon["layer " + std::to_string(l)].observe(satur::sigmoid{}, z, satur::unit_layout{1, 1024});
    }
    mon.end_step();
  }
  std::string const page = page_of(mon);
  CHECK(page.size() < 2'000'000);
  CHECK(page.find("1024 units in 64 rows, ") != std::string::npos);
  CHECK(fault_of(page) == "");
}

TEST_CASE("html: a long, wide run stays small") {
  satur::monitor mon({.histograms = 1, .history = {.lines = 1000}});
  std::vector<float> z = gaussian<float>(64, 0.0, 2.0);
  std::vector<float> y(z.size());
  for (int s = 0; s < 1000; ++s) {
    for (int l = 0; l < 20; ++l) {
      z[static_cast<std::size_t>(s) % z.size()] += 0.01f;
      std::string const name = "layer " + std::to_string(l);
      mon[name].forward(satur::sigmoid{}, z, y);
      mon[name].gradient(y);
    }
    mon.loss(1.0 / (1.0 + s), 2.3);
    mon.end_step();
  }
  std::string const page = page_of(mon);
  CHECK(page.size() < 1'000'000);
  CHECK(fault_of(page) == "");
}

TEST_CASE("html: the sentence about the loss") {
  auto const sentence = [](auto const& loss_of, int steps, double chance) {
    satur::loss_history h;
    for (int s = 0; s < steps; ++s) {
      h.add(static_cast<std::uint64_t>(s), loss_of(s), chance);
    }
    return satur::run_summary(h);
  };
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  CHECK(sentence([](int) { return 1.0; }, 0, none) ==
        "The monitor was told no loss, so it cannot say whether the run learned.");
  CHECK(sentence([](int) { return 1.0; }, 5, none) == "The run is too short to say whether it learns: 5 steps.");
  CHECK(sentence([](int) { return 1.0; }, 1, none) == "The run is too short to say whether it learns: 1 step.");
  CHECK(sentence([](int s) { return 2.0 - 0.015 * s; }, 100, 2.3)
            .starts_with("The run learned: the loss fell from 1.99"));
  CHECK(sentence([](int) { return 2.3; }, 100, 2.3) ==
        "The run did not learn: the loss stayed at chance: 2.300 (chance: 2.300).");
  CHECK(sentence([](int s) { return s < 50 ? 2.0 : std::numeric_limits<double>::infinity(); }, 100, 2.3) ==
        "The run diverged: the loss is not finite from step 51 on.");
  CHECK(sentence([](int s) { return 1.0 + s; }, 100, none).starts_with("The run diverged: the loss rose from 1.5"));
  CHECK(sentence([](int s) { return s < 10 ? 2.2 : 1.5; }, 100, 2.3).find("no longer falls") == std::string::npos);
}
