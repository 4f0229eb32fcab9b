/// \file testing/kernel/cause/storage.hpp  What goes wrong with numbers in few bits: an input or a result rounded too
/// far, codes read as another format, zero points and scales that are off, truncation, conversions that wrap around.
#pragma once

#include "satur/format/code.hpp"
#include "satur/format/formats.hpp"
#include "satur/testing/kernel/cause/fit.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// What the function asked for is at z, times dy if it is a slope. NaN stays NaN.
[[nodiscard]] inline double asked_at(kernel_evidence const& e, kernel_sample const& s, double z) {
  if (is_nan(z)) {
    return z;
  }
  auto const x = static_cast<long double>(z);
  return static_cast<double>(e.of_slope ? e.slope(x) * static_cast<long double>(s.dy) : e.value(x));
}

/// The code of x in a format with scale, as a kernel would store it.
[[nodiscard]] inline std::uint32_t stored_code(satur::format const& f, double x, double scale) {
  return encode(f, x * scale, f.codes == format::coding::ieee ? overflow::special : overflow::saturate);
}

/// x as a number with so many digits and that smallest normal exponent, infinite if it is too large.
[[nodiscard]] inline double held_by(satur::format const& f, double x) {
  double const r = round_to(f, x);
  return r > f.largest || r < f.lowest ? r * std::numeric_limits<double>::infinity() : r;
}

/// Whether nearly all results are numbers of a narrower format, and tell more than 0 and 1.
[[nodiscard]] inline double share_held(kernel_evidence const& e, satur::format const* f) {
  auto const held = [&](kernel_sample const& s) {
    double const x = e.of_slope ? s.got / s.dy : s.got; // the slope may be narrow, and dy not
    for (double const r : {x, s.got}) {
      double const kept = f == nullptr ? static_cast<double>(static_cast<float>(r)) : held_by(*f, r);
      if (std::fabs(kept - r) <= 0x1p-51 * std::fabs(r) || (is_nan(r) && is_nan(kept)) || kept == r) {
        return true;
      }
    }
    return false;
  };
  std::size_t informative = 0;
  std::size_t wrong = 0;
  std::size_t right = 0;
  for (kernel_sample const& s : e.wrong) {
    wrong += held(s) ? 1 : 0;
    informative += is_finite(s.got) && s.got != 0.0 && s.got != 1.0 && s.got != -1.0 &&
                           std::fabs(static_cast<long double>(s.got) - s.exact) <= 0.01L * std::fabs(s.exact)
                       ? 1
                       : 0;
  }
  for (kernel_sample const& s : e.right) {
    right += held(s) ? 1 : 0;
  }
  bool const all = 10 * wrong >= 9 * e.wrong.size() && 10 * right >= 9 * e.right.size() && 2 * informative >= wrong;
  return all && informative >= 8 ? static_cast<double>(wrong) / static_cast<double>(e.wrong.size()) : 0.0;
}

/// Input, result or an intermediate in a narrower format.
inline void add_narrow_numbers(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  using numbers = kernel_evidence::numbers;
  if (e.type == numbers::stored) {
    return;
  }
  bool const twice = e.type == numbers::binary64;
  satur::format const* const narrow[] = {&formats::float16, &formats::bfloat16, nullptr};
  for (satur::format const* f : narrow) {
    if (f == nullptr && !twice) {
      break;
    }
    std::string_view const name = f == nullptr ? "float" : f->name.view();
    list.offer(
        1,
        sentence({"z is rounded to ", name, " before anything is computed: keep it in ", twice ? "double" : "float"}),
        [&e, f](kernel_sample const& s, std::vector<double>& out) {
          double const z = f == nullptr ? static_cast<double>(static_cast<float>(s.z)) : held_by(*f, s.z);
          out.push_back(as_result(e, asked_at(e, s, z)));
        });
    if (double const share = share_held(e, f); share > 0.0) {
      list.note(
          2,
          sentence({"Results have the digits of ", name, " only: compute and store in ", twice ? "double" : "float",
                    f == nullptr ? " (no suffix f on constants, exp and not expf)" : ""}),
          share, 2.0 * share + 0.2);
    }
  }
  if (!twice || list.any_better_than(3)) {
    return;
  }
  std::size_t like_float = 0;
  std::size_t sizable = 0;
  for (kernel_sample const& s : e.wrong) {
    long double const error = std::fabs(static_cast<long double>(s.got) - s.exact);
    like_float += error <= 0x1p-16L * std::fabs(s.exact) ? 1 : 0;
    sizable += error >= 0x1p-36L * std::fabs(s.exact) ? 1 : 0;
  }
  if (e.wrong.size() >= 16 && 10 * like_float >= 9 * e.wrong.size() && 2 * sizable >= e.wrong.size() &&
      2 * e.right.size() <= 3 * e.wrong.size()) {
    double const share = static_cast<double>(like_float) / static_cast<double>(e.wrong.size());
    list.note(4,
              "The errors are as large as those of float, in a kernel for double: a constant or a function has the "
              "suffix f, or something is stored in float; keep all of it in double",
              share, 2.0 * share);
  }
}

/// Codes of z or of the results, taken for those of another format.
inline void add_mistaken_formats(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  for (satur::format const& other : formats::all()) {
    if (other.bits == e.format.bits && other.name.view() != e.format.name.view()) {
      list.offer(other.is_integer() ? 2 : 1,
                 sentence({"Codes of z are read as ", other.name.view(), ", but they are ", e.format.name.view()}),
                 [&e, other](kernel_sample const& s, std::vector<double>& out) {
                   satur::format f = other;
                   f.zero_point = e.format.zero_point;
                   double const z = decode(f, stored_code(e.format, s.z, e.scale)) / e.scale;
                   out.push_back(as_result(e, asked_at(e, s, z)));
                 });
    }
    if (other.bits == e.output_format.bits && other.name.view() != e.output_format.name.view()) {
      list.offer(other.is_integer() ? 2 : 1,
                 sentence({"Results are written as ", other.name.view(), ", but ", e.output_format.name.view(),
                           " is asked for"}),
                 [&e, other](kernel_sample const& s, std::vector<double>& out) {
                   satur::format f = other;
                   f.zero_point = e.output_format.zero_point;
                   std::uint32_t const code = stored_code(f, static_cast<double>(s.exact), e.output_scale);
                   out.push_back(decode(e.output_format, code) / e.output_scale);
                 });
    }
  }
}

/// Integers: zero points, scales, and how the result becomes a code.
inline void add_quantization(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  auto const input = [&](std::string const& what, double factor, double shift) {
    list.offer(1, what, [&e, factor, shift](kernel_sample const& s, std::vector<double>& out) {
      out.push_back(as_result(e, asked_at(e, s, s.z * factor + shift)));
    });
  };
  /// `made` gives the code without bounds, before the zero point is taken off.
  auto const output = [&](std::string const& what, bool wraps, auto made) {
    list.offer(1, what, [&e, made, wraps](kernel_sample const& s, std::vector<double>& out) {
      satur::format const& f = e.output_format;
      double q = made(static_cast<double>(s.exact) * e.output_scale + f.zero_point);
      if (wraps) {
        q -= std::floor((q - f.lowest) / (f.largest - f.lowest + 1.0)) * (f.largest - f.lowest + 1.0);
      }
      out.push_back((std::fmin(std::fmax(q, f.lowest), f.largest) - f.zero_point) / e.output_scale);
    });
  };
  if (e.format.is_integer()) {
    double const zero = e.format.zero_point;
    for (double const d : {1.0, -1.0, 128.0, -128.0}) {
      input(sentence({"The zero point of z is off by ", text::significant(std::fabs(d), 5)}), 1.0, d / e.scale);
    }
    if (zero != 0.0) {
      input("The zero point of z is forgotten: z is (q - zero_point) / scale", 1.0, zero / e.scale);
      input("The zero point of z is added; subtract it: z is (q - zero_point) / scale", 1.0, 2.0 * zero / e.scale);
    }
    input("z is q * scale in the code, but q / scale is right, or the other way round", e.scale * e.scale, 0.0);
    input("z is q * scale in the code, but q / scale is right, or the other way round", 1.0 / (e.scale * e.scale), 0.0);
    for (double const r : {128.0 / 127.0, 127.0 / 128.0, 256.0 / 255.0, 255.0 / 256.0, 2.0, 0.5}) {
      input(sentence({"The scale of z is off by the factor ", text::significant(r, 5)}), r, 0.0);
    }
  }
  if (!e.output_format.is_integer()) {
    return;
  }
  output("The result is truncated to an integer; round it to nearest (lrint, nearbyint) first", false,
         [](double q) { return std::trunc(q); });
  output("The result is rounded down to an integer; round it to nearest (lrint, nearbyint)", false,
         [](double q) { return std::floor(q); });
  output("1/2 is added and the sum truncated, which is wrong for negative numbers: use lrint or nearbyint", false,
         [](double q) { return std::trunc(q + 0.5); });
  output("Results that are too large wrap around: clamp before the conversion to an integer", true,
         [](double q) { return std::nearbyint(q); });
  output("Results that are too large wrap around, and are truncated: round and clamp before the conversion", true,
         [](double q) { return std::trunc(q); });
  for (double const d : {1.0, -1.0, 128.0, -128.0}) {
    output(sentence({"The zero point of the result is off by ", text::significant(std::fabs(d), 5)}), false,
           [d](double q) { return std::nearbyint(q) + d; });
  }
  double const zero = e.output_format.zero_point;
  if (zero != 0.0) {
    output("The zero point of the result is forgotten: the code is round(y * scale) + zero_point", false,
           [zero](double q) { return std::nearbyint(q - zero); });
  }
  for (double const r : {128.0 / 127.0, 127.0 / 128.0, 256.0 / 255.0, 255.0 / 256.0, 2.0, 0.5}) {
    output(sentence({"The scale of the result is off by the factor ", text::significant(r, 5)}), false,
           [r, zero](double q) { return std::nearbyint((q - zero) * r + zero); });
  }
}

/// Floating formats: how the result becomes a code.
inline void add_conversions(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  satur::format const& f = e.output_format;
  if (f.is_integer()) {
    return;
  }
  std::string_view const name = f.name.view();
  list.offer(1, sentence({"The result is truncated to ", name, "; round to nearest, ties to even"}),
             [&e](kernel_sample const& s, std::vector<double>& out) {
               for (double const nudge : {1.0, 1.0 - 0x1p-23, 1.0 + 0x1p-23}) { // float before it is rounded
                 double const x = static_cast<double>(s.exact) * nudge;
                 double const step = unit_at(e, static_cast<long double>(x));
                 out.push_back(is_finite(x) ? std::trunc(x / step) * step : x);
               }
             });
  list.offer(
      1,
      sentence(
          {"Too large a result wraps around, or becomes the code of another number: saturate before the conversion to ",
           name}),
      [&e](kernel_sample const& s, std::vector<double>& out) {
        satur::format const& g = e.output_format;
        double const r = round_to(g, static_cast<double>(s.exact) * e.output_scale);
        bool const beyond = r > g.largest || r < g.lowest;
        out.push_back(beyond ? s.got : as_result(e, static_cast<double>(s.exact)));
      });
  for (satur::format const* const through : {&formats::float16, &formats::bfloat16}) {
    if (through->name.view() != f.name.view()) {
      list.offer(
          2,
          sentence({"The result is rounded twice, to ", through->name.view(), " and then to ", name, ": round once"}),
          [&e, through](kernel_sample const& s, std::vector<double>& out) {
            out.push_back(as_result(e, held_by(*through, static_cast<double>(s.exact))));
          });
    }
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
