// Numbers as text: shortest digits that read back, C's %g, %f and %e as oracle, shares, and any global locale.
#include "satur/text/number.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <locale>
#include <string>

namespace text = satur::text;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string printed(char const* format, int digits, double x) {
  std::array<char, 512> out{};
  std::snprintf(out.data(), out.size(), format, digits, x);
  return out.data();
}

/// The text of printf, without its sign if all of its digits are 0.
std::string without_sign_of_zero(std::string const& text) {
  return !text.empty() && text.front() == '-' && std::strtod(text.c_str(), nullptr) == 0.0 ? text.substr(1) : text;
}

/// Significant digits of a text, without zeros at either end.
std::size_t digits_of(std::string const& number) {
  std::string digits;
  for (char const c : number.substr(0, number.find('e'))) {
    if (c >= '0' && c <= '9') {
      digits += c;
    }
  }
  std::size_t const first = digits.find_first_not_of('0');
  return first == std::string::npos ? 0 : digits.find_last_not_of('0') - first + 1;
}

/// The least number of digits from which strtod reads x back.
std::size_t fewest_digits(double x) {
  int digits = 1;
  while (std::strtod(printed("%.*e", digits - 1, x).c_str(), nullptr) != x) {
    ++digits;
  }
  return digits_of(printed("%.*e", digits - 1, x));
}

/// Doubles of every size, from a linear congruential generator.
template <class F> void for_many(F const& f) {
  std::uint64_t state = 1;
  for (int i = 0; i < 5000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    auto const x = std::bit_cast<double>(state);
    if (satur::detail::is_finite(x)) {
      f(x);
      f(static_cast<double>(static_cast<std::int64_t>(state) >> 34) / 1000.0);
    }
  }
}

struct comma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

} // namespace

TEST_CASE("number text: the shortest that reads back to the same number") {
  CHECK(text::number(0.1) == "0.1");
  CHECK(text::number(0.1f) == "0.1");
  CHECK(text::number(5.0) == "5");
  CHECK(text::number(-0.0) == "-0");
  CHECK(text::number(1.0 / 3.0) == "0.3333333333333333");
  CHECK(text::number(0.1 + 0.2) == "0.30000000000000004");
  CHECK(text::number(100000.0) == "100000"); // no exponent for numbers of ordinary size
  CHECK(text::number(123456789012345.0) == "123456789012345");
  CHECK(text::number(0x1p53 - 1.0) == "9007199254740991");
  CHECK(text::number(0x1p53) == "9.007199254740992e+15"); // its neighbor is 2 away
  CHECK(text::number(1234567.0f) == "1234567");
  CHECK(text::number(0x1p24f) == "1.6777216e+07");
  CHECK(text::number(0.0001) == "0.0001");
  CHECK(text::number(0.00001) == "1e-05");
  CHECK(text::number(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  CHECK(text::number(std::numeric_limits<double>::denorm_min()) == "5e-324");
  CHECK(text::number(infinity) == "inf");
  CHECK(text::number(-infinity) == "-inf");
  CHECK(text::number(none) == "nan");
  CHECK(text::number(-none) == "nan");
  CHECK(text::number(0.1L) == "0.1");
  CHECK(text::number(-7) == "-7");
  CHECK(text::number(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(text::number(true) == "1");
  CHECK(text::number('\3') == "3"); // a number, not a character
  std::size_t wrong = 0;
  for_many([&](double x) {
    std::string const all = text::number(x);
    auto const f = static_cast<float>(x);
    bool const f_is_finite = satur::detail::is_finite(static_cast<double>(f));
    wrong += std::strtod(all.c_str(), nullptr) != x || digits_of(all) != fewest_digits(x);
    wrong += f_is_finite && std::strtof(text::number(f).c_str(), nullptr) != f;
  });
  CHECK(wrong == 0);
}

TEST_CASE("number text: rounded numbers equal those of printf, but for the sign of 0") {
  CHECK(text::significant(1.0 / 3.0, 4) == "0.3333");
  CHECK(text::significant(123456.0, 3) == "1.23e+05");
  CHECK(text::decimals(2.0 / 3.0, 2) == "0.67");
  CHECK(text::decimals(0.5, 0) == "0");
  CHECK(text::scientific(12345.0, 2) == "1.23e+04");
  CHECK(text::significant(none, 3) == "-");
  CHECK(text::decimals_within(8, none, 3) == "-");
  CHECK(text::decimals_within(8, 9999.9994, 3) == "9999.999");
  CHECK(text::decimals_within(8, 9999.9996, 3) == "1.00e+04"); // 10000.000 has 9 characters
  CHECK(text::decimals_within(8, -999.5, 3) == "-999.500");
  CHECK(text::decimals_within(8, -12345.0, 3) == "-1.2e+04");
  CHECK(text::decimals_within(8, -1.75e38, 3) == "-1.8e+38");
  CHECK(text::decimals_within(8, -1.75e300, 3) == "-2e+300");
  CHECK(text::decimals_within(8, 0.0001, 3) == "0.000");
  CHECK(text::decimals_within(2, 1e300, 3) == "1e+300"); // the shortest there is
  CHECK(text::decimals_within(8, std::numeric_limits<double>::infinity(), 3) == "inf");
  CHECK(text::decimals(none, 3) == "-");
  CHECK(text::scientific(none, 3) == "-");
  CHECK(text::significant(-infinity, 3) == "-inf");
  std::size_t wrong = 0;
  for_many([&](double x) {
    for (int const digits : {0, 1, 2, 6, 17, 100}) {
      wrong += text::significant(x, digits) != without_sign_of_zero(printed("%.*g", digits, x));
      wrong += text::decimals(x, digits) != without_sign_of_zero(printed("%.*f", digits, x));
      wrong += text::scientific(x, digits) != without_sign_of_zero(printed("%.*e", digits, x));
    }
  });
  CHECK(wrong == 0);
}

TEST_CASE("number text: a reading of 0 has no sign") {
  CHECK(text::significant(-0.0, 4) == "0");
  CHECK(text::scientific(-0.0, 2) == "0.00e+00");
  CHECK(text::decimals(-0.0, 3) == "0.000");
  CHECK(text::decimals(-0.0004, 3) == "0.000");
  CHECK(text::decimals(-0.4, 0) == "0");
  CHECK(text::decimals(-0.0006, 3) == "-0.001");
  CHECK(text::significant(-1e-300, 3) == "-1e-300");
  CHECK(text::scientific(-5e-324, 0) == "-5e-324");
  CHECK(text::percent(-0.0) == "0");
  CHECK(text::limit_percent(-0.0) == "0");
  CHECK(text::number(-0.0) == "-0"); // the number that reads back
}

TEST_CASE("percent text: 0 and 100 only for exact shares") {
  CHECK(text::percent(-1e-300) == ">-0.1"); // a mean slope
  CHECK(text::percent(-0.000499) == ">-0.1");
  CHECK(text::percent(-0.0005) == "-0.1");
  CHECK(text::percent(-0.02) == "-2.0");
  CHECK(text::percent(0.0) == "0");
  CHECK(text::percent(1e-300) == "<0.1");
  CHECK(text::percent(0.000499) == "<0.1");
  CHECK(text::percent(0.0005) == "0.1");
  CHECK(text::percent(0.5) == "50.0");
  CHECK(text::percent(0.99949) == "99.9");
  CHECK(text::percent(0.9995) == ">99.9");
  CHECK(text::percent(1.0 - 1e-16) == ">99.9");
  CHECK(text::percent(1.0) == "100");
  CHECK(text::percent(1.5) == "150.0"); // for example a slope above the stated peak
  CHECK(text::percent(none) == "-");
}

TEST_CASE("percent text: a limit keeps enough digits to be distinct from 0 and 100") {
  CHECK(text::limit_percent(0.0265922) == "2.66");
  CHECK(text::limit_percent(0.07) == "7"); // 100.0 * 0.07 is not 7
  CHECK(text::limit_percent(0.999) == "99.9");
  CHECK(text::limit_percent(0.99999) == "99.999");
  CHECK(text::limit_percent(0.00001) == "0.001");
  CHECK(text::limit_percent(-0.00001) == "-0.001");
  CHECK(text::limit_percent(0.0) == "0");
  CHECK(text::limit_percent(1.0) == "100");
  CHECK(text::limit_percent(none) == "-");
}

TEST_CASE("number text: independent of the global locale") {
  std::locale const before = std::locale::global(std::locale(std::locale::classic(), new comma));
  std::string const all = text::number(1234567.5) + ' ' + text::number(1234567) + ' ' + text::significant(1234.5, 5) +
                          ' ' + text::decimals(1234.5, 1) + ' ' + text::percent(0.5) + ' ' +
                          text::limit_percent(0.025) + ' ' + satur::detail::message(1234567, ' ', 0.5);
  std::locale::global(before);
  CHECK(all == "1234567.5 1234567 1234.5 1234.5 50.0 2.5 1234567 0.5");
}

TEST_CASE("text: a number and its noun, which is singular where the number is 1 as it is printed") {
  using satur::detail::count_text;
  CHECK(count_text(0, "unit") == "0 units");
  CHECK(count_text(std::uint64_t{1}, "unit") == "1 unit");
  CHECK(count_text(11, "unit") == "11 units");
  CHECK(count_text(-1, "unit") == "-1 units");
  CHECK(count_text(1.0, "sample") == "1 sample");
  CHECK(count_text(text::significant(1.004, 3), "sample") == "1 sample");
  CHECK(count_text("1.01", "sample") == "1.01 samples");
  CHECK(count_text(1, "property fails", "properties fail") == "1 property fails");
  CHECK(count_text(2, "property fails", "properties fail") == "2 properties fail");
}
