/// \file testing/kernel/call/caller.hpp  Calls a kernel in memory with guards, anywhere, and compares its
/// results.
#pragma once

#include "satur/testing/kernel/call/memory.hpp"

#include <array>
#include <functional>
#include <numeric>
#include <optional>

namespace satur::inline SATUR_ABI::testing::detail {

/// How the calls of a kernel are checked. A unit is what a kernel works on by itself: an element, or a row.
struct call_check_options {
  std::size_t unit = 1;                  ///< elements of a unit: columns of a row kernel
  std::size_t out_unit = 0;              ///< results of a unit; 0: as many as elements
  std::size_t multiple_of = 1;           ///< lengths are a multiple of it too
  std::size_t longest = 4096;            ///< elements in one call, but at least one unit
  bool in_place = true;                  ///< the result may stand in the place of each of the inputs
  bool same_anywhere = true;             ///< if not: memory is aligned, results at different places are not compared
  bool nan_may_leak_within_unit = false; ///< a NaN or infinity changes the whole row
  bool specials = true;                  ///< NaN and infinity are tried
  satur::format format = {};             ///< of codes
  std::optional<satur::format> output_format = std::nullopt;
  std::array<char const*, 2> names = {"z", "dy"}; ///< of the inputs
};

/// Where a call has its numbers.
struct call_place {
  static constexpr std::size_t apart = static_cast<std::size_t>(-1);
  std::size_t units = 1;
  std::size_t shift = 0;    ///< the first unit of the inputs
  std::size_t in = 0;       ///< offset of the inputs from an aligned address, in elements
  std::size_t out = 0;      ///< the same of the output
  std::size_t over = apart; ///< the input in whose place the result is
  unsigned fill = 0;        ///< what the output holds before the call, and what is around it: 0 or 1
  unsigned around_in = 0;   ///< what is around the inputs: 0 (a number) or 1 (NaN)
  std::string note = {};    ///< what else is told of the call
};

/// One type for all kernels of the same numbers: they are called through a std::function.
template <class T, std::size_t K> class kernel_caller {
public:
  using call_t = std::function<void(std::array<std::span<T const>, K> const&, std::span<T>)>;
  using inputs_t = std::array<std::vector<T>, K>;

  kernel_caller(kernel_report& r, call_t call, std::array<std::span<T const>, K> const& inputs,
                call_check_options const& o)
      : options(o), in{o.format}, out{o.output_format.value_or(o.format)}, unit(o.unit),
        out_unit(o.out_unit == 0 ? o.unit : o.out_unit),
        step(o.multiple_of / (std::max)(std::size_t{1}, std::gcd(o.unit, o.multiple_of))), r_(r),
        call_(std::move(call)) {
    if (unit == 0 || o.multiple_of == 0) {
      satur::detail::bad_parameter("check_kernel", unit == 0 ? "columns" : "multiple_of", 0, "1 at least");
    }
    std::size_t const wanted = (std::min)((std::max)(std::size_t{4096} / unit, std::size_t{5}), o.longest / unit);
    units = (std::max)(step, wanted / step * step);
    take(inputs);
    auto const specials = in.specials();
    around_[0] = base_[0][0];
    around_[1] = specials.empty() ? static_cast<T>(~std::uint64_t{0}) : specials.front();
  }

  call_check_options const& options;
  stored_numbers<T> in;
  stored_numbers<T> out;
  std::size_t unit;
  std::size_t out_unit;
  std::size_t step;  ///< numbers of units are a multiple of it
  std::size_t units; ///< of the longest call

  /// About n units: a number that the kernel takes.
  [[nodiscard]] std::size_t some(std::size_t n) const {
    return (std::min)(units, (std::max)(step, (n + step - 1) / step * step));
  }
  /// What an output holds before the call. Two numbers that a kernel does not give by chance.
  [[nodiscard]] static T fill_of(unsigned fill) {
    if constexpr (std::is_floating_point_v<T>) {
      return fill == 0 ? T(-2.75e-17L) : T(1.5e16L);
    } else {
      return static_cast<T>(fill == 0 ? 0xa5a5u : 0x5a5au);
    }
  }
  /// Element i of input k in a call without changes.
  [[nodiscard]] T input(std::size_t k, call_place const& p, std::size_t i) const {
    return base_[k][(p.shift * unit + i) % base_[k].size()];
  }

  /// The results of a call, after `change` has changed its inputs. What holds of every call is checked: nothing is
  /// written around the output, and the inputs stay.
  std::vector<T> results(call_place const& p, std::function<void(inputs_t&)> const& change = {}) {
    std::size_t const guard = (std::max)(std::size_t{64}, unit);
    inputs_t given;
    std::array<std::span<T const>, K> spans;
    for (std::size_t k = 0; k < K; ++k) {
      given[k].resize(p.units * unit);
      for (std::size_t i = 0; i < given[k].size(); ++i) {
        given[k][i] = input(k, p, i);
      }
    }
    if (change) {
      change(given);
    }
    for (std::size_t k = 0; k < K; ++k) {
      std::size_t const apart = p.units % 4 < 2 ? 0 : 3 * k; // the second input has an offset of its own
      memory_[k].place(given[k].size(), p.in == 0 ? 0 : (p.in + apart) % 16, guard, around_[p.around_in]);
      std::copy(given[k].begin(), given[k].end(), memory_[k].numbers().begin());
      spans[k] = memory_[k].numbers();
    }
    bool const in_place = p.over != call_place::apart;
    if (!in_place) {
      memory_[K].place(p.units * out_unit, p.out, guard, fill_of(p.fill));
    }
    guarded<T>& to = memory_[in_place ? p.over : K];
    call_(std::as_const(spans), to.numbers());
    ++r_.checks;
    T const around = in_place ? around_[p.around_in] : fill_of(p.fill);
    require_untouched(to.before(), around, p, "nothing is written before the beginning of the output");
    require_untouched(to.after(), around, p, "nothing is written past the end of the output");
    for (std::size_t k = 0; k < K; ++k) {
      if (k != p.over) {
        require_input(k, given[k], p);
      }
    }
    return {to.numbers().begin(), to.numbers().end()};
  }
  /// Whether both are the same. If not, this is one failure of the property.
  bool require_same(std::vector<T> const& got, std::vector<T> const& expected, call_place const& p,
                    std::string const& property, char const* usually) {
    ++r_.checks;
    std::size_t times = 0;
    std::size_t worst = 0;
    double most = -1.0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (out.zeros_of_both_signs(got[i], expected[i])) {
        fail_sign(got[i], expected[i], where(p, i));
      } else if (!out.same(got[i], expected[i])) {
        ++times;
        if (double const off = out.distance(got[i], expected[i]); off > most) {
          most = off;
          worst = i;
        }
      }
    }
    if (times != 0) {
      note_failure(r_, {property, where(p, worst), out.text(got[worst]), out.text(expected[worst]), most, "ulp", times,
                        usually});
    }
    return times == 0;
  }
  void fail_sign(T got, T expected, std::string where) {
    fail({"a zero has the same sign in every call", std::move(where), out.text(got), out.text(expected), 0.0, "", 1,
          "one of two formulas, for lanes and tail, loses the sign of 0"});
  }
  void fail(failure f) { note_failure(r_, std::move(f)); }
  void skip(std::string what) { r_.skipped.push_back(std::move(what)); }

  /// The place of result i in words.
  [[nodiscard]] std::string where(call_place const& p, std::size_t i) const {
    std::string text = p.note;
    for (std::size_t k = 0; k < K; ++k) {
      text += std::string(options.names[k]) + " = " + in.text(input(k, p, i / out_unit * unit + i % out_unit)) + ", ";
    }
    return text + "element " + satur::text::number(i) + ", " + where(p);
  }
  [[nodiscard]] std::string where(call_place const& p) const {
    using satur::text::number;
    std::string text = "a call of " + satur::detail::count_text(p.units * unit, "element");
    if (unit != 1) {
      text += " in rows of " + number(unit);
    }
    return text + (p.in == 0 && p.out == 0
                       ? std::string(", aligned")
                       : ", inputs " + number(p.in) + " and output " + satur::detail::count_text(p.out, "element") +
                             " after an aligned address");
  }

private:
  /// Inputs without NaN and infinity, in an order in which neighbors are unlike each other.
  void take(std::array<std::span<T const>, K> const& inputs) {
    std::size_t const given = inputs[0].size() / unit;
    std::vector<std::size_t> kept;
    for (std::size_t u = 0; u < given; ++u) {
      bool finite = true;
      for (auto const& all : inputs) {
        auto const one = all.subspan(u * unit, unit);
        finite = finite && std::all_of(one.begin(), one.end(), [this](T x) { return in.is_finite(x); });
      }
      if (finite) {
        kept.push_back(u);
      }
    }
    std::size_t const n = kept.size();
    auto jump = static_cast<std::size_t>(0.6180339887 * static_cast<double>(n)) + 1;
    while (std::gcd(jump, n) > 1) {
      ++jump;
    }
    for (std::size_t k = 0; k < K; ++k) {
      base_[k].assign(units * unit, T(0));
      for (std::size_t i = 0; i < base_[k].size() && n != 0; ++i) {
        base_[k][i] = inputs[k][kept[i / unit * jump % n] * unit + i % unit];
      }
    }
  }

  void require_untouched(std::span<T const> guard, T fill, call_place const& p, char const* property) {
    for (T const x : guard) {
      if (!out.untouched(x, fill)) {
        fail({property, where(p), out.text(x), "what was there before", 0.0, "", 1,
              "a whole register is stored where fewer elements are left, or the length is rounded up"});
        return;
      }
    }
  }
  void require_input(std::size_t k, std::vector<T> const& given, call_place const& p) {
    std::span<T const> const now = std::as_const(memory_[k]).numbers();
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (!in.untouched(now[i], given[i])) {
        fail({"the inputs stay as they are",
              options.names[k] + (" of element " + satur::text::number(i)) + ", " + where(p), in.text(now[i]),
              in.text(given[i]), 0.0, "", 1, "the input serves as memory for intermediate results"});
        return;
      }
    }
    require_untouched(memory_[k].before(), around_[p.around_in], p, "nothing is written around the inputs");
    require_untouched(memory_[k].after(), around_[p.around_in], p, "nothing is written around the inputs");
  }

  kernel_report& r_;
  call_t call_;
  std::array<std::vector<T>, K> base_;
  std::array<guarded<T>, K + 1> memory_;
  std::array<T, 2> around_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
