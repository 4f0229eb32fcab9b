/// \file testing/kernel/row/check.hpp  Calls a kernel of rows with telling rows, and judges what it gives.
#pragma once

#include "satur/testing/kernel/call_checks.hpp"
#include "satur/testing/kernel/row/causes.hpp"
#include "satur/testing/kernel/row/judge.hpp"

#include <functional>
#include <set>

namespace satur::inline SATUR_ABI::testing::detail {

/// A kernel of rows and its check.
template <class T> class row_check {
public:
  /// Gets z, or what is known and dy, and writes the results.
  using kernel_t = std::function<void(std::span<T const>, std::span<T const>, std::span<T>, std::size_t)>;
  using verdict = row_call::verdict;

  row_check(kernel_report& r, kernel_t kernel, kernel_options const& o, row_function f, bool of_slope)
      : r_(r), kernel_(std::move(kernel)), options_(o), function_(f), of_slope_(of_slope),
        from_output_(of_slope && !o.from_input), in_(o.format, o.scale), judge_(r, o, f, of_slope) {}

  void run() {
    if constexpr (std::same_as<T, double> && std::numeric_limits<long double>::digits <= 53) {
      r_.skipped.push_back("errors below 4 ulp: long double has no more digits than double here");
    }
    std::vector<std::size_t> const all = tried_columns(options_);
    for (std::size_t const columns : all) {
      look_at(columns);
    }
    judge_.conclude();
    name_causes();
    std::size_t checked = 0;
    for (std::size_t const columns : all) { // 3, 8 and 17, if the kernel takes them
      if (((columns > 2 && columns != 7) || columns == all.back()) && checked < 3) {
        check_calls_of(columns);
        ++checked;
      }
    }
  }

private:
  [[nodiscard]] T code_of(double x) const {
    if constexpr (is_code<T>) {
      if (!satur::detail::is_finite(x)) {
        return static_cast<T>(encode(options_.format, x, overflow::special));
      }
    }
    return in_.nearest(static_cast<exact_type<T>>(x));
  }

  /// Rows as the kernel gets them.
  struct buffers {
    std::vector<T> known;
    std::vector<T> dy;
    std::vector<row_truth> truths;
  };
  /// Appends a row to a call.
  void append(row_call& c, buffers& b, std::vector<double> const& wanted, std::size_t number) const {
    std::size_t const n = wanted.size();
    std::vector<double> z(n);
    for (std::size_t j = 0; j < n; ++j) {
      z[j] = in_.number(code_of(wanted[j]));
    }
    row_truth const& t = b.truths.emplace_back(std::span<double const>(z));
    std::vector<double> const dy =
        of_slope_ ? gradient_row(n, t.top, number % 3, options_.seed + number) : std::vector<double>();
    for (std::size_t j = 0; j < n; ++j) {
      double known = z[j];
      if (from_output_) {
        known = !t.defined                           ? std::numeric_limits<double>::quiet_NaN()
                : function_ == row_function::softmax ? static_cast<double>(t.softmax(j))
                                                     : static_cast<double>(t.log_softmax(j));
      }
      b.known.push_back(code_of(known));
      c.z.push_back(z[j]);
      c.known.push_back(in_.number(b.known.back()));
      if (of_slope_) {
        b.dy.push_back(code_of(dy[j]));
        c.dy.push_back(in_.number(b.dy.back()));
      }
    }
  }

  void look_at(std::size_t columns) {
    std::vector<named_row> const rows =
        row_maker(columns, options_.seed, judge_.to.smallest_normal(), judge_.to.smallest()).rows();
    std::size_t const most = (std::max)(options_.longest_call / columns, std::size_t{1});
    std::size_t const variants = of_slope_ && columns <= 100 ? 3 : 1; // of dy
    std::set<std::string_view> seen;
    row_call c(columns);
    buffers b;
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < rows.size() * variants; ++i) {
      named_row const& row = rows[i / variants];
      bool const some = columns <= 100 || (is_tried_long(row.name) && seen.insert(row.name).second);
      if (some && is_wanted(row.z, options_)) {
        append(c, b, row.z, i);
        names.push_back(row.name);
      }
      if (!names.empty() && (names.size() == most || i + 1 == rows.size() * variants)) {
        std::size_t const results = function_ == row_function::logsumexp ? c.rows() : c.z.size();
        std::vector<T> out(results, code_of(1.5));
        kernel_(b.known, b.dy, out, columns);
        for (T const x : out) {
          c.got.push_back(judge_.to.number(x));
        }
        c.exact.resize(results);
        c.is.assign(results, verdict::open);
        for (std::size_t r = 0; r < names.size(); ++r) {
          judge_row(c, b.truths[r], names[r], r);
        }
        calls_.push_back(std::move(c));
        c = row_call(columns);
        b = {};
        names.clear();
      }
    }
  }

  /// What plain arithmetic in T costs, in ulp: nothing of codes, whose kernels compute in float. n terms are added one
  /// by one, which is off by n/2 ulp at most; z - m is rounded, which changes e^(z - m) by |z - m| ulp.
  [[nodiscard]] double rounding(row_truth const& t, std::size_t j) const {
    if (is_code<T> || !t.defined) {
      return 0.0;
    }
    double const wide = std::numeric_limits<long double>::digits <= 53 && std::same_as<T, double> ? 4.0 : 0.0;
    double const adding = static_cast<double>(t.size()) / 2.0;
    if (from_output_) {
      return wide + adding;
    }
    long double const of_sum = static_cast<long double>(adding) + t.distance;
    if (function_ != row_function::softmax && !of_slope_) { // how the sum enters the logarithm
      long double const y = function_ == row_function::logsumexp
                                ? (std::max)(std::fabs(t.largest), std::fabs(t.logsumexp()))
                                : std::fabs(t.log_softmax(j));
      return wide + static_cast<double>(t.others > 0.0L ? of_sum * (t.others / (1.0L + t.others)) / y : 0.0L);
    }
    return wide + static_cast<double>(of_sum + (t.raised[j] > 0.0L ? -t.below[j] : 0.0L));
  }

  void judge_row(row_call& c, row_truth const& t, std::string_view name, std::size_t r) {
    std::size_t const n = c.columns;
    std::size_t const first = r * n;
    constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();
    if (function_ == row_function::logsumexp) {
      judge_logsumexp(c, t, name, r);
      return;
    }
    std::vector<gradient_element> slopes;
    if (of_slope_ && t.defined) {
      slopes = gradient(c, t, r);
    }
    double sum = 0.0;
    double off = 0.0;
    for (std::size_t j = 0; j < n; ++j) {
      typename row_judge<T>::expectation e{.row = name, .columns = n, .j = j, .z = c.z[first + j]};
      e.segment = t.defined ? static_cast<double>(t.log_softmax(j) / 0.693147180559945309417L) : 0.0;
      e.allowed = options_.ulp + rounding(t, j);
      e.exact = !t.defined ? nan : function_ == row_function::softmax ? t.softmax(j) : t.log_softmax(j);
      e.scale = e.exact;
      e.instead = t.defined ? e.instead : instead_of_nan(c.row(c.z, r), j);
      if (!slopes.empty()) {
        e.exact = slopes[j].exact;
        e.scale = slopes[j].scale;
        e.slack = slopes[j].slack;
      }
      c.exact[first + j] = static_cast<double>(e.exact);
      c.is[first + j] = judge_.look(e, c.got[first + j]);
      sum += c.got[first + j];
      off += e.allowed * static_cast<double>(judge_.to.unit(static_cast<exact_type<T>>(t.defined ? e.scale : 0.0L)));
    }
    if (t.defined && !of_slope_ && function_ == row_function::softmax && satur::detail::is_finite(sum)) {
      judge_.look_at_sum(name, n, sum, off);
    }
  }
  /// What a row without a result may give beside NaN: its limit if it holds +inf, or options.masked_row.
  [[nodiscard]] double instead_of_nan(std::span<double const> z, std::size_t j) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    auto const infinite = static_cast<double>(std::count(z.begin(), z.end(), infinity));
    bool const any_nan = std::any_of(z.begin(), z.end(), [](double x) { return satur::detail::is_nan(x); });
    if (of_slope_ || any_nan) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    if (infinite == 0.0) {
      return options_.masked_row.value_or(std::numeric_limits<double>::quiet_NaN());
    }
    double const p = z[j] == infinity ? 1.0 / infinite : 0.0;
    return function_ == row_function::softmax ? p : std::log(p);
  }
  /// The scale of an error is the larger of m and the result: they may cancel.
  void judge_logsumexp(row_call& c, row_truth const& t, std::string_view name, std::size_t r) {
    double largest = -std::numeric_limits<double>::infinity();
    bool any_nan = false;
    for (double const x : c.row(c.z, r)) {
      any_nan = any_nan || satur::detail::is_nan(x);
      largest = x > largest ? x : largest;
    }
    typename row_judge<T>::expectation e{.row = name, .columns = c.columns, .segment = largest};
    e.exact = t.defined ? t.logsumexp()
                        : static_cast<long double>(any_nan ? std::numeric_limits<double>::quiet_NaN() : largest);
    e.scale = (std::max)(std::fabs(e.exact), std::fabs(static_cast<long double>(largest)));
    e.allowed = options_.ulp + rounding(t, 0);
    c.exact[r] = static_cast<double>(e.exact);
    c.is[r] = judge_.look(e, c.got[r]);
  }

  /// The exact gradient of a row, of what the kernel got: of the rounded output if it works from that.
  [[nodiscard]] std::vector<gradient_element> gradient(row_call const& c, row_truth const& t, std::size_t r) const {
    bool const logarithm = function_ == row_function::log_softmax;
    std::vector<long double> p(t.size());
    std::vector<long double> rest(t.size());
    std::size_t top = t.top;
    for (std::size_t j = 0; j < t.size(); ++j) {
      if (from_output_) {
        auto const y = static_cast<long double>(c.row(c.known, r)[j]);
        p[j] = logarithm ? std::exp(y) : y;
        rest[j] = logarithm ? -std::expm1(y) : 1.0L - y;
        top = p[j] > p[top] ? j : top;
      } else {
        p[j] = t.softmax(j);
        rest[j] = logarithm ? -std::expm1(t.log_softmax(j)) : 1.0L - p[j];
      }
    }
    return logarithm ? log_softmax_gradient(p, rest, c.row(c.dy, r)) : softmax_gradient(p, top, c.row(c.dy, r));
  }

  void name_causes() {
    r_.causes =
        row_causes(calls_, {.function = function_,
                            .of_slope = of_slope_,
                            .from_output = from_output_,
                            .in_double = std::same_as<T, double>,
                            .format = is_code<T> ? options_.output_format.value_or(options_.format) : format{}});
    if (!r_.causes.empty()) {
      for (failure& f : r_.failures) {
        f.usually = r_.causes.front().what;
      }
    }
  }

  void check_calls_of(std::size_t columns);

  kernel_report& r_;
  kernel_t kernel_;
  kernel_options const& options_;
  row_function function_;
  bool of_slope_;
  bool from_output_;
  numbers<T> in_;
  row_judge<T> judge_;
  std::vector<row_call> calls_;
};

/// The calls of a kernel of rows, in ordinary rows.
template <class T> void row_check<T>::check_calls_of(std::size_t columns) {
  row_call c(columns);
  buffers b;
  std::uint64_t state = options_.seed;
  for (std::size_t r = 0; r < 64; ++r) {
    std::vector<double> z(columns);
    for (double& x : z) {
      state = hash_of(state);
      x = static_cast<double>(state % 4096) / 512.0 - 4.0;
    }
    append(c, b, z, 3 * r); // random dy
  }
  call_check_options const o{.unit = columns,
                             .out_unit = function_ == row_function::logsumexp ? std::size_t{1} : columns,
                             .longest = options_.longest_call,
                             .in_place = options_.in_place,
                             .same_anywhere = options_.same_anywhere,
                             .nan_may_leak_within_unit = true,
                             .specials = options_.specials,
                             .format = options_.format,
                             .output_format = options_.output_format,
                             .names = {from_output_ ? "y" : "z", "dy"}};
  if (of_slope_) {
    check_calls<T, 2>(
        r_,
        [&](std::array<std::span<T const>, 2> const& from, std::span<T> out) {
          kernel_(from[0], from[1], out, columns);
        },
        {std::span<T const>(b.known), std::span<T const>(b.dy)}, o);
  } else {
    check_calls<T, 1>(
        r_,
        [&](std::array<std::span<T const>, 1> const& from, std::span<T> out) { kernel_(from[0], {}, out, columns); },
        {std::span<T const>(b.known)}, o);
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
