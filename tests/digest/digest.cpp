#include "digest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <vector>

namespace digest {

void hash::add(std::string_view bytes) {
  for (char const c : bytes) {
    state_ = (state_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  empty_ = false;
}

std::string hash::text() const {
  if (empty_) {
    return "-";
  }
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(state_));
  return digits.data();
}

line::line(std::string name, std::string_view type, std::string_view level) : key_(std::move(name)) {
  key_.append(" ").append(type).append(" ").append(level);
}

void line::word(std::uint64_t x) {
  std::array<char, 8> bytes;
  for (char& b : bytes) { // lowest byte first on every machine
    b = static_cast<char>(static_cast<unsigned char>(x & 255u));
    x >>= 8;
  }
  numbers_.add({bytes.data(), bytes.size()});
}

void line::number(double x) {
  word(std::isnan(x) ? std::uint64_t{0x7ff8000000000000u} : __builtin_bit_cast(std::uint64_t, x));
}

void line::number(float x) { number(static_cast<double>(x)); }

void line::number(long double x) { // its leading digits, then the others
  double const leading = static_cast<double>(x);
  number(leading);
  number(std::isfinite(leading) ? static_cast<double>(x - static_cast<long double>(leading)) : 0.0);
}

void line::show(std::string_view what, double x) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.9g", std::isnan(x) ? std::numeric_limits<double>::quiet_NaN() : x);
  shown_.append(shown_.empty() ? "" : ", ").append(what).append(" ").append(digits.data());
}

std::ostream& operator<<(std::ostream& out, line const& l) {
  out << l.key_ << " | " << l.numbers_.text() << " | " << l.bytes_.text() << " | " << l.words_.text();
  return l.shown_.empty() ? out : out << " | " << l.shown_;
}

void sheet::print(std::ostream& out) const {
  std::vector<line const*> sorted;
  for (line const& l : lines_) {
    sorted.push_back(&l);
  }
  std::ranges::sort(sorted, {}, &line::key);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i != 0 && sorted[i - 1]->key() == sorted[i]->key()) {
      throw std::logic_error("two lines of the digest are called " + sorted[i]->key());
    }
    out << *sorted[i] << '\n';
  }
}

std::string_view level_name(simd_level level) {
  return level == simd_level::avx512 ? "avx512" : level == simd_level::avx2 ? "avx2" : "baseline";
}

} // namespace digest
