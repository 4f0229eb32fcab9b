/// \file testing/kernel/sweep/runner.hpp  Calls a kernel with consecutive inputs, and compares.
#pragma once

#include "satur/testing/kernel/sweep/inputs.hpp"
#include "satur/testing/kernel/sweep/judge.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// A kernel as the checks call it: with z or y, dy (anything for a kernel of the value), and the results.
template <class T> using kernel_call = std::function<void(std::span<T const>, std::span<T const>, std::span<T>)>;

/// Calls the kernel with consecutive inputs, and compares. One for each thread.
template <class T> class kernel_runner {
public:
  using exact = exact_type<T>;

  kernel_runner(kernel_case<T> const& c, kernel_inputs<T> const& inputs, kernel_call<T> const& call)
      : case_(c), judge_(c), inputs_(inputs), call_(call), limits_(segment_limits<T>()),
        longest_((std::max<std::size_t>)(c.options.longest_call / c.options.multiple_of, 1) * c.options.multiple_of) {}

  /// The inputs first to first + count. The one before is tried too if the order of values counts.
  [[nodiscard]] kernel_tally run(std::uint64_t first, std::uint64_t count) {
    kernel_tally t;
    t.segments.resize(limits_.size() + 1);
    segment_ = 0;
    has_before_ = false;
    std::uint64_t const before = ordered() && first != 0 ? 1u : 0u;
    std::uint64_t const end = first + count;
    for (std::uint64_t k = first - before; k < end;) {
      auto const n = static_cast<std::size_t>((std::min<std::uint64_t>)(longest_, end - k));
      call(k, n);
      for (std::size_t i = 0; i < n; ++i) {
        look(t, k + i, i, k + i >= first);
      }
      k += n;
    }
    return t;
  }

private:
  [[nodiscard]] bool ordered() const { return !case_.of_slope && case_.options.monotone && case_.known.monotone(); }

  /// Calls the kernel with n inputs from number k on. What it does not write stays NaN, or the code with all bits set.
  void call(std::uint64_t k, std::size_t n) {
    std::size_t const m = case_.options.multiple_of;
    std::size_t const padded = (n + m - 1) / m * m;
    z_.resize(n);
    inputs_.copy(k, z_);
    wide_.resize(n);
    exact_.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      wide_[i] = static_cast<exact>(case_.in.number(z_[i]));
    }
    if (case_.of_slope) {
      case_.act.slopes(wide_, exact_);
      choose_dy(k);
    } else {
      case_.act.values(wide_, exact_);
    }
    given_ = z_;
    if (case_.options.from_output) {
      case_.act.values(wide_, wide_);
      for (std::size_t i = 0; i < n; ++i) {
        given_[i] = case_.in.nearest(wide_[i]);
      }
    }
    given_.resize(padded, given_.back());
    dy_.resize(padded, dy_.empty() ? T{} : dy_.back());
    T unwritten{};
    std::memset(&unwritten, 0xff, sizeof(T));
    got_.assign(padded, unwritten);
    call_(std::span<T const>(given_), std::span<T const>(dy_), std::span<T>(got_));
  }

  /// dy is 1 at most inputs; else a power of two, 0, or a number with more digits, such that the exact product is well
  /// within the range of normal numbers, as the slope is. Multiplies the exact slopes.
  void choose_dy(std::uint64_t k) {
    static constexpr double of_float[] = {1, 1,  1,      1,        1, 1,      1,       1,
                                          1, -1, 0x1p20, -0x1p-20, 0, 0x1p40, 0x1p-40, 12.0 / 7.0};
    static constexpr double of_code[] = {-1, 4, -0.25, 0, 16, 0.0625, 1.75, 2};
    double one = case_.in.number(case_.in.nearest(exact(1)));
    one = one == 0.0 ? case_.in.smallest() : one;
    dy_.resize(z_.size());
    for (std::size_t i = 0; i < z_.size(); ++i) {
      std::uint64_t const hash = mixed(bits_of(z_[i]) ^ 0x5bd1e995u);
      double dy = one;
      if constexpr (is_code<T>) {
        dy = (k + i) % 2 == 0 ? one : case_.in.number(case_.in.nearest(of_code[hash % 8]));
      } else {
        dy = of_float[hash % 16];
      }
      // A kernel may compute the slope first: it, too, must be a normal number.
      double const slope = static_cast<double>(std::fabs(exact_[i]));
      double const least = 16.0 * (std::max)(case_.to.smallest_normal(), case_.to.smallest());
      double const most = static_cast<double>(case_.to.largest(false)) / 16.0;
      double const product = slope * std::fabs(dy);
      bool const in_range = slope >= least && slope <= most && product >= least && product <= most;
      dy = std::fabs(dy) == one || in_range || (dy == 0.0 && slope <= most) ? dy : one;
      dy_[i] = case_.in.nearest(static_cast<exact>(dy));
      exact_[i] *= static_cast<exact>(case_.in.number(dy_[i]));
    }
  }

  void look(kernel_tally& t, std::uint64_t k, std::size_t i, bool counts) {
    bool const is_number = k < inputs_.ordinary;
    double const z = case_.in.number(z_[i]);
    while (is_number && segment_ < limits_.size() && z >= limits_[segment_]) {
      ++segment_;
    }
    segment_tally* const segment = is_number ? &t.segments[segment_] : nullptr;
    kernel_result<T> const r{z_[i], given_[i], case_.of_slope ? dy_[i] : T{}, got_[i], exact_[i]};
    if (counts) {
      ++t.inputs;
      bool const right = is_right(segment, z, r) || judge_.look(t, segment, r);
      // Of floats one in 16 may become a sample.
      if (right && segment != nullptr && (!std::same_as<T, float> || k % 16 == 0) &&
          segment->right.wants(bits_of(r.z))) {
        segment->right.add(case_.place(r, judge_.plain_error(r)));
      }
    }
    if (ordered() && is_number) {
      look_at_order(t, r, counts);
    }
  }

  /// The usual case, quickly: a float within 1/2 unit.
  bool is_right(segment_tally* segment, double z, kernel_result<T> const& r) {
    if constexpr (!std::same_as<T, float>) {
      return false;
    } else {
      constexpr double largest = static_cast<double>((std::numeric_limits<float>::max)());
      if (segment == nullptr || !(std::fabs(r.exact) <= largest) ||
          !(std::fabs(static_cast<double>(r.got)) <= largest)) {
        return false;
      }
      double const error = error_in_units(r.got, r.exact);
      if (!(error <= 0.5)) {
        return false;
      }
      ++segment->count;
      ++segment->with_error;
      ++segment->half;
      segment->sum += error;
      segment->add(error, z, bits_of(r.z));
      return true;
    }
  }

  /// Whether the value went back since the input before.
  void look_at_order(kernel_tally& t, kernel_result<T> const& r, bool counts) {
    double const got = case_.to.number(r.got);
    if (counts && has_before_ && !is_nan(got) && !is_nan(before_)) {
      double const back = case_.known.rises ? before_ - got : got - before_;
      if (back > 0.0) {
        bool const in_range = is_finite(static_cast<double>(r.exact)) && !case_.to.overflows(r.exact);
        exact const unit = case_.to.unit(in_range ? r.exact : case_.to.largest(false));
        double const units = static_cast<double>(static_cast<exact>(back) / unit);
        ++t.steps_back;
        if (units > t.largest_step_back) {
          t.largest_step_back = units;
          t.step_back_at = case_.in.number(r.z);
        }
        if (units > case_.allowed) {
          kernel_place p = case_.place(r, units);
          p.sample.y = before_; // the value before
          p.what = fault::order;
          t.of(fault::order).add(p, units);
          t.first_bad = t.first_bad ? t.first_bad : p.sample.z;
        }
      }
    }
    before_ = got;
    has_before_ = true;
  }

  kernel_case<T> const& case_;
  kernel_judge<T> judge_;
  kernel_inputs<T> const& inputs_;
  kernel_call<T> const& call_;
  std::span<double const> limits_;
  std::size_t longest_;
  std::size_t segment_ = 0;
  double before_ = 0.0;
  bool has_before_ = false;
  std::vector<T> z_;
  std::vector<T> given_; ///< what the kernel gets: z, or y
  std::vector<T> dy_;
  std::vector<T> got_;
  std::vector<exact> wide_;
  std::vector<exact> exact_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
