// A consumer without xtensor.
#include <satur/activation.hpp>
#include <satur/diagnostic.hpp>
#include <satur/version.hpp>

#include <cstring>
#include <vector>

#if defined(XTENSOR_VERSION_MAJOR)
#error "satur::core brought xtensor in"
#endif

int main() {
  std::vector<float> const z{-6.0f, 0.0f, 1.0f, 7.0f};
  std::vector<float> a(z.size());
  auto const record = satur::forward(satur::sigmoid{}, z, a);
  bool const right = record.count == 4 && record.low == 1 && record.high == 1 && satur::saturated_fraction(z) == 0.5 &&
                     a[1] == 0.5f && std::strcmp(SATUR_VERSION_STRING, EXPECTED_VERSION) == 0;
  return right ? 0 : 1;
}
