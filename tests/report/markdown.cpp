// A monitor as Markdown: the tables of both phases, and text of which nothing is taken for markup.
#include "satur/report/markdown.hpp"

#include "satur/activation/sigmoid.hpp"
#include "satur/finding/diagnose.hpp"
#include "satur/monitor/monitor.hpp"

#include "support/run_files.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct named_type {
  static constexpr std::string_view name = "my_act|";
  static double value(double z) { return 0.5 * z; }
  static double derivative(double) { return 0.5; }
  static constexpr double peak_slope() { return 0.5; }
};

template <class... Findings> std::string page(satur::monitor const& mon, Findings const&... findings) {
  std::ostringstream out;
  write_markdown(mon, out, findings...);
  return out.str();
}

} // namespace

TEST_CASE("write_markdown: both phases, the loss, what is not finite, how often it was observed") {
  satur::monitor mon({.rows = 2, .sampling = {.every = 2}});
  mon["fc|1"].observe(named_type{}, std::vector<double>{1.0, 3.0, 6.0, -10.0});
  mon["fc|1"].gradient(std::vector<double>{3.0, 4.0, std::numeric_limits<double>::quiet_NaN()});
  mon["@out"].observe(named_type{}, std::vector<double>{2.0});
  mon.loss(0.25);
  mon.end_step();
  mon.end_step();
  mon.eval();
  mon["@out"].observe(named_type{}, std::vector<double>{8.0});
  mon.end_step();
  std::string const notes = "\nsaturated: `|z| > 5`; slope: mean f'(z) as a share of its peak; grad: of dL/dz; update: "
                            "log10(std(step) / std(weights))\n";
  std::string const head = "| layer | activation | mean z | std z | low % | high % | slope % | grad rms | update |\n"
                           "|---|---|--:|--:|--:|--:|--:|--:|--:|\n";
  CHECK(page(mon) == "loss 0.25 at the last of 1 step, 0.25 at the start: unknown\n\n"
                     "training, the last of 2 steps:\n\n" +
                         head +
                         "| `fc\\|1` **!** | my\\_act\\| | 0.000 | 6.042 | 25.0 | 25.0 | 100 | 3.54e+00 | - |\n"
                         "| `@out` | my\\_act\\| | 2.000 | 0.000 | 0 | 0 | 100 | - | - |\n" +
                         notes +
                         "\n**!** `fc|1` is not finite: z has 0 NaN and 0 infinite, dL/dz has 1 NaN and 0 infinite "
                         "values\n"
                         "\nsampled: 1 of 2 steps\n"
                         "\nevaluation, the last of 1 step:\n\n" +
                         head +
                         "| `fc\\|1` |  | - | - | - | - | - | - | - |\n"
                         "| `@out` | my\\_act\\| | 8.000 | 0.000 | 0 | 100 | 100 | - | - |\n" +
                         notes + "\nobserved: one row in 2 of each batch\n");
}

TEST_CASE("write_markdown: findings, of diagnose or as texts, are a list") {
  satur::monitor mon;
  mon["fc"].observe(satur::sigmoid{}, std::vector<double>{-30.0, -31.0, -32.0, -33.0});
  mon.end_step();
  std::string const without = page(mon);
  CHECK(page(mon, std::vector<std::string>{"[alarm] fc: a*b\n  cure: less", "next"}) ==
        without + "\n- \\[alarm\\] fc: a\\*b\n  cure: less\n- next\n");
  auto const found = diagnose(mon);
  REQUIRE(found.size() == 1);
  std::string const with = page(mon, found);
  CHECK(with.starts_with(without + "\n- \\[alarm\\] fc: "));
  CHECK(with.find("\n  cure: ") != std::string::npos);
  CHECK(page(mon, std::vector<std::string>{}) == without);
}

TEST_CASE("write_markdown: no layer, and a file") {
  run_files::folder const folder;
  satur::monitor const mon;
  write_markdown(mon, folder / "run.md", std::vector<std::string>{"x"});
  CHECK(run_files::contents(folder / "run.md") == page(mon, std::vector<std::string>{"x"}));
  CHECK(page(mon).starts_with("training, the last of 0 steps:\n\n| layer |"));
}

TEST_CASE("markdown_code: every name stays code") {
  using satur::detail::markdown_code;
  CHECK(markdown_code("fc1", true) == "`fc1`");
  CHECK(markdown_code("", true) == "");
  CHECK(markdown_code("a|b", true) == "`a\\|b`");
  CHECK(markdown_code("a|b", false) == "`a|b`");
  CHECK(markdown_code("a`b", true) == "``a`b``");
  CHECK(markdown_code("``a", true) == "``` ``a ```");
  CHECK(markdown_code("a`", true) == "`` a` ``");
  CHECK(markdown_code("a\nb", true) == "`a b`");
}
