// Buffers of sixteen-bit numbers.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

namespace {

/// Every sixteen-bit pattern once.
std::vector<std::uint16_t> all_patterns() {
  std::vector<std::uint16_t> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<std::uint16_t>(i);
  }
  return all;
}

template <class A, class View>
void over(digest::sheet& lines, std::string_view type, std::string const& name, A const& act, View const& as) {
  std::vector<std::uint16_t> const z = all_patterns();
  std::vector<std::uint16_t> y(z.size()), dy(z.size());
  digest::at_each_level([&](std::string_view level) {
    digest::line& l = lines.add("half/" + name, type, level);
    satur::saturation const seen = satur::forward(act, as(z), as(y), as(dy), satur::z_beyond{});
    digest::put(l, seen);
    l.numbers(y);
    l.numbers(dy);
    digest::put(l, satur::forward(act, as(z), as(y), satur::slope_below{}));
    digest::put(l, satur::observe(act, as(z), satur::z_beyond{1.0}));
    satur::apply(act, as(z), as(y));
    satur::apply_derivative(act, as(z), as(dy));
    l.numbers(y);
    l.numbers(dy);
    l.number(satur::saturated_fraction(as(z), 5.0));
    l.show("mean slope", seen.mean_derivative());
  });
}

} // namespace

void digest::halves(sheet& lines) {
  auto const bfloat16 = [](auto& buffer) { return satur::as_bfloat16(buffer); };
  auto const float16 = [](auto& buffer) { return satur::as_float16(buffer); };
  auto const both = [&](std::string const& name, auto const& act) {
    over(lines, "bfloat16", name, act, bfloat16);
    over(lines, "float16", name, act, float16);
  };
  both("sigmoid", satur::sigmoid{});
  both("relu", satur::relu{});
  both("gelu", satur::gelu{});
}
