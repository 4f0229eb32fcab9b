/// \file testing/kernel/call_checks.hpp  What a kernel over buffers can do wrong beside its numbers: another result at
/// another place, NaN in neighbors, writes out of bounds, elements that are not written, state.
#pragma once

#include "satur/testing/kernel/call/caller.hpp"

namespace satur::inline SATUR_ABI::testing::detail {

template <class T, std::size_t K> class call_checks {
public:
  explicit call_checks(kernel_caller<T, K>& c) : c_(c) {}

  void run() {
    for (unsigned const fill : {0u, 1u}) {
      static_cast<void>(c_.results({.units = 0, .fill = fill})); // its guards tell whether it writes
    }
    steady_ = repeats({.units = c_.units}) && repeats({.units = c_.some(7)});
    if (steady_) {
      expected_ = c_.results({.units = c_.units});
      alone_ = stands_alone(c_.some(64)) && stands_alone(c_.units);
    } else {
      c_.skip("other places, NaN, in place: the same call does not give the same result twice");
    }
    lengths();
    if (!written_) {
      c_.skip("other places, NaN, in place: not every element is written");
    }
    if (steady_ && written_ && c_.options.in_place && c_.out_unit == c_.unit) {
      in_place();
    }
    if (alone_ && written_ && c_.options.specials) {
      for (T const x : c_.in.specials()) {
        for (std::size_t k = 0; k < K; ++k) {
          special(x, k);
        }
      }
    }
    if (steady_) {
      call_place const p{.units = c_.units};
      c_.require_same(c_.results(p), expected_, p, "the same call gives the same result",
                      "calls between have changed a state: a static or shared buffer");
    }
  }

private:
  using inputs_t = typename kernel_caller<T, K>::inputs_t;

  bool repeats(call_place const& p) {
    auto const once = c_.results(p);
    return c_.require_same(c_.results(p), once, p, "the same call gives the same result",
                           "memory that is not initialized, or a state that lives from call to call");
  }

  /// Every other unit gets another input: the results of those between stay.
  bool stands_alone(std::size_t units) {
    bool const rows = c_.unit != 1;
    call_place const p{.units = units};
    auto const before = c_.results(p);
    for (std::size_t const odd : {std::size_t{0}, std::size_t{1}}) {
      auto after = c_.results(p, [&](inputs_t& given) {
        for (std::size_t k = 0; k < K; ++k) {
          for (std::size_t i = 0; i < given[k].size(); ++i) {
            if (i / c_.unit % 2 == odd) {
              given[k][i] = c_.input(k, {.shift = units / 2 + 1}, i);
            }
          }
        }
      });
      for (std::size_t i = 0; i < after.size(); ++i) {
        after[i] = i / c_.out_unit % 2 == odd ? before[i] : after[i];
      }
      if (!c_.require_same(after, before, p,
                           rows ? "a row depends on itself alone" : "an element depends on itself alone",
                           rows ? "a sum or maximum runs over other rows or over columns: the wrong axis, or not reset"
                                : "a sum, a maximum or a scale of the whole array, or an index that is off by one")) {
        return false;
      }
    }
    return true;
  }

  /// The numbers of units that are tried: all short ones, and those around the lengths of blocks.
  [[nodiscard]] std::vector<std::size_t> tried_lengths() const {
    std::vector<std::size_t> all;
    auto const add = [&](std::size_t n) {
      n = c_.some(n);
      if (c_.unit == 1 || n * c_.unit <= 4096 || n <= 3 || all.empty()) {
        all.push_back(n);
      }
    };
    for (std::size_t n = 1; n <= 67; ++n) {
      if (c_.unit == 1 || n < 6 || n == 8 || n == 9 || n == 17 || n == 33) {
        add(n);
      }
    }
    if (c_.unit == 1) {
      for (std::size_t const block : {128u, 192u, 256u, 512u, 1024u, 2048u}) {
        add(block - 1), add(block), add(block + 1);
      }
    }
    add(c_.units);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  /// Each length at each alignment, from another unit each time, with both fills.
  void lengths() {
    std::vector<std::size_t> const all = tried_lengths();
    std::size_t shift = 0;
    for (std::size_t const n : all) {
      std::size_t const jump = n * c_.unit <= 200 ? 1 : n * c_.unit <= 1100 ? 3 : 5;
      for (std::size_t a = 0; a < (c_.options.same_anywhere ? 16u : 1u); a += jump) {
        call_place p{.units = n, .shift = shift, .in = n % 3 == 2 ? 0 : a, .out = n % 3 == 1 ? 5 * a % 16 : a};
        shift = (shift + n + 61) % c_.units;
        auto const first = c_.results(p);
        p.fill = p.around_in = 1;
        compare(first, c_.results(p), p);
      }
    }
    if (places_.empty() || !written_) { // what is not written is not there to compare with
      return;
    }
    std::size_t longest = 0;
    for (differing_place const& d : places_) {
      longest = (std::max)(longest, d.n);
    }
    worst_.usually = common_cause(places_, longest < all.back() * c_.out_unit ? longest : 0, 64 / sizeof(T));
    worst_.times = places_.size();
    c_.fail(worst_);
  }

  /// Two calls at one place, of different memory around, and the reference.
  void compare(std::vector<T> const& first, std::vector<T> const& second, call_place p) {
    bool differ = false;
    for (std::size_t i = 0; i < first.size(); ++i) {
      bool const kept = c_.out.untouched(first[i], c_.fill_of(0)) && c_.out.untouched(second[i], c_.fill_of(1));
      differ = differ || (!kept && !c_.out.same(first[i], second[i]));
      if (kept) {
        written_ = false;
        c_.fail({"every element is written", c_.where(p, i), "what was there before", "a result", 0.0, "", 1,
                 "the loop ends at the last whole register, or starts behind the first element"});
      }
      std::size_t const from = (p.shift * c_.out_unit + i) % (c_.units * c_.out_unit);
      if (!kept && alone_ && c_.options.same_anywhere && !c_.out.same(first[i], expected_[from])) {
        note_place(first[i], expected_[from], i, p);
      }
    }
    if (differ && steady_) {
      p.fill = 0;
      bool const reads_beyond = !c_.require_same(
          c_.results(p), first, p, "what stands beyond the inputs does not matter",
          "a whole register is loaded where fewer elements are left, and its other lanes take part in the result");
      if (!reads_beyond) {
        c_.require_same(second, first, p, "what the output held before does not matter",
                        "the result is added to the output (+=), or the output is read before it is written");
      }
    }
  }
  void note_place(T got, T expected, std::size_t i, call_place const& p) {
    if (c_.out.zeros_of_both_signs(got, expected)) {
      c_.fail_sign(got, expected, c_.where(p, i));
      return;
    }
    double const off = c_.out.distance(got, expected);
    places_.push_back({i, p.units * c_.out_unit, p.in, p.out});
    if (off > worst_.error) {
      worst_.where = c_.where(p, i);
      worst_.got = c_.out.text(got);
      worst_.expected = c_.out.text(expected) + " as in a long aligned call";
      worst_.error = off;
    }
  }

  void in_place() {
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t const n : {1u, 3u, 8u, 17u, 67u, 4096u}) {
        call_place p{.units = c_.some(n), .shift = n % c_.units};
        auto const apart = c_.results(p);
        p.over = k;
        c_.require_same(c_.results(p), apart, p,
                        std::string("the result may stand in the place of ") + c_.options.names[k],
                        "an input is read again after its result is written; keep it, or set in_place to false");
      }
    }
  }

  /// NaN or infinity at every position of a short call and some of a long one: the others keep their results, and its
  /// own is always the same.
  void special(T x, std::size_t k) {
    bool const is_nan = c_.in.is_nan(x);
    std::string const name = is_nan ? "NaN" : "infinity";
    std::size_t const between = (std::max)(std::size_t{1}, (c_.unit - 1) / 2);
    for (std::size_t column = 0; column < c_.unit; column += between) {
      std::vector<T> own;
      for (std::size_t const n : {c_.some(c_.unit == 1 ? 35 : 5), c_.some(c_.unit == 1 ? 259 : 5)}) {
        for (std::size_t at = 0; at<n; at += n> 200 ? 13 : 1) {
          call_place p{.units = n, .shift = (2 * c_.units - at) % c_.units}; // always the same unit gets it
          auto const without = c_.results(p);
          auto with = c_.results(p, [&](inputs_t& given) { given[k][at * c_.unit + column] = x; });
          p.note = c_.in.text(x) + " as " + c_.options.names[k] + " of element " +
                   satur::text::number(at * c_.unit + column) + ": ";
          auto const first = static_cast<std::ptrdiff_t>(at * c_.out_unit);
          auto const behind = first + static_cast<std::ptrdiff_t>(c_.out_unit);
          if (own.empty()) {
            own.assign(with.begin() + first, with.begin() + behind);
          }
          auto same = with;
          std::copy(own.begin(), own.end(), same.begin() + first);
          if (c_.options.same_anywhere) {
            c_.require_same(with, same, p, name + " gives the same result at every position",
                            "minimum and maximum of lanes take the second operand if one is NaN, those of the tail "
                            "the number; or only one of both has a clamp");
          }
          for (std::size_t i = 0; i < c_.out_unit; ++i) {
            if (c_.unit == 1 || c_.options.nan_may_leak_within_unit || i == column) {
              with[at * c_.out_unit + i] = without[at * c_.out_unit + i];
            }
          }
          c_.require_same(with, without, p,
                          name + " stays in its " + (c_.options.nan_may_leak_within_unit ? "row" : "element"),
                          "a register is blended by products with 0 and 1 (0 times NaN is NaN), summed, or sent "
                          "another way as a whole");
        }
      }
    }
  }

  kernel_caller<T, K>& c_;
  bool steady_ = false;
  bool alone_ = false;
  std::vector<T> expected_;
  std::vector<differing_place> places_;
  bool written_ = true;
  failure worst_{
      "the same input gives the same result at every position, length and alignment", "", "", "", -1.0, "ulp", 1, ""};
};

/// Calls a kernel in every way that must not matter, and adds to the report what does.
///
/// `call(inputs, out)` runs the kernel once: inputs are K spans (z, or z and dy) of the same length, NaN beside numbers
/// is right. `inputs` are numbers to choose from. What the kernel throws passes through.
template <class T, std::size_t K, class Call>
void check_calls(kernel_report& r, Call const& call, std::array<std::span<T const>, K> const& inputs,
                 call_check_options const& o) {
  kernel_caller<T, K> caller(r, std::cref(call), inputs, o);
  call_checks<T, K>(caller).run();
}

} // namespace satur::inline SATUR_ABI::testing::detail
