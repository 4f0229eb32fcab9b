// The main program as a process: invalid arguments, files and text.
#include <doctest/doctest.h>

#include <satur/monitor/columns.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#ifdef SATUR_TRAIN_PROGRAM

namespace fs = std::filesystem;

namespace {

struct outcome {
  int code;
  std::string text; // stdout and stderr
};

outcome train(std::string const& arguments) {
  std::string const command = std::string("\"" SATUR_TRAIN_PROGRAM "\" ") + arguments + " 2>&1 </dev/null";
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  outcome result{0, {}};
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    result.text.append(buffer.data(), n);
  }
  result.code = WEXITSTATUS(pclose(pipe));
  return result;
}

std::string const small = "--width 20 --depth 2 --steps 30 --threads 1 ";

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
  refused("--steps 0", "--steps");
  refused("--width -3", "--width");
  refused("--lr -1", "--lr");
  refused("--lr nan", "--lr");
  refused("--gain -2", "--gain");
  refused("--gain nan", "--gain");
  refused("--nonsense", "--nonsense");
  refused("--data /nowhere/at/all", "is no folder");
  refused(small + "--csv /nowhere/at/all/run.csv", "cannot be written");
}

TEST_CASE("train: --help") {
  outcome const o = train("--help");
  CHECK(o.code == 0);
  for (char const* option :
       {"--data", "--activation", "--init", "--gain", "--depth", "--width", "--batch", "--lr", "--steps", "--seed",
        "--threads", "--every", "--rule", "--csv", "--diagnose", "--repair"}) {
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
    CHECK_UNARY(!in_table || line.size() <= 100);
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

TEST_CASE("train: another rule, its equivalents, its text below each table, and logits") {
  outcome const o = train(small + "--activation tanh --rule karpathy");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.find("z = 2.0923") != std::string::npos);
  CHECK(o.text.find("saturated: output beyond 97 %") != std::string::npos);
  CHECK(o.text.find("|z| > 5") == std::string::npos);
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

TEST_CASE("train: a diverging run continues and reports it") {
  outcome const o = train("--width 20 --depth 2 --steps 30 --threads 1 --activation relu --lr 1e30");
  CAPTURE(o.text);
  CHECK(o.code == 1);
  CHECK(o.text.find("not finite") != std::string::npos);
  CHECK(o.text.find("The run diverged") != std::string::npos);
  CHECK(o.text.find("No layer is saturated") == std::string::npos);
}

TEST_CASE("train: a diverging run is explained") {
  outcome const o =
      train("--width 20 --depth 2 --steps 30 --threads 1 --activation relu --lr 1e30 --diagnose --repair");
  CAPTURE(o.text);
  CHECK(o.code == 1);
  CHECK(o.text.find("hidden 1 is not finite") != std::string::npos);
  CHECK(o.text.find("The run diverged") != std::string::npos);
}

TEST_CASE("train: large weights are explained") {
  outcome const o =
      train("--activation tanh --init glorot_uniform --gain 20 --width 50 --depth 2 --steps 40 --threads 1");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.find("Saturated") < o.text.find("step 5 of")); // printed before the first step
  CHECK(o.text.find("hidden 1: saturated on both sides") != std::string::npos);
  CHECK(o.text.find("multiply w and b by 0.") != std::string::npos);
  CHECK(o.text.find("--gain 1") != std::string::npos);
}

TEST_CASE("train: the default run loses its slope without |z| > 5") {
  // The published experiment, slightly shorter; the top layer has 1000 sigmoids.
  outcome const o = train("--steps 800 --every 400");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.find("Vanishing without saturation") < o.text.find("step 10 of"));
  std::size_t const found = o.text.find("hidden 4: saturated on the left");
  REQUIRE(found != std::string::npos);
  CHECK(o.text.find("|z| > 5: 0 % left, 0 % right", found) != std::string::npos);
  CHECK(o.text.find("units: ", found) != std::string::npos);
  CHECK(o.text.find("cause: mean-driven", found) != std::string::npos);
  CHECK(o.text.find("predicted: ", found) != std::string::npos);
  CHECK(o.text.find("hardly sees it") != std::string::npos);
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

TEST_CASE("train: --diagnose names the cause of each unit, --repair reaches its prediction") {
  outcome const o =
      train("--activation tanh --gain 40 --init glorot_uniform --width 60 --depth 2 --steps 20 --threads 1 "
            "--diagnose --repair");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.find("hidden 1: 60 tanh units, expected ") != std::string::npos);
  CHECK(o.text.find("weight-norm-driven") != std::string::npos);
  std::size_t const repaired = o.text.find("repaired hidden 1: multiply w and b by 0.");
  REQUIRE(repaired != std::string::npos);
  double before = 0.0;
  double predicted = 0.0;
  double now = 0.0;
  std::size_t const numbers = o.text.find("\n  ", repaired);
  REQUIRE(std::sscanf(o.text.c_str() + numbers, " %lf %% of the peak slope before, %lf %% predicted, %lf %% now",
                      &before, &predicted, &now) == 3);
  CHECK(before < 30.0);
  CHECK(now == doctest::Approx(predicted).epsilon(0.1));
  CHECK(now > 50.0);
}

#endif // SATUR_TRAIN_PROGRAM
