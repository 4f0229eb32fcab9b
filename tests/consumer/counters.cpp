// A training run whose counters are printed: tests/consumers.sh compiles it with and without -ffast-math and compares.
// All numbers are multiples of 1/256 and special values by their bits, so that no counter depends on how a sum is
// rounded.
//   counters                    prints the counters of the run; fails if they are not those of its numbers
//   counters --save FILE        and saves the monitor
//   counters --load FILE        prints what a saved monitor has of them
#include <satur/adapt/eigen.hpp>
#include <satur/diagnostic.hpp>
#include <satur/finding.hpp>
#include <satur/format.hpp>
#include <satur/loss.hpp>
#include <satur/report.hpp>
#include <satur/rowwise.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t batch = 60; // divides by 3 replicas
constexpr std::size_t units = 16;
constexpr int steps = 40;
constexpr std::uint32_t nan_bits = 0x7fc00000u;
constexpr std::uint32_t infinity_bits = 0x7f800000u;
constexpr std::uint32_t sign_bit = 0x80000000u;

/// What a loop over the bits says of the numbers; |z| > 5 is the rule.
struct tally {
  std::uint64_t count = 0, low = 0, high = 0, nan = 0, infinite = 0, zeros = 0, subnormal = 0;
  void see(float x) {
    auto const bits = std::bit_cast<std::uint32_t>(x);
    std::uint32_t const size = bits & ~sign_bit;
    bool const negative = (bits & sign_bit) != 0;
    bool const beyond = size > std::bit_cast<std::uint32_t>(5.0f) && size <= infinity_bits;
    nan += size > infinity_bits;
    count += size <= infinity_bits;
    infinite += size == infinity_bits;
    low += beyond && negative;
    high += beyond && !negative;
    zeros += size == 0;
    subnormal += size != 0 && size < 0x00800000u;
  }
};

/// Multiples of 1/256 in [-8, 8); where `special` says so NaN, infinities, zeros and subnormal numbers too.
std::vector<float> numbers(std::uint32_t seed, bool special, tally& seen) {
  std::minstd_rand urbg(seed);
  std::vector<float> x(batch * units);
  for (float& e : x) {
    e = static_cast<float>(static_cast<int>(urbg() / 7u % 4096u) - 2048) / 256.0f;
  }
  if (special) {
    constexpr std::array<std::uint32_t, 9> values{
        nan_bits, nan_bits | sign_bit,    infinity_bits, infinity_bits | sign_bit, 0u, sign_bit,
        1u,       sign_bit | 0x007fffffu, 0x00400000u};
    for (std::uint32_t const v : values) {
      x[urbg() / 7u % x.size()] = std::bit_cast<float>(v);
    }
  }
  for (float const e : x) {
    seen.see(e);
  }
  return x;
}

/// One of several replicas: samples [first, last) of each step.
satur::monitor train(std::size_t first, std::size_t last, tally& z_seen, tally& dz_seen) {
  satur::monitor mon({.histograms = 1,
                      .units = true,
                      .formats = {.z = {satur::formats::fp8_e4m3, 16.0},
                                  .outputs = {satur::formats::float16, 1.0},
                                  .gradient = {satur::formats::fp8_e5m2, 1024.0},
                                  .weights = {satur::formats::bfloat16, 1.0}},
                      .history = {.lines = 16, .unit_windows = 8, .unit_groups = 4}});
  std::size_t const size = (last - first) * units;
  std::vector<float> relu_output(size);
  auto const part = [&](std::vector<float> const& x) {
    return std::vector<float>(x.begin() + static_cast<std::ptrdiff_t>(first * units),
                              x.begin() + static_cast<std::ptrdiff_t>(last * units));
  };
  auto const layout = satur::unit_layout::matrix(last - first, units);
  for (int step = 0; step < steps; ++step) {
    auto const seed = static_cast<std::uint32_t>(1 + 10 * step);
    std::vector<float> const z1 = part(numbers(seed, step % 3 == 1, z_seen));
    tally unused;
    std::vector<float> const z2 = part(numbers(seed + 1, step > 30, unused));
    std::vector<float> const dz = part(numbers(seed + 2, step % 4 == 2, dz_seen));
    std::vector<float> const w = numbers(seed + 3, step % 5 == 3, unused);
    step % 8 == 7 ? mon.eval() : mon.train();
    mon["relu"].forward(satur::relu{}, z1, relu_output, layout);
    mon["tanh"].observe(satur::tanh{}, z2, layout);
    mon["sigmoid"].observe(satur::sigmoid{},
                           Eigen::Map<Eigen::MatrixXf const>(z1.data(), units, Eigen::Index(last - first)));
    for (char const* const name : {"relu", "tanh", "sigmoid"}) {
      mon[name].gradient(dz, layout);
      mon[name].update(w, w, -0.25);
    }
    mon.input(z2, layout);
    if (step % 8 != 7) {
      mon.loss(step == 33 ? static_cast<double>(std::bit_cast<float>(nan_bits)) : 2.0 + 0.125 * (step % 2), 2.5);
    }
    mon.end_step();
  }
  return mon;
}

void print(std::ostream& out, satur::histogram const& h) {
  out << h.nan() << ' ' << h.plus_infinite() << ' ' << h.minus_infinite() << ' ' << h.zeros() << ' ' << h.below() << ' '
      << h.above() << ':';
  for (std::size_t b = 0; b < h.bins(); ++b) { // a subnormal z may lie on either side of 0: those two bins are one
    bool const before_0 = h.kind() == satur::histogram::scale::linear && h.edge(b + 1) == 0.0;
    out << ' ' << h.count(b) + (before_0 ? h.count(b + 1) : 0);
    b += before_0 ? 1 : 0;
  }
  out << '\n';
}
void print(std::ostream& out, satur::format_loss const& f) {
  out << f.count << ' ' << f.to_limit << ' ' << f.to_low_limit << ' ' << f.before_rounding << ' ' << f.to_zero << ' '
      << f.subnormal << ' ' << f.zeros << ' ' << f.nan << ' ' << f.infinite << '\n';
}
void print(std::ostream& out, satur::layer_record const& r) {
  auto const& [z, g, u] = r;
  out << z.count << ' ' << z.low << ' ' << z.high << ' ' << z.nan << ' ' << z.infinite << " gradient " << g.count << ' '
      << g.zeros << ' ' << g.nan << ' ' << g.infinite << " updates " << u.steps << ' ' << u.unusable << '\n';
}

/// Every counter of a monitor.
void print(std::ostream& out, satur::monitor const& mon) {
  out << mon.steps() << " steps\n";
  for (satur::phase const p : {satur::phase::train, satur::phase::eval}) {
    for (satur::layer_monitor const& layer : mon) {
      out << layer.name() << ' ' << satur::to_text(p) << '\n';
      print(out, layer.total(p));
      print(out, layer.last(p));
      if (auto const& h = layer.histograms(p)) {
        print(out, h->z);
        print(out, h->gradient);
      }
      if (auto const& f = layer.formats(p)) {
        for (satur::layer_numbers const which : satur::format_losses::each) {
          if (which != satur::layer_numbers::outputs) { // f(z) of a subnormal z may be 0
            print(out, f->total.of(which));
          }
        }
      }
      if (auto const& all = layer.units(p)) {
        for (std::size_t u = 0; u < all->size(); ++u) {
          satur::unit_summary const s = (*all)[u];
          out << s.samples << ' ' << s.low << ' ' << s.high << ' ' << s.nan << ' ' << s.infinite << '\n';
        }
      }
      for (std::size_t i = 0; i < layer.history(p).size(); ++i) {
        satur::history_line const& line = layer.history(p)[i];
        out << line.step << ' ' << line.count << ' ' << line.low << ' ' << line.high << ' ' << line.nonfinite << '\n';
      }
      satur::unit_history const over_time = layer.unit_history(p);
      for (std::size_t w = 0; w < over_time.size(); ++w) {
        for (std::size_t g = 0; g < over_time.groups(); ++g) {
          out << over_time(w, g).count << ' ' << over_time(w, g).saturated << ' ';
        }
        out << '\n';
      }
      if (auto const& onset = layer.origin(p).onset) {
        out << "first not finite: " << onset->step << ' ' << onset->nan << ' ' << onset->infinite << '\n';
      }
    }
  }
  for (std::size_t i = 0; i < mon.losses().size(); ++i) {
    out << "losses " << mon.losses()[i].count << ' ' << mon.losses()[i].nonfinite << '\n';
  }
  out << satur::to_text(satur::judge(mon.losses())) << '\n';
  for (satur::finding const& f : satur::diagnose(mon)) {
    out << satur::to_text(f.severity) << ' ' << f.layer << ' ' << satur::to_text(f.symptom) << '\n';
  }
}

/// The whole numbers of what the writers write.
void print_reports(std::ostream& out, satur::monitor const& mon) {
  std::ostringstream lines;
  satur::write_json_lines(mon, lines);
  std::istringstream in(lines.str());
  satur::recorded_run const run = satur::read_json_lines(in);
  for (satur::recorded_row const& row : run.lines) {
    out << run.layers[row.layer] << ' ' << row.step;
    for (std::size_t c = 0; c < row.numbers.size(); ++c) {
      if (satur::monitor_columns[c].unit == "count" && satur::monitor_columns[c].read_line != nullptr) {
        out << ' ' << row.numbers[c];
      }
    }
    out << '\n';
  }
  std::ostringstream formats;
  satur::write_format_csv(mon, formats);
  std::istringstream table(formats.str());
  for (std::string line; std::getline(table, line);) {
    out << line.substr(0, line.find(',')) << ' ' << std::count(line.begin(), line.end(), ',') << '\n';
  }
  std::ostringstream pages;
  satur::write_csv(mon, pages);
  satur::write_markdown(mon, pages);
  satur::write_html(mon, pages);
  pages << mon;
  std::string const text = pages.str();
  for (char const* const word : {"nan", "inf"}) { // in no cell, where a share or a mean was not seen
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
      ++found;
    }
    out << word << " in the reports: " << found << '\n';
  }
}

void print_rows(std::ostream& out) {
  tally unused;
  std::vector<float> const flat = numbers(77, true, unused);
  satur::row_saturation const rows = satur::observe(satur::softmax{}, flat, units);
  out << "rows " << rows.rows << ' ' << rows.single << ' ' << rows.nan << ' ' << rows.infinite << '\n';
  xt::xtensor<float, 2> logits({batch, units});
  std::copy(flat.begin(), flat.end(), logits.begin());
  std::vector<int> labels(batch);
  for (std::size_t i = 0; i < batch; ++i) {
    labels[i] = static_cast<int>(i % units);
  }
  satur::softmax_cross_entropy<float> loss;
  double const mean = loss.forward(logits, labels);
  xt::xtensor<float, 2> const& gradient = loss.backward();
  satur::monitor mon;
  mon["logits"].gradient(gradient);
  satur::gradient_record const& record = mon.at("logits").current().gradient;
  out << "cross-entropy " << loss.counted << ' ' << loss.correct << ' ' << satur::detail::is_nan(mean) << ' '
      << record.nan << ' ' << record.infinite << '\n';
}

bool agrees(satur::layer_record const& r, satur::layer_record const& of_eval, tally const& z, tally const& dz) {
  bool all = true;
  auto const require_equal = [&all](char const* what, std::uint64_t found, std::uint64_t expected) {
    if (found != expected) {
      std::cerr << what << ": " << found << ", and the numbers have " << expected << '\n';
      all = false;
    }
  };
  satur::saturation s = r.saturation;
  s += of_eval.saturation;
  satur::gradient_record g = r.gradient;
  g += of_eval.gradient;
  require_equal("z", s.count, z.count);
  require_equal("low", s.low, z.low);
  require_equal("high", s.high, z.high);
  require_equal("NaN", s.nan, z.nan);
  require_equal("infinite", s.infinite, z.infinite);
  require_equal("dz", g.count, dz.count - dz.infinite);
  require_equal("dz of 0", g.zeros, dz.zeros);
  require_equal("dz of NaN", g.nan, dz.nan);
  require_equal("dz infinite", g.infinite, dz.infinite);
  return all;
}

} // namespace

int main(int count, char** arguments) {
  std::string const option = count == 3 ? arguments[1] : "";
  if (option == "--load") {
    print(std::cout, satur::load_monitor(arguments[2]));
    return 0;
  }
  tally z, dz, unused;
  satur::monitor const whole = train(0, batch, z, dz);
  print(std::cout, whole);
  bool fine = agrees(whole.at("relu").total(), whole.at("relu").total(satur::phase::eval), z, dz);
  fine &= agrees(whole.at("sigmoid").total(), whole.at("sigmoid").total(satur::phase::eval), z, dz);

  satur::replicas run(train(0, batch / 3, unused, unused));
  for (std::size_t part = 1; part < 3; ++part) {
    run += satur::replicas(train(part * batch / 3, (part + 1) * batch / 3, unused, unused));
  }
  print(std::cout, run.merged());
  fine &= agrees(run.merged().at("relu").total(), run.merged().at("relu").total(satur::phase::eval), z, dz);

  tally of_format;
  std::vector<float> const x = numbers(5, true, of_format);
  satur::distribution const d = satur::observe_distribution(x);
  std::cout << d.count() << ' ' << d.nan << ' ' << d.infinite << ' ' << d.zeros << ' ' << d.subnormal << '\n';
  fine &= d.subnormal == of_format.subnormal && d.zeros == of_format.zeros && d.nan == of_format.nan;
  print(std::cout, satur::observe_format(satur::formats::fp8_e4m3, x, 64.0));

  print_reports(std::cout, whole);
  print_rows(std::cout);
  if (option == "--save") {
    save(whole, arguments[2]);
  }
  return fine ? 0 : 1;
}
