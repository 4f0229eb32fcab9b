// The main program as a process: invalid arguments, files and text.
#include "support/process.hpp"

#include <doctest/doctest.h>

#include <satur/monitor/columns.hpp>
#include <satur/monitor/file.hpp>
#include <satur/text/table.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include <unistd.h>

#ifdef SATUR_TRAIN_PROGRAM

namespace fs = std::filesystem;

namespace {

using satur_test::outcome;

outcome train(std::string const& arguments) {
  return satur_test::run_command(std::string("\"" SATUR_TRAIN_PROGRAM "\" ") + arguments);
}

std::string const small = "--width 20 --depth 2 --steps 30 --threads 1 ";

std::string const medium = "--width 100 --steps 600 --threads 1 ";

/// "The run learned", "The run did not learn", …: the beginning of the summary.
std::string verdict(outcome const& o) {
  std::size_t const at = o.text.find("\nThe run ");
  return at == std::string::npos ? std::string() : o.text.substr(at + 1, o.text.find(':', at) - at - 1);
}
/// The options of the command in the last line.
std::string advised(outcome const& o) {
  std::string const program = "./examples/run.sh ";
  std::size_t const at = o.text.rfind(program);
  std::size_t const end = o.text.find('\n', at);
  return at == std::string::npos || end + 1 != o.text.size()
             ? "no command in the last line"
             : o.text.substr(at + program.size(), end - at - program.size());
}
/// Percent of the test data that is right.
double right(outcome const& o) {
  std::size_t const at = o.text.find(" steps: ", o.text.find("\nDone after"));
  return at == std::string::npos ? -1.0 : std::stod(o.text.substr(at + 8));
}

void refused(std::string const& arguments, std::string const& because) {
  outcome const o = train(arguments);
  CAPTURE(arguments);
  CAPTURE(o.text);
  CHECK(o.code == 2);
  CHECK(o.text.find(because) != std::string::npos);
  CHECK(o.text.find('\n') == o.text.size() - 1); // one line
}

} // namespace

TEST_CASE("train: invalid arguments give one line and exit code 2") {
  refused("--activation sigmod", "sigmod not in {");
  refused("--activation sigmod", ",sigmoid,"); // the error lists every choice
  refused("--activation soft_shrink", "soft_shrink not in {");
  refused("--init glorot_unifrom", ",glorot_uniform,");
  refused("--init he", ",he_normal,he_uniform,");
  refused("--rule clasic", "{classic,deep_diagnosis,");
  refused("--rule sagemaker --activation relu", "sigmoid and tanh");
  refused("--format fp8_e4m4", "fp8_e4m4 not in {float16,bfloat16,fp8_e4m3,fp8_e5m2,");
  refused("--format float16 --scale 0", "--scale");
  refused("--format float16 --scale inf", "inf is not a positive number");
  refused("--scale 2", "--scale is for --format");
  refused("--steps 0", "--steps");
  refused("--width -3", "--width");
  refused("--lr -1", "--lr");
  refused("--lr nan", "--lr");
  refused("--gain -2", "--gain");
  refused("--gain nan", "--gain");
  refused("--nonsense", "--nonsense");
  refused("--net rnn", "rnn not in {mlp,cnn}");
  refused("--net cnn --depth 3", "--depth is for --net mlp");
  refused("--net cnn --repair", "--repair is for --net mlp");
  refused("--data /nowhere/at/all", "is no folder");
  refused(small + "--csv /nowhere/at/all/run.csv", "cannot be written");
  refused(small + "--html /nowhere/at/all/run.html", "cannot be written");
  refused(small + "--save /nowhere/at/all/run.satur", "--save /nowhere/at/all/run.satur: cannot be written");
  refused(small + "--tensorboard /dev/null/runs", "/dev/null/runs");
}

TEST_CASE("train: --help") {
  outcome const o = train("--help");
  CHECK(o.code == 0);
  for (char const* option :
       {"--net", "--data",  "--activation", "--init",    "--gain",  "--depth",       "--width",  "--batch",
        "--lr",  "--steps", "--seed",       "--threads", "--every", "--rule",        "--format", "--scale",
        "--csv", "--raw",   "--diagnose",   "--repair",  "--html",  "--tensorboard", "--save"}) {
    CAPTURE(option);
    CHECK(o.text.find(option) != std::string::npos);
  }
  for (char const* choice : {"leaky_relu", "glorot_uniform", "karpathy"}) {
    CAPTURE(choice);
    CHECK(o.text.find(choice) != std::string::npos);
  }
}

TEST_CASE("train: a small run prints tables of at most 100 columns with their rule, and a complete CSV") {
  fs::path const csv = fs::temp_directory_path() / ("satur_train_" + std::to_string(getpid()) + ".csv");
  outcome const o = train(small + "--every 10 --csv " + csv.string());
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.find("|z| > 5") != std::string::npos);
  std::istringstream table(o.text);
  bool in_table = false;
  for (std::string line; std::getline(table, line);) {
    in_table = in_table || line.starts_with("layer");
    in_table = in_table && !line.empty();
    CHECK_UNARY(!in_table || satur::text::width_of(line) <= 100);
  }
  std::ifstream file(csv);
  std::string head = "first_step,last_step,loss,layer";
  for (satur::monitor_column const& column : satur::monitor_columns) {
    head.append(",").append(column.name);
  }
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    CHECK((lines > 0 || line == head));
    CHECK(std::count(line.begin(), line.end(), ',') == std::count(head.begin(), head.end(), ','));
    ++lines;
  }
  CHECK(lines == 1 + 3 * 3); // the header and three tables of three layers
  CHECK_FALSE(fs::exists(csv.string() + ".part"));
  fs::remove(csv);
}

TEST_CASE("train: --html and --tensorboard leave a page and event files, --save the record") {
  fs::path const folder = fs::temp_directory_path() / ("satur_reports_" + std::to_string(getpid()));
  fs::create_directories(folder);
  for (std::string const& net : {small, std::string("--net cnn --width 8 --batch 4 --steps 20 --threads 1 ")}) {
    outcome const o = train(net + "--html " + (folder / "run.html").string() + " --tensorboard " +
                            (folder / "events").string() + " --save " + (folder / "run.satur").string());
    CAPTURE(o.text);
    CHECK(o.code == 0);
    satur::monitor const saved = satur::load_monitor((folder / "run.satur").string());
    CHECK(saved.steps() == (net == small ? 30 : 20));
    CHECK(saved.losses().seen() == saved.steps());
    std::ifstream file(folder / "run.html");
    std::string const page(std::istreambuf_iterator<char>(file), {});
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(page.ends_with("</html>\n"));
    CHECK(page.find("satur: Shapeset-3x2") != std::string::npos);
    CHECK(page.find("z of hidden") != std::string::npos); // histograms
    CHECK((page.find("Expected before training") != std::string::npos) == (net == small));
    std::size_t events = 0;
    for (auto const& entry : fs::directory_iterator(folder / "events")) {
      CHECK(entry.path().filename().string().starts_with("events.out.tfevents."));
      CHECK(entry.file_size() > 1000);
      ++events;
    }
    CHECK(events == 1);
    fs::remove_all(folder / "events");
  }
  CHECK_FALSE(fs::exists(folder / "run.html.part"));
  fs::remove_all(folder);
}

TEST_CASE("train: in a terminal the table is redrawn in place, in 80 columns") {
  if (std::system("command -v tmux >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: there is no tmux");
    return;
  }
  std::string const tmux = "tmux -L satur_" + std::to_string(getpid()) + ' ';
  std::string const start = tmux + "new-session -d -x 80 -y 24 \"env LC_ALL=C.UTF-8 '" SATUR_TRAIN_PROGRAM
                                   "' --width 30 --depth 3 --steps 1000000 --every 500000 --threads 1\"";
  REQUIRE(std::system(start.c_str()) == 0);
  std::string screen;
  for (int tries = 0; tries < 100 && screen.find("s left") == std::string::npos; ++tries) { // 10 s at most
    usleep(100'000);
    screen = satur_test::run_command(tmux + "capture-pane -p").text;
  }
  static_cast<void>(std::system((tmux + "kill-server").c_str()));
  CAPTURE(screen);
  CHECK(screen.find("s left") != std::string::npos);
  std::string const head = "layer         low %         high %         slope %";
  std::size_t const last = screen.rfind(head);
  CHECK(last != std::string::npos);
  CHECK(screen.find(head) == last); // once: it does not scroll by
  CHECK(screen.find("hidden 3", last) != std::string::npos);
  CHECK(screen.find("saturated: |z| > 5", last) != std::string::npos);
  std::istringstream lines(screen);
  for (std::string line; std::getline(lines, line);) {
    CHECK(satur::text::width_of(line) <= 80);
  }
}

TEST_CASE("train: another rule, its equivalents, its text below each table, and logits") {
  outcome const o = train(small + "--activation tanh --rule karpathy");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.find("z = 2.0923") != std::string::npos);
  CHECK(o.text.find("saturated: output beyond 97 %") != std::string::npos);
  CHECK(o.text.find("|z| > 5") == std::string::npos);
}

TEST_CASE("train: --format shows what leaves it in every table, and names the scale that is wrong") {
  std::string const net = "--activation relu --init he_normal --depth 3 " + medium;
  outcome const o = train(net + "--every 300 --format fp8_e4m3");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(verdict(o) == "The run learned");
  std::istringstream lines(o.text);
  int tables = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("layer         limit %")) {
      ++tables;
      CHECK(line.size() <= 80);
      for (std::string const layer : {"hidden 1", "hidden 2", "hidden 3", "output"}) {
        std::getline(lines, line);
        CHECK(line.starts_with(layer));
        std::istringstream cells(line.substr(13));
        int shares = 0;
        for (std::string cell; cells >> cell; ++shares) {
          CHECK(cell != "-");
        }
        CHECK(shares == 8); // z, outputs, dL/dz and weights, each to the limit and to zero
      }
    }
  }
  CHECK(tables == 3);
  std::string const closing = o.text.substr(o.text.find("\nThe run "));
  CHECK(closing.find("dL/dz outside the number format") != std::string::npos);
  CHECK(closing.find("fp8_e4m3 at scale 1") != std::string::npos);
  CHECK(closing.find("cause: the scale") != std::string::npos);
  CHECK(closing.find("store dL/dz times ") != std::string::npos);

  outcome const fine = train(net + "--format bfloat16");
  CAPTURE(fine.text);
  CHECK(fine.text.find("z, outputs, dL/dz, weights: bfloat16 at scale 1\n") != std::string::npos);
  CHECK(fine.text.find("outside the number format") == std::string::npos);
  CHECK(fine.text.find("Nothing is wrong.") != std::string::npos);
  outcome const plain = train(net);
  CHECK(plain.text.find("limit %") == std::string::npos);

  // A net that does not learn has another root, which the gradients follow from.
  outcome const root = train("--width 50 --steps 300 --threads 1 --format float16 --scale 1e-3 --diagnose");
  CAPTURE(root.text);
  CHECK(root.text.find("behind it: hidden 1: outside the number format") != std::string::npos);
}

TEST_CASE("train: the same seed gives the same run") {
  auto const without_speed = [](std::string text) {
    for (std::size_t at = 0; (at = text.find(" steps/s", at)) != std::string::npos; ++at) {
      std::size_t const start = text.rfind("   ", at);
      text.erase(start, at + 8 - start);
      at = start;
    }
    return text;
  };
  std::string const first = without_speed(train(small).text);
  CHECK(first == without_speed(train(small).text));
  CHECK(first != without_speed(train(small + "--seed 2").text));
}

TEST_CASE("train: a diverging run continues, is explained, and is told a learning rate at which it learns") {
  outcome const o = train("--width 100 --steps 600 --threads 1 --activation relu --lr 3");
  CAPTURE(o.text);
  CHECK(o.code == 1);
  CHECK(o.text.find("\nThe run diverged: the loss is not finite from step ") != std::string::npos);
  CHECK(o.text.find("cause: learning rate too large") != std::string::npos);
  CHECK(verdict(train(advised(o))) == "The run learned");
}

TEST_CASE("train: seven runs: the verdict of the loss, the root cause, and a command that learns") {
  std::map<std::string, bool> tried; // several runs are told the same
  auto const learns = [&tried](std::string const& command) {
    auto const [at, is_new] = tried.try_emplace(command, false);
    if (is_new) {
      at->second = verdict(train(command)) == "The run learned";
    }
    return at->second;
  };
  struct expectation {
    std::string arguments;
    std::string verdict;
    std::string root; // in the summary
    std::string command;
  };
  for (expectation const& e : {
           expectation{"", "The run did not learn", "hidden", "--activation relu --init he_normal "},
           {"--activation tanh --gain 20 ", "The run did not learn", "weights too large",
            "--activation relu --init he_normal "},
           {"--activation relu --gain 0.1 ", "The run did not learn", "weights too small",
            "--activation relu --init he_normal "},
           {"--activation leaky_relu --gain 0.1 ", "The run did not learn", "weights too small",
            "--activation leaky_relu --init he_normal "},
           {"--init zeros ", "The run did not learn", "identical units", "--activation relu --init he_normal "},
           {"--activation relu --init he_normal --depth 8 ", "The run learned", "Nothing is wrong.", ""},
           {"--raw ", "The run did not learn", "data: inputs not standardized", "--activation relu --init he_normal "},
       }) {
    outcome const plain = train(e.arguments + medium);
    CAPTURE(plain.text);
    CHECK(plain.code == 0);
    CHECK(verdict(plain) == e.verdict);
    std::string const closing = plain.text.substr(plain.text.find("\nThe run ") + 1);
    CHECK(closing.find(e.root) != std::string::npos);
    CHECK(closing.find("No layer is saturated") == std::string::npos);
    std::istringstream lines(closing.substr(0, closing.find("./examples/run.sh")));
    for (std::string line; std::getline(lines, line);) {
      CHECK(line.size() <= 100);
    }
    CHECK(plain.text.find("This is about the first step.") != std::string::npos);
    if (e.command.empty()) {
      CHECK(plain.text.find("examples/run.sh") == std::string::npos); // no advice
    } else {
      CHECK(advised(plain) == e.command + "--width 100 --steps 600 --threads 1");
      CHECK(learns(advised(plain)));
    }
    // A repair is never worse: half a point of 1000 pictures.
    outcome const repaired = train(e.arguments + medium + "--repair");
    CAPTURE(repaired.text);
    CHECK(repaired.code == 0);
    CHECK(right(repaired) >= right(plain) - 0.5);
    if (verdict(repaired) == "The run learned") {
      CHECK(repaired.text.find("examples/run.sh") == std::string::npos);
    } else {
      CHECK(learns(advised(repaired)));
    }
  }
}

TEST_CASE("train: the scale of weights that the forecast advises makes a tanh net of 100 units learn") {
  std::string const net = "--activation tanh --width 100 --steps 1200 --threads 1 --gain ";
  outcome const before = train(net + "20");
  CAPTURE(before.text);
  std::string words = before.text.substr(0, before.text.find("\nstep "));
  std::replace(words.begin(), words.end(), '\n', ' ');
  words.erase(std::unique(words.begin(), words.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
              words.end());
  std::string const advice = "divide the weights by ";
  std::size_t const at = words.find(advice);
  REQUIRE(at != std::string::npos);
  double const factor = std::stod(words.substr(at + advice.size()));
  CHECK(verdict(before) != "The run learned");
  outcome const after = train(net + std::to_string(20.0 / factor));
  CAPTURE(after.text);
  CHECK(after.text.find("Fine: ") != std::string::npos);
  CHECK(verdict(after) == "The run learned");
  CHECK(right(after) > 21.0);
}

TEST_CASE("train: --repair of small weights makes the net learn, and says what was predicted and measured") {
  outcome const o = train("--activation relu --gain 0.1 --repair " + medium);
  CAPTURE(o.text);
  CHECK(verdict(o) == "The run learned");
  CHECK(o.text.find("repaired hidden 1 to output: weights and biases times ") != std::string::npos);
  CHECK(o.text.find("it helped: ") != std::string::npos);
  CHECK(right(o) > 21.0);
}

TEST_CASE("train: --repair scales raw pixels") {
  outcome const o = train("--activation relu --init he_normal --raw --repair " + medium);
  CAPTURE(o.text);
  CHECK(o.text.find("repaired data: every pixel scaled to mean 0 and variance 1") != std::string::npos);
  CHECK(verdict(o) == "The run learned");
}

TEST_CASE("train: --diagnose tells the evidence, after each table and at the end") {
  outcome const o = train("--activation tanh --gain 20 --diagnose " + medium);
  CAPTURE(o.text);
  std::size_t const evidence = o.text.find("fan-in times mean w^2 is ");
  CHECK(evidence < o.text.find("step 100 of"));
  CHECK(o.text.find("fan-in times mean w^2 is ", o.text.find("\nDone after")) != std::string::npos);
}

TEST_CASE("train: the prediction agrees with the first batch") {
  for (std::string const net : {"--activation tanh --init glorot_uniform --gain 3",
                                "--activation relu --init he_normal", "--activation sigmoid --init standard"}) {
    outcome const o = train(net + " --width 400 --depth 3 --steps 1 --threads 1");
    CAPTURE(o.text);
    std::size_t const table = o.text.find("Before the first step");
    REQUIRE(table != std::string::npos);
    std::istringstream lines(o.text.substr(table));
    int layers = 0;
    for (std::string line; std::getline(lines, line) && !line.starts_with("gradient:");) {
      CHECK(line.size() <= 100);
      if (!line.starts_with("hidden")) {
        continue;
      }
      ++layers;
      std::istringstream cells(line.substr(9));
      std::array<std::string, 10> cell;
      for (std::string& c : cell) {
        cells >> c;
      }
      // std z, mean slope and gradient: 10 images, width 400
      for (std::size_t const column : {1u, 3u, 4u}) {
        CHECK(std::stod(cell[column + 5]) == doctest::Approx(std::stod(cell[column])).epsilon(0.25));
      }
    }
    CHECK(layers == 3);
  }
}

TEST_CASE("train: --net cnn prints its layers, what is predicted and measured, and tables of each layer") {
  fs::path const csv = fs::temp_directory_path() / ("satur_train_cnn_" + std::to_string(getpid()) + ".csv");
  std::string const options = "--net cnn --activation tanh --init glorot_uniform --width 20 --batch 5 --steps 20 "
                              "--every 10 --threads 1 ";
  outcome const o = train(options + "--raw --diagnose --rule karpathy --csv " + csv.string());
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.find("convolutional network, 20 hidden units, tanh, glorot_uniform") != std::string::npos);
  CHECK(o.text.find("conv 2        conv2d      (5, 16, 10, 10)        3216     200      400\n") != std::string::npos);
  CHECK(o.text.find("input                     (5, 1, 32, 32)\n") != std::string::npos);
  CHECK(o.text.find("hidden        dense       (5, 20)                8020     400       20\n") != std::string::npos);
  CHECK(o.text.find("\nThe run ") != std::string::npos);
  std::ifstream file(csv);
  std::map<std::string, int> lines;
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    std::string name;
    for (int i = 0; i < 4; ++i) {
      std::getline(cells, name, ',');
    }
    ++lines[name];
  }
  CHECK(lines == std::map<std::string, int>{{"layer", 1}, {"conv 1", 2}, {"conv 2", 2}, {"hidden", 2}, {"output", 2}});
  fs::remove(csv);
}

TEST_CASE("train: --net cnn names at least 96 % of unseen digits, mean of 3 seeds") {
  fs::path const digits = fs::path(SATUR_SHARED_DIR) / "data" / "mnist";
  if (!fs::exists(digits)) {
    MESSAGE("skipped: no digits in " << digits.string());
    return;
  }
  double sum = 0.0;
  for (char const* seed : {"1", "2", "3"}) {
    outcome const o = train("--net cnn --steps 1000 --threads 1 --data \"" + digits.string() + "\" --seed " + seed);
    CAPTURE(o.text);
    CHECK(o.code == 0);
    CHECK(verdict(o) == "The run learned");
    sum += right(o);
  }
  CHECK(sum / 3.0 >= 96.0);
}

#endif // SATUR_TRAIN_PROGRAM
