/// \file testing/kernel/row/check.hpp  Calls a kernel of rows with telling rows, and judges what it gives.
#pragma once

#include "satur/testing/kernel/call_checks.hpp"
#include "satur/testing/kernel/row/causes.hpp"
#include "satur/testing/kernel/row/expected.hpp"

#include <functional>
#include <set>

namespace satur::inline SATUR_ABI::testing::detail {

/// A kernel of rows: it gets z, or what is known and dy, and writes the results.
template <class T>
using row_kernel = std::function<void(std::span<T const>, std::span<T const>, std::span<T>, std::size_t)>;

/// Checks the calls of a kernel of rows: of values if K is 1, of a gradient if it is 2.
template <class T, std::size_t K>
void check_row_calls(kernel_report& r, row_kernel<T> const& kernel, std::span<T const> known, std::span<T const> dy,
                     call_check_options const& o) {
  std::array<std::span<T const>, K> inputs;
  inputs[0] = known;
  inputs[K - 1] = K == 1 ? known : dy;
  check_calls<T, K>(
      r,
      [&](std::array<std::span<T const>, K> const& from, std::span<T> out) {
        kernel(from[0], K == 1 ? std::span<T const>() : from[K - 1], out, o.unit);
      },
      inputs, o);
}

/// A kernel of rows and its check.
template <class T> class row_check {
public:
  using calls_check = decltype(&check_row_calls<T, 1>);
  using verdict = row_call::verdict;

  row_check(kernel_report& r, row_kernel<T> kernel, calls_check calls_of, kernel_options const& o, row_function f,
            bool of_slope)
      : r_(r), kernel_(std::move(kernel)), calls_of_(calls_of), options_(o), function_(f), of_slope_(of_slope),
        from_output_(of_slope && !o.from_input), in_(o.format, o.scale), expected_(r, o, f, of_slope, from_output_) {}

  void run() {
    if constexpr (std::same_as<T, double> && std::numeric_limits<long double>::digits <= 53) {
      r_.skipped.push_back("errors below 4 ulp: long double has no more digits than double here");
    }
    std::vector<std::size_t> const all = tried_columns(options_);
    for (std::size_t const columns : all) {
      look_at(columns);
    }
    expected_.judge.conclude();
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
        row_maker(columns, options_.seed, expected_.judge.to.smallest_normal(), expected_.judge.to.smallest()).rows();
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
          c.got.push_back(expected_.judge.to.number(x));
        }
        c.exact.resize(results);
        c.is.assign(results, verdict::open);
        for (std::size_t r = 0; r < names.size(); ++r) {
          expected_.judge_row(c, b.truths[r], names[r], r);
        }
        calls_.push_back(std::move(c));
        c = row_call(columns);
        b = {};
        names.clear();
      }
    }
  }

  void name_causes() {
    r_.causes =
        row_causes(calls_, {.function = function_,
                            .of_slope = of_slope_,
                            .from_output = from_output_,
                            .in_double = std::same_as<T, double>,
                            .format = is_code<T> ? options_.output_format.value_or(options_.format) : format{}});
    if (!r_.causes.empty()) {
      for (failure& f : r_.failures) { // a NaN that is lost, and a flush mode, have causes of their own
        bool const own = f.property.starts_with("a row with NaN") || (f.property.starts_with("no flush") && !of_slope_);
        f.usually = own ? f.usually : r_.causes.front().what;
      }
    }
  }

  void check_calls_of(std::size_t columns);

  kernel_report& r_;
  row_kernel<T> kernel_;
  calls_check calls_of_;
  kernel_options const& options_;
  row_function function_;
  bool of_slope_;
  bool from_output_;
  numbers<T> in_;
  row_expectations<T> expected_;
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
      state = mixed(state);
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
  calls_of_(r_, kernel_, b.known, b.dy, o);
}

} // namespace satur::inline SATUR_ABI::testing::detail
