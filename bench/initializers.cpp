// Filling memory with random numbers, against the standard library's generators and distributions; then orthogonal
// matrices. The moments, or the orthogonality, of the results are checked before timing.
#include "measure.hpp"

#include <satur/initializer.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <vector>

namespace {

template <class T> void check_moments(std::vector<T> const& x, double mean, double stddev) {
  double sum = 0;
  double squares = 0;
  for (T const e : x) {
    sum += static_cast<double>(e);
    squares += static_cast<double>(e) * static_cast<double>(e);
  }
  double const n = static_cast<double>(x.size());
  bench::check(std::abs(sum / n - mean) < 6 * stddev / std::sqrt(n), "the mean");
  bench::check(std::abs(squares / n / (stddev * stddev + mean * mean) - 1) < 0.01, "the deviation");
}

double seconds(std::function<void()> const& run) {
  auto const start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

int main() {
  bench::machine();
  std::size_t const n = std::size_t{1} << 20;
  std::vector<float> x(n);
  std::vector<double> y(n);
  std::mt19937_64 g(1);
  std::mt19937 narrow(1);
  satur::fans const f{1024, 1024};
  std::normal_distribution<float> normal;
  std::normal_distribution<double> wide_normal;
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<bench::contender> all{
      {"std::normal_distribution<float>, std::mt19937_64",
       [&] {
         for (float& e : x) {
           e = normal(g);
         }
       }},
      {"std::normal_distribution<float>, std::mt19937",
       [&] {
         for (float& e : x) {
           e = normal(narrow);
         }
       }},
      {"std::normal_distribution<double>, std::mt19937_64",
       [&] {
         for (double& e : y) {
           e = wide_normal(g);
         }
       }},
      {"std::uniform_real_distribution<float>, std::mt19937_64",
       [&] {
         for (float& e : x) {
           e = uniform(g);
         }
       }},
      {"normal, float", [&] { satur::fill(satur::normal{}, x, f, g); }},
      {"normal, double", [&] { satur::fill(satur::normal{}, y, f, g); }},
      {"uniform, float", [&] { satur::fill(satur::uniform{}, x, f, g); }},
      {"uniform, double", [&] { satur::fill(satur::uniform{}, y, f, g); }},
      {"truncated_normal_deviations, float", [&] { satur::fill(satur::truncated_normal_deviations{}, x, f, g); }},
      {"truncated_normal_deviations, double", [&] { satur::fill(satur::truncated_normal_deviations{}, y, f, g); }},
  };
  all[4].run();
  check_moments(x, 0, 1);
  all[5].run();
  check_moments(y, 0, 1);
  all[6].run();
  check_moments(x, 0, 1 / std::sqrt(3.0));
  all[7].run();
  check_moments(y, 0, 1 / std::sqrt(3.0));
  all[8].run();
  check_moments(x, 0, 0.87962566103423978);
  all[9].run();
  check_moments(y, 0, 0.87962566103423978);
  bench::race(all, static_cast<double>(n));
  std::printf("2^20 numbers, one thread; peer: the first line\n\n"
              "| filled by | ns a number, median (minimum) | times as fast as the peer |\n|---|---|---|\n");
  for (bench::contender const& c : all) {
    std::printf("| %s | %.2f (%.2f) | %.1f |\n", c.name.c_str(), c.median(), c.minimum(), all[0].median() / c.median());
  }

  // All at once: 400 MB, so that memory bandwidth counts too.
  std::vector<float> many(100'000'000);
  double standard = 1e9;
  double ours = 1e9;
  for (int turn = 0; turn < 3; ++turn) {
    standard = std::min(standard, seconds([&] {
                          for (float& e : many) {
                            e = normal(g);
                          }
                        }));
    ours = std::min(ours, seconds([&] { satur::fill(satur::normal{}, many, f, g); }));
  }
  check_moments(many, 0, 1);
  std::printf(
      "\n10^8 normal floats: std::normal_distribution over std::mt19937_64 %.3f s, normal %.3f s, %.1f times as "
      "fast (best of 3)\n",
      standard, ours, standard / ours);

  std::printf("\n| orthogonal, double | ms, best of 3 | largest entry of W^T W - 1 |\n|---|---|---|\n");
  for (std::size_t const rows : {std::size_t{256}, std::size_t{512}, std::size_t{1024}}) {
    std::vector<double> w(rows * rows);
    double best = 1e9;
    for (int turn = 0; turn < 3; ++turn) {
      best = std::min(best, seconds([&] { satur::fill(satur::orthogonal{}, w, satur::fans{rows, rows}, g); }));
    }
    double worst = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = i; j < rows; ++j) {
        double sum = i == j ? -1 : 0;
        for (std::size_t k = 0; k < rows; ++k) {
          sum += w[i * rows + k] * w[j * rows + k];
        }
        worst = std::max(worst, std::abs(sum));
      }
    }
    bench::check(worst < 1e-14, "orthogonality");
    std::printf("| %zu x %zu | %.1f | %.1e |\n", rows, rows, best * 1e3, worst);
  }
  return 0;
}
