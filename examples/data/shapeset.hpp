// Shapeset-3x2 (Glorot and Bengio 2010, section 2.1): an endless stream of 32 x 32 gray images with one or two objects,
// each a triangle, a parallelogram or an ellipse; nine classes. Generated, so there is nothing to download.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace datasets {

class shapeset {
public:
  static constexpr std::size_t side = 32;
  static constexpr std::size_t pixels = side * side;
  static constexpr std::size_t classes = 9;

  /// The same seed gives the same images with every standard library: no std distribution is used.
  explicit shapeset(std::uint64_t seed) : state_(seed) {}

  /// Writes one image, values in [-1, 1], row by row, and returns its class: 0-2 a single triangle, parallelogram or
  /// ellipse; 3-5 two different ones (without ellipse, without parallelogram, without triangle); 6-8 two equal ones.
  std::size_t draw(std::span<float, pixels> picture) {
    bool const two = uniform() < 0.5;
    bool const bright_background = uniform() < 0.5;
    auto const light = [this] { return std::floor((0.55 + 0.45 * uniform()) * 255.0); };
    auto const dark = [this] { return std::floor(0.45 * uniform() * 255.0); };
    auto const gray = [](double level) { return static_cast<float>(level / 255.0 * 2.0 - 1.0); };

    std::ranges::fill(picture, gray(bright_background ? light() : dark()));
    shape const first = draw_shape(nullptr);
    fill(picture, first, gray(bright_background ? dark() : light()));
    if (!two) {
      return first.kind;
    }
    shape const second = draw_shape(&first);
    fill(picture, second, gray(bright_background ? dark() : light()));
    if (first.kind == second.kind) {
      return 6 + first.kind;
    }
    return 2 + first.kind + second.kind; // 0+1, 0+2, 1+2
  }

private:
  struct point {
    double x, y;
  };
  struct shape {
    std::size_t kind;
    std::vector<point> corners; // around its center
    point center;
    double area;
  };
  static constexpr std::array<std::size_t, 3> corner_count{3, 4, 20};

  std::uint64_t next() { // SplitMix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  std::size_t below(std::size_t n) {
    return std::min(n - 1, static_cast<std::size_t>(uniform() * static_cast<double>(n)));
  }

  static point rotated(point p, double angle) { // row vector times rotation
    double const c = std::cos(angle);
    double const s = std::sin(angle);
    return {p.x * c - p.y * s, p.x * s + p.y * c};
  }

  /// A shape of random kind, size, direction and place; size and place are drawn again while it covers too much of the
  /// other.
  shape draw_shape(shape const* other) {
    constexpr double turn = 2.0 * std::numbers::pi;
    std::size_t const kind = below(3);
    std::size_t const n = corner_count[kind];
    double const corners = static_cast<double>(n);
    double before = turn * static_cast<double>(below(255 / n)) / 255.0;
    if (before > turn / (2.0 * corners)) {
      before -= turn / corners;
    }
    double const after = turn * static_cast<double>(below(255)) / 255.0;

    shape s;
    for (int tries = 0; tries <= 50; ++tries) {
      double long_side = (0.2 + 0.6 * uniform()) * static_cast<double>(side);
      double short_side = (0.2 + 0.6 * uniform()) * static_cast<double>(side);
      if (long_side < short_side) {
        std::swap(long_side, short_side);
      }
      double const straighten = -std::atan(short_side / long_side * std::tan(before));
      s = {kind, {}, {}, long_side * short_side * corners * std::sin(turn / corners) / turn};
      point low{0.0, 0.0};
      point high{0.0, 0.0};
      for (std::size_t i = 0; i < n; ++i) {
        double const angle = turn * (static_cast<double>(i) / corners + 0.5 / corners + 0.25);
        point p = rotated({0.5 * std::cos(angle), 0.5 * std::sin(angle)}, before);
        p = rotated(rotated({p.x * long_side, p.y * short_side}, straighten), after);
        low = {std::min(low.x, p.x), std::min(low.y, p.y)};
        high = {std::max(high.x, p.x), std::max(high.y, p.y)};
        s.corners.push_back(p);
      }
      // Keeps a border of one pixel. Shapes too large for that are centered.
      s.center = {place(low.x, high.x), place(low.y, high.y)};
      if (other == nullptr || s.area * overlap(s, *other) / other->area <= 0.5) {
        break;
      }
    }
    return s;
  }
  double place(double low, double high) {
    double const room = static_cast<double>(side) - 2.0 - (high - low);
    return room > 0.0 ? 1.0 - low + room * uniform() : 0.5 * static_cast<double>(side) - 0.5 * (low + high);
  }

  /// The overlap of two shapes along the line between their centers.
  static double overlap(shape const& a, shape const& b) {
    double const dx = b.center.x - a.center.x;
    double const dy = b.center.y - a.center.y;
    double const distance = std::hypot(dx, dy);
    if (distance == 0.0) {
      return 1.0;
    }
    auto const reach = [&](shape const& s, double sign) {
      double most = 0.0;
      for (point const& p : s.corners) {
        most = std::max(most, sign * (p.x * dx + p.y * dy) / distance);
      }
      return most;
    };
    double const projected = reach(a, 1.0) + reach(b, -1.0);
    return projected > distance ? 1.0 - std::exp(-(projected - distance) * std::numbers::ln2 / distance) : 0.0;
  }

  /// Fills a convex shape: in each row, the pixels whose center lies between its outermost edges.
  static void fill(std::span<float, pixels> picture, shape const& s, float gray) {
    std::size_t const n = s.corners.size();
    for (std::size_t row = 0; row < side; ++row) {
      double const y = static_cast<double>(row) + 0.5 - s.center.y;
      double left = 1e9;
      double right = -1e9;
      for (std::size_t i = 0; i < n; ++i) {
        point const& a = s.corners[i];
        point const& b = s.corners[(i + 1) % n];
        if ((a.y <= y) != (b.y <= y)) {
          double const x = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x) + s.center.x;
          left = std::min(left, x);
          right = std::max(right, x);
        }
      }
      if (left <= right) {
        auto const from = static_cast<std::ptrdiff_t>(std::ceil(left - 0.5));
        auto const to = static_cast<std::ptrdiff_t>(std::floor(right - 0.5));
        for (std::ptrdiff_t x = std::max<std::ptrdiff_t>(from, 0); x <= std::min<std::ptrdiff_t>(to, side - 1); ++x) {
          picture[row * side + static_cast<std::size_t>(x)] = gray;
        }
      }
    }
  }

  std::uint64_t state_;
};

} // namespace datasets
