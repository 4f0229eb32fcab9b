// The fused sigmoid pass over 2^14 floats, repeated as the argument states, at the given level: for counting
// instructions (bench/instructions.sh).
#include <satur/diagnostic.hpp>

#include <cstdlib>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
  int const times = argc > 1 ? std::atoi(argv[1]) : 1;
  bool const widest = argc <= 2 || std::string_view(argv[2]) != "baseline";
  std::size_t const n = std::size_t{1} << 14;
  std::vector<float> z(n);
  std::vector<float> y(n);
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = static_cast<float>((i * 2654435761u) % 20000) / 1000.0f - 10.0f;
  }
  satur::use_level(widest ? satur::math::best_level() : satur::math::compiled_level);
  satur::saturation total;
  for (int k = 0; k < times; ++k) {
    total += satur::forward(satur::sigmoid{}, z, y);
  }
  return total.fraction() > 0.0 ? 0 : 1;
}
