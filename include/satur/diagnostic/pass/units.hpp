/// \file pass/units.hpp  The pass that counts by unit: value, slope and every counter of every unit, one reading of z.
///
/// The lanes hold neighbouring units. A tile of a few samples of up to 256 units is evaluated, and counted while it is
/// in the first cache; its sums wait in a strip of 1024 units until up to 1024 samples have been seen, and then join
/// the record.
#pragma once

#include "satur/diagnostic/pass/lanes.hpp"
#include "satur/diagnostic/pass/mapping.hpp"
#include "satur/diagnostic/unit_records.hpp"

namespace satur::inline SATUR_ABI::detail {

inline constexpr std::size_t strip_units = 1024;
inline constexpr std::size_t strip_samples = 1024;
inline constexpr std::size_t tile_elements = 8192;
inline constexpr std::size_t tile_units = 1024;
inline constexpr std::size_t tile_samples = 64;
inline constexpr std::size_t widest = 16; ///< lanes

/// What gets at the parts of a record.
struct unit_access {
  static double* mean(unit_records& r, unit_mean m, std::size_t u) { return r.means_.data() + m * r.units_ + u; }
  static std::uint32_t* count(unit_records& r, unit_count c, std::size_t u) {
    return r.counts_.data() + c * r.units_ + u;
  }
  /// No counter can pass 2^32 with so many samples more, and every unit has seen as many numbers.
  static bool alike(unit_records const& r, std::uint64_t more) {
    return r.rarities_.empty() && r.samples_ + more <= never_active;
  }
  static void add_count(unit_records& r, unit_count c, std::size_t u, std::uint64_t n) { r.add_count(c, u, n); }
  static std::uint32_t longer_silence(std::uint32_t silence, std::uint64_t more) {
    return unit_records::longer_silence(silence, more);
  }
  static void add_unit(unit_records& r, std::size_t u, std::uint64_t samples, std::uint64_t nan, std::uint64_t infinite,
                       double slope, moments const& z, double output, double magnitude) {
    unit_records::unit_sizes const before{r.samples_ - r.nan(u), r.samples_ - r.nan(u) - r.infinite(u)};
    r.move_means(u, before, {samples - nan, samples - nan - infinite}, slope, z, output, magnitude);
    if (nan + infinite != 0) {
      unit_rarities& rare = r.rarities(u);
      rare.nan += nan;
      rare.infinite += infinite;
    }
  }
  static void add_samples(unit_records& r, std::uint64_t samples, std::uint64_t saturated) {
    r.samples_ += samples;
    r.lifetime_ += samples;
    r.saturated_samples_ += saturated;
  }
  static void add_gradient(unit_records& r, std::size_t u, std::uint64_t samples, std::uint64_t bad,
                           double mean_square) {
    r.move_gradient(u, r.gradient_samples_ - r.bad_gradients(u), samples - bad, mean_square);
    if (bad != 0) {
      r.rarities(u).bad_gradients += bad;
    }
  }
  static void add_gradient_samples(unit_records& r, std::uint64_t samples) { r.gradient_samples_ += samples; }

  /// Makes room at the first block; throws where a later one does not fit.
  static void prepare(char const* function, unit_records& r, unit_layout const& layout) {
    if (r.units_ == 0) {
      if (layout.units != 0) {
        r.size_for(layout.units);
      }
    } else if (layout.units != r.units_) {
      bad_shape(function, "z", layout_text(layout), message(r.units_, " units, as the record has"));
    }
  }
  static void prepare(char const* function, unit_records& r, unit_layout const& layout, rule_definition const& rule,
                      label const& activation, double peak_slope) {
    if (r.lifetime_ != 0 && (!(r.rule_ == rule) || r.activation_ != activation || r.peak_slope_ != peak_slope)) {
      throw std::invalid_argument(message("satur::", function, ": the record is of ", r.title(), ", the block of ",
                                          activation, " (", describe(rule),
                                          "); give each activation and rule a record of its own"));
    }
    prepare(function, r, layout);
    r.rule_ = rule;
    r.activation_ = activation;
    r.peak_slope_ = peak_slope;
  }
  /// The least number of saturated units that makes a sample saturated.
  static std::size_t needed_units(unit_records const& r) {
    double const n = static_cast<double>(r.units_);
    auto k = static_cast<std::size_t>(r.options_.sample_share * n);
    while (k > 0 && static_cast<double>(k - 1) / n >= r.options_.sample_share) {
      --k;
    }
    while (static_cast<double>(k) / n < r.options_.sample_share) {
      ++k;
    }
    return k;
  }
};

/// The sums of a strip. I is as wide as T, so that a counter fits the mask of a comparison.
template <class T> struct strip_sums {
  using S = sum_element<T>;
  using I = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  static constexpr std::size_t room = strip_units + widest;

  alignas(64) T shift[room]; ///< around which z is summed, so that a large mean costs the variance no digits
  alignas(64) S z[room];
  alignas(64) S square[room];
  alignas(64) S output[room];
  alignas(64) S magnitude[room];
  alignas(64) S slope[room];
  alignas(64) I low[room];
  alignas(64) I high[room];
  alignas(64) I active[room];
  alignas(64) I latest[room]; ///< number of the last active sample, the first is 1
  alignas(64) I nan[room];
  alignas(64) I infinite[room];

  void clear(std::size_t n) {
    for (S* const s : {z, square, output, magnitude, slope}) {
      std::fill(s, s + n, S(0));
    }
    for (I* const i : {low, high, active, latest, nan, infinite}) {
      std::fill(i, i + n, I(0));
    }
  }
};

template <class W> SATUR_INLINE W magnitude_of(W const& x) {
  if constexpr (math::real_lanes<W>) {
    using I = decltype(math::bits(x));
    using T = math::element_t<W>;
    return math::from_bits<T>(I(math::bits(x) & I(special_bits<T>::magnitude)));
  } else {
    return x < W(0) ? W(-x) : x;
  }
}

/// A register of W from as many T.
template <class W, class T> SATUR_INLINE W widened_from(T const* p) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<W> && std::same_as<T, float>) {
    return math::detail::load_widened<math::lane_count<W>>(p);
  } else
#endif
  {
    if constexpr (math::is_lanes_v<W>) {
      return math::load<W>(p);
    } else {
      return static_cast<W>(*p);
    }
  }
}

/// The sums of half a register of float, or of a register of double, over the samples of a tile.
template <class W> struct unit_column {
  W shift;
  W z;
  W square;
  W output;
  W magnitude;
  W slope;

  SATUR_INLINE void add(W const& x, W const& value, W const& steepness) {
    W const d = x - shift;
    z = z + d;
    square = math::madd(d, d, square);
    output = output + value;
    magnitude = magnitude + magnitude_of(value);
    slope = slope + steepness;
  }
  template <class T> SATUR_INLINE void load(strip_sums<T> const& s, std::size_t u, W const& around) {
    shift = around;
    z = math::load<W>(s.z + u);
    square = math::load<W>(s.square + u);
    output = math::load<W>(s.output + u);
    magnitude = math::load<W>(s.magnitude + u);
    slope = math::load<W>(s.slope + u);
  }
  template <class T> SATUR_INLINE void store(strip_sums<T>& s, std::size_t u) const {
    math::store(s.z + u, z);
    math::store(s.square + u, square);
    math::store(s.output + u, output);
    math::store(s.magnitude + u, magnitude);
    math::store(s.slope + u, slope);
  }
};

/// Sums of a strip as means that join the record; every unit has seen as many numbers.
struct strip_joining {
  unit_records& record;
  std::size_t first; ///< unit
  std::size_t units;
  double weight;  ///< of the strip's samples among all
  double inverse; ///< 1 / samples

  template <class W, class T> SATUR_INLINE void run(strip_sums<T> const& s) const {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<W>);
    double* const slope = unit_access::mean(record, of_slope, first);
    double* const output = unit_access::mean(record, of_output, first);
    double* const magnitude = unit_access::mean(record, of_magnitude, first);
    double* const z = unit_access::mean(record, of_z, first);
    double* const deviation = unit_access::mean(record, of_deviation, first);
    W const w = W(weight);
    W const inv = W(inverse);
    for (std::size_t u = 0; u < units; u += width) {
      std::size_t const here = std::min(width, units - u);
      toward(slope + u, here, math::load<W>(s.slope + u) * inv, w);
      toward(output + u, here, math::load<W>(s.output + u) * inv, w);
      toward(magnitude + u, here, math::load<W>(s.magnitude + u) * inv, w);
      W const off = math::load<W>(s.z + u) * inv;
      W const spread = math::maximum(W(math::load<W>(s.square + u) * inv - off * off), W(0.0));
      W const mean = load_first<W>(z + u, here, 0.0);
      W const d = widened_from<W>(s.shift + u) + off - mean;
      W const v = load_first<W>(deviation + u, here, 0.0);
      store_first(z + u, W(mean + d * w), here);
      store_first(deviation + u, W(v + ((spread - v) * w + d * d * W(weight * (1.0 - weight)))), here);
    }
  }

private:
  template <class W> SATUR_INLINE static void toward(double* mean, std::size_t here, W const& value, W const& w) {
    W const old = load_first<W>(mean, here, 0.0);
    store_first(mean, W(old + (value - old) * w), here);
  }
};

/// Row-major (outer, units, inner); y and dy may be null. `off` is the output of a unit that is not active.
template <class T, class Bound> struct unit_pass {
  evaluator<T> act;
  Bound const& rule;
  T const* z;
  T* y;
  T* dy;
  unit_layout layout;
  T off;
  unit_records& record;
  math::simd_level level;

  template <class L> SATUR_INLINE void run() {
    static_assert(static_cast<std::size_t>(math::lane_count<L>) <= widest);
    auto const rule_in_lanes = rule.template over<L>();
    std::size_t const needed = unit_access::needed_units(record);
    strip_sums<T> sums;
    room buffers;
    I saturated[strip_samples];
    I of_strip[strip_samples];
    std::size_t const samples = layout.samples();
    for (std::size_t first = 0; first < samples; first += strip_samples) {
      std::size_t const count = std::min(strip_samples, samples - first);
      std::fill(saturated, saturated + count, I(0));
      for (std::size_t u = 0; u < layout.units; u += strip_units) {
        std::size_t const units = std::min(strip_units, layout.units - u);
        strip<L, false>(rule_in_lanes, first, count, u, units, sums, buffers, of_strip);
        bool const checked = !clean<L>(sums, units);
        if (checked) { // NaN or infinity: once more, looking at each
          strip<L, true>(rule_in_lanes, first, count, u, units, sums, buffers, of_strip);
        }
        for (std::size_t i = 0; i < count; ++i) {
          saturated[i] += of_strip[i];
        }
        join<L>(sums, u, units, count, checked);
      }
      std::uint64_t over = 0;
      for (std::size_t i = 0; i < count; ++i) {
        over += static_cast<std::size_t>(saturated[i]) >= needed;
      }
      unit_access::add_samples(record, count, over);
    }
  }

private:
  using S = sum_element<T>;
  using I = typename strip_sums<T>::I;
  static constexpr std::size_t room_elements = tile_elements + tile_samples * widest;
  struct room {
    alignas(64) T z[room_elements];
    alignas(64) T values[room_elements];
    alignas(64) T slopes[room_elements];
    alignas(64) I rows[tile_samples * widest];
  };
  /// `samples` samples of `units` units, each array with a stride of its own.
  struct tile {
    T const* z;
    T const* values;
    T const* slopes;
    std::size_t z_stride;
    std::size_t value_stride;
    std::size_t slope_stride;
    std::size_t samples;
    std::size_t units;
  };

  template <class L, bool Checked, class Rule>
  SATUR_INLINE void strip(Rule const& bound, std::size_t first, std::size_t count, std::size_t u, std::size_t units,
                          strip_sums<T>& sums, room& own, I* saturated) {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    sums.clear(units + widest);
    // Where a unit's numbers lie together, a tile is long: each line of memory is read once.
    std::size_t const across = std::min(layout.inner == 1 ? tile_units : width, units);
    std::size_t const padded = (across + width - 1) / width * width;
    std::size_t const down = std::min(tile_samples, std::max<std::size_t>(1, tile_elements / padded));
    for (std::size_t s = 0; s < count;) {
      std::size_t const in_outer = layout.inner == 1 ? count : layout.inner - (first + s) % layout.inner;
      std::size_t const samples = std::min({down, count - s, in_outer});
      std::fill(own.rows, own.rows + samples * width, I(0));
      for (std::size_t b = 0; b < units; b += across) {
        std::size_t const here = std::min(across, units - b);
        bool const direct = layout.inner == 1 && here % width == 0;
        tile const t = direct ? evaluated(first + s, samples, u + b, here, own)
                              : packed(first + s, samples, u + b, here, (here + width - 1) / width * width, own);
        for (std::size_t k = 0; k < here; k += width) {
          if (s == 0) {
            centre<L>(t, k, sums.shift + b + k);
          }
          column<L, Checked>(bound, t, k, b + k, s, sums, own.rows);
        }
      }
      for (std::size_t i = 0; i < samples; ++i) {
        I sum = 0;
        for (std::size_t k = 0; k < width; ++k) {
          sum += own.rows[i * width + k];
        }
        saturated[s + i] = sum;
      }
      s += samples;
    }
  }

  /// Evaluated where it lies. Where a row of the tile is a whole row of the layer, f(z) and f'(z) go where they are
  /// wanted; else by way of our own room: rows 4 kB apart would push each other out of the first cache.
  SATUR_INLINE tile evaluated(std::size_t s, std::size_t samples, std::size_t u, std::size_t units, room& own) const {
    std::size_t const at = s * layout.units + u;
    bool const whole = units == layout.units;
    T* const values = whole && y != nullptr ? y + at : own.values;
    T* const slopes = whole && dy != nullptr ? dy + at : own.slopes;
    if (whole) {
      act.map(act.act, z + at, values, slopes, samples * units, level);
    } else {
      for (std::size_t i = 0; i < samples; ++i) {
        T* const row = values + i * units;
        T* const slope_row = slopes + i * units;
        act.map(act.act, z + at + i * layout.units, row, slope_row, units, level);
        if (y != nullptr) {
          std::copy(row, row + units, y + at + i * layout.units);
        }
        if (dy != nullptr) {
          std::copy(slope_row, slope_row + units, dy + at + i * layout.units);
        }
      }
    }
    return {z + at, values, slopes, layout.units, units, units, samples, units};
  }
  /// Copied together, units side by side and padded with 0, evaluated there, and copied to where it is wanted.
  SATUR_INLINE tile packed(std::size_t s, std::size_t samples, std::size_t u, std::size_t units, std::size_t padded,
                           room& own) const {
    std::size_t const at = (s / layout.inner * layout.units + u) * layout.inner + s % layout.inner;
    auto const each = [&](auto const& f) { // f(place in z, place in the tile), in the order of memory
      if (layout.inner == 1) {
        for (std::size_t i = 0; i < samples; ++i) {
          for (std::size_t k = 0; k < units; ++k) {
            f(at + i * layout.units + k, i * padded + k);
          }
        }
      } else {
        for (std::size_t k = 0; k < units; ++k) {
          for (std::size_t i = 0; i < samples; ++i) {
            f(at + k * layout.inner + i, i * padded + k);
          }
        }
      }
    };
    for (std::size_t i = 0; i < samples; ++i) {
      std::fill(own.z + i * padded + units, own.z + (i + 1) * padded, T(0));
    }
    each([&](std::size_t there, std::size_t here) { own.z[here] = z[there]; });
    act.map(act.act, own.z, own.values, own.slopes, samples * padded, level);
    if (y != nullptr) {
      each([&](std::size_t there, std::size_t here) { y[there] = own.values[here]; });
    }
    if (dy != nullptr) {
      each([&](std::size_t there, std::size_t here) { dy[there] = own.slopes[here]; });
    }
    return {own.z, own.values, own.slopes, padded, padded, padded, samples, units};
  }

  /// The median of three of the tile's samples, unit by unit.
  template <class L> SATUR_INLINE void centre(tile const& t, std::size_t k, T* to) const {
    L const a = finite<L>(t.z + k);
    L const b = finite<L>(t.z + t.samples / 2 * t.z_stride + k);
    L const c = finite<L>(t.z + (t.samples - 1) * t.z_stride + k);
    math::store(to, math::maximum(math::minimum(a, b), L(math::minimum(math::maximum(a, b), c))));
  }
  template <class L> SATUR_INLINE static L finite(T const* p) {
    using math::select;
    L const x = math::load<L>(p);
    return select(as_mask_of<L>(is_nan(x)) || as_mask_of<L>(is_infinite(x)), L(0), x);
  }

  /// One register of units, k in the tile and u in the strip, over the samples of the tile.
  template <class L, bool Checked, class Rule>
  SATUR_INLINE void column(Rule const& bound, tile const& t, std::size_t k, std::size_t u, std::size_t s,
                           strip_sums<T>& sums, I* rows) const {
    using W = typename pass_types<L>::wide;
    using C = std::conditional_t<math::is_lanes_v<L>, typename pass_types<L>::counter, I>;
    using math::select;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    constexpr std::size_t half = static_cast<std::size_t>(math::lane_count<W>);
    C low = math::load<C>(sums.low + u);
    C high = math::load<C>(sums.high + u);
    C active = math::load<C>(sums.active + u);
    C latest = math::load<C>(sums.latest + u);
    C const one = units_here<L, C>(t.units - k);
    L const around = math::load<L>(sums.shift + u);
    unit_column<W> first;
    unit_column<W> second;
    first.load(sums, u, widened_from<W>(sums.shift + u));
    if constexpr (half < width) {
      second.load(sums, u + half, widened_from<W>(sums.shift + u + half));
    }
    C number = C(static_cast<I>(s));
    for (std::size_t i = 0; i < t.samples; ++i) {
      T const* const x = t.z + i * t.z_stride + k;
      T const* const f = t.values + i * t.value_stride + k;
      T const* const g = t.slopes + i * t.slope_stride + k;
      L const here = math::load<L>(x);
      L const value = math::load<L>(f);
      L const steepness = math::load<L>(g);
      auto is_low = bound.low(here, value, steepness);
      auto is_high = bound.high(here, value, steepness);
      auto is_active = value != L(off);
      if constexpr (Checked) {
        auto const no_number = as_mask_of<L>(is_nan(here));
        auto const boundless = as_mask_of<L>(is_infinite(here));
        auto const usable = !no_number && !boundless;
        is_low = is_low && !no_number;
        is_high = is_high && !no_number;
        is_active = is_active && !no_number;
        math::store(sums.nan + u, counted(math::load<C>(sums.nan + u), no_number, C(1)));
        math::store(sums.infinite + u, counted(math::load<C>(sums.infinite + u), boundless, C(1)));
        T own[3][width];
        math::store(own[0], L(select(usable, here, around))); // less the shift, that is nothing
        math::store(own[1], L(select(usable, value, L(0))));
        math::store(own[2], L(select(no_number, L(0), steepness)));
        first.add(widened_from<W>(own[0]), widened_from<W>(own[1]), widened_from<W>(own[2]));
        if constexpr (half < width) {
          second.add(widened_from<W>(own[0] + half), widened_from<W>(own[1] + half), widened_from<W>(own[2] + half));
        }
      } else {
        first.add(widened_from<W>(x), widened_from<W>(f), widened_from<W>(g));
        if constexpr (half < width) {
          second.add(widened_from<W>(x + half), widened_from<W>(f + half), widened_from<W>(g + half));
        }
      }
      low = counted(low, is_low, C(1));
      high = counted(high, is_high, C(1));
      active = counted(active, is_active, C(1));
      number = number + C(1);
      latest = chosen(is_active, number, latest);
      I* const row = rows + i * width;
      math::store(row, counted(math::load<C>(row), is_low || is_high, one));
    }
    math::store(sums.low + u, low);
    math::store(sums.high + u, high);
    math::store(sums.active + u, active);
    math::store(sums.latest + u, latest);
    first.store(sums, u);
    if constexpr (half < width) {
      second.store(sums, u + half);
    }
  }

  /// 1 where the register holds a unit, 0 where it holds padding.
  template <class L, class C> SATUR_INLINE static C units_here(std::size_t n) {
    if constexpr (math::is_lanes_v<L>) {
      if (n < static_cast<std::size_t>(math::lane_count<L>)) {
        return chosen(first_lanes<L>(n), C(1), C(0));
      }
    }
    return C(1);
  }
  template <class C, class M> SATUR_INLINE static C chosen(M const& m, C const& a, C const& b) {
#if SATUR_HAS_LANES
    if constexpr (math::is_lanes_v<C>) {
      return math::select(math::mask_cast<math::element_t<C>>(m), a, b);
    } else
#endif
    {
      return m ? a : b;
    }
  }
  template <class C, class M> SATUR_INLINE static C counted(C const& n, M const& m, C const& one) {
    return chosen(m, C(n + one), n);
  }
  /// False where NaN, infinity or an overflow went in.
  template <class L> SATUR_INLINE static bool clean(strip_sums<T> const& s, std::size_t units) {
    using W = typename pass_types<L>::wide;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<W>);
    W total = W(0);
    for (std::size_t u = 0; u < units; u += width) { // the rest of the last register is padding, and finite
      total = total + math::load<W>(s.z + u) + math::load<W>(s.output + u) + math::load<W>(s.slope + u);
    }
    S const sum = sum_of(total);
    return !(is_nan(sum) || is_infinite(sum));
  }

  template <class L>
  SATUR_INLINE void join(strip_sums<T> const& s, std::size_t first, std::size_t units, std::size_t count,
                         bool checked) {
    using W = typename pass_types<L>::wide;
    double const n = static_cast<double>(count);
    bool const alike = !checked && unit_access::alike(record, count);
    bool means_joined = false;
    if constexpr (std::same_as<math::element_t<W>, double>) {
      if (alike) {
        double const all = static_cast<double>(record.samples()) + n;
        strip_joining{record, first, units, n / all, 1.0 / n}.template run<W>(s);
        means_joined = true;
      }
    }
    if (!means_joined) {
      for (std::size_t u = 0; u < units; ++u) {
        auto const nan = static_cast<std::uint64_t>(s.nan[u]);
        auto const infinite = static_cast<std::uint64_t>(s.infinite[u]);
        double const seen = n - static_cast<double>(nan);
        std::uint64_t const usable = count - nan - infinite;
        double const finite_count = static_cast<double>(usable);
        moments const around = moments_from(usable, static_cast<double>(s.shift[u]), static_cast<double>(s.z[u]),
                                            static_cast<double>(s.square[u]));
        unit_access::add_unit(record, first + u, count, nan, infinite, static_cast<double>(s.slope[u]) / seen, around,
                              static_cast<double>(s.output[u]) / finite_count,
                              static_cast<double>(s.magnitude[u]) / finite_count);
      }
    }
    std::uint32_t* const low = unit_access::count(record, of_low, first);
    std::uint32_t* const high = unit_access::count(record, of_high, first);
    std::uint32_t* const active = unit_access::count(record, of_active, first);
    std::uint32_t* const silence = unit_access::count(record, of_silence, first);
    for (std::size_t u = 0; u < units; ++u) {
      if (alike) {
        low[u] += static_cast<std::uint32_t>(s.low[u]);
        high[u] += static_cast<std::uint32_t>(s.high[u]);
        active[u] += static_cast<std::uint32_t>(s.active[u]);
      } else {
        unit_access::add_count(record, of_low, first + u, static_cast<std::uint64_t>(s.low[u]));
        unit_access::add_count(record, of_high, first + u, static_cast<std::uint64_t>(s.high[u]));
        unit_access::add_count(record, of_active, first + u, static_cast<std::uint64_t>(s.active[u]));
      }
      silence[u] = s.latest[u] > 0 ? static_cast<std::uint32_t>(count) - static_cast<std::uint32_t>(s.latest[u])
                                   : unit_access::longer_silence(silence[u], count);
    }
  }
};

/// dL/dz, row-major (outer, units, inner): the mean square of each unit's finite numbers. No square of a number that is
/// not 0 counts as less than 1e-290, so that a mean of 0 says that all were exactly 0.
template <class T> struct unit_gradient_pass {
  T const* g;
  unit_layout layout;
  unit_records& record;

  template <class L> SATUR_INLINE void run() {
    using W = typename pass_types<L>::wide;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<W>);
    alignas(64) S sums[strip_units + widest];
    alignas(64) T packed[tile_units + widest];
    std::size_t const samples = layout.samples();
    for (std::size_t first = 0; first < samples; first += strip_samples) {
      std::size_t const count = std::min(strip_samples, samples - first);
      for (std::size_t u = 0; u < layout.units; u += strip_units) {
        std::size_t const units = std::min(strip_units, layout.units - u);
        std::fill(sums, sums + units + widest, S(0));
        S total = 0;
        for (std::size_t s = first; s < first + count; ++s) {
          std::size_t const at = (s / layout.inner * layout.units + u) * layout.inner + s % layout.inner;
          if (layout.inner == 1) {
            add<W, width>(g + at, units, sums);
          } else {
            for (std::size_t b = 0; b < units; b += tile_units) {
              std::size_t const here = std::min(tile_units, units - b);
              for (std::size_t k = 0; k < here; ++k) {
                packed[k] = g[at + (b + k) * layout.inner];
              }
              add<W, width>(packed, here, sums + b);
            }
          }
        }
        for (std::size_t k = 0; k < units; ++k) {
          total += sums[k];
        }
        if (is_nan(total) || is_infinite(total)) {
          checked(first, count, u, units);
        } else {
          for (std::size_t k = 0; k < units; ++k) {
            unit_access::add_gradient(record, u + k, count, 0,
                                      static_cast<double>(sums[k]) / static_cast<double>(count));
          }
        }
      }
      unit_access::add_gradient_samples(record, count);
    }
  }

private:
  using S = sum_element<T>;
  static constexpr double least = 1e-290;

  template <class W, std::size_t width> SATUR_INLINE static void add(T const* from, std::size_t n, S* sums) {
    std::size_t k = 0;
    for (; k + width <= n; k += width) {
      math::store(sums + k, W(math::load<W>(sums + k) + square<W>(from + k)));
    }
    for (; k < n; ++k) {
      sums[k] += square_of(from[k]);
    }
  }
  template <class W> SATUR_INLINE static W square(T const* p) {
    using math::select;
    if constexpr (std::same_as<T, float>) { // no float but 0 has a square below 1e-90
      W const x = widened_from<W>(p);
      return x * x;
    } else {
      W const x = math::load<W>(p);
      W const square = x * x;
      return select(x != W(0) && square < W(static_cast<S>(least)), W(static_cast<S>(least)), square);
    }
  }
  static S square_of(T x) {
    S const wide = static_cast<S>(x);
    S const square = wide * wide;
    return x != T(0) && square < static_cast<S>(least) ? static_cast<S>(least) : square;
  }
  void checked(std::size_t first, std::size_t count, std::size_t u, std::size_t units) {
    for (std::size_t k = u; k < u + units; ++k) {
      std::uint64_t bad = 0;
      S sum = 0;
      for (std::size_t s = first; s < first + count; ++s) {
        T const x = g[(s / layout.inner * layout.units + k) * layout.inner + s % layout.inner];
        if (is_nan(x) || is_infinite(x)) {
          ++bad;
        } else {
          sum += square_of(x);
        }
      }
      unit_access::add_gradient(record, k, count, bad, static_cast<double>(sum) / static_cast<double>(count - bad));
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
