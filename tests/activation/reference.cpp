// Values and slopes against tables of exact numbers: the project's own, and a larger one if it is present.
#include "support/activations.hpp"
#include "support/contract.hpp"
#include "support/ulp.hpp"

#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct row {
  std::string_view name;
  double z;
  long double value;
  long double slope;
};

// A plain array: a vector of rows with strings would take the compiler 4 GB.
constexpr row own_table[] = {
#include "reference/activations.inc"
};

/// Worst error in ulp of the rows of A, by scalar calls and by an array pass at every compiled level. A false
/// zero has an infinite error.
template <class T, class A> double worst_of(A const& act, std::span<row const> table, std::size_t& used) {
  std::vector<T> z;
  std::vector<row> rows;
  for (row const& r : table) {
    if (r.name == A::name && (static_cast<double>(static_cast<T>(r.z)) == r.z || std::isnan(r.z))) {
      z.push_back(static_cast<T>(r.z));
      rows.push_back(r);
    }
  }
  used = z.size();
  double worst = 0.0;
  auto const compare = [&](T got, long double exact) {
    double const error = test::false_zero(got, exact) ? HUGE_VAL : test::ulp_error(got, exact);
    worst = std::max(worst, error);
  };
  auto const compare_slope = [&](row const& r, T got) {
    double const error = test::false_zero(got, r.slope) ? HUGE_VAL : test::ulp_error(got, r.slope);
    worst = std::max(worst, test::slope_error(act, r.z, error, got, r.slope));
  };
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<satur::math::simd_level>(l));
    satur::apply(act, z, y);
    satur::apply_derivative(act, z, dy);
    for (std::size_t i = 0; i < z.size(); ++i) {
      compare(y[i], rows[i].value);
      compare_slope(rows[i], dy[i]);
      compare(act.value(z[i]), rows[i].value);
      compare_slope(rows[i], act.derivative(z[i]));
    }
  }
  return worst;
}

/// Rows of a table of the shared references: activation, params, z, f, df, …; strtold because a cell may be far below
/// the smallest double. Rows with other than our default parameters are left out. The rows' names live as long as
/// `names`.
std::vector<row> read(std::istream& in, std::set<std::string>& names) {
  std::vector<row> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::string name;
    std::string params;
    std::string z;
    std::string value;
    std::string slope;
    std::getline(cells, name, ',');
    std::getline(cells, params, ',');
    std::getline(cells, z, ',');
    std::getline(cells, value, ',');
    std::getline(cells, slope, ',');
    name = name == "hard_silu" ? "hard_swish" : name;
    bool const by_default = params.empty() || params == "alpha=1" || params == "beta=1" ||
                            params == "negative_slope=0.01" || params == "negative_slope=0.25";
    if (by_default) {
      rows.push_back({*names.insert(name).first, std::strtod(z.c_str(), nullptr), std::strtold(value.c_str(), nullptr),
                      std::strtold(slope.c_str(), nullptr)});
    }
  }
  return rows;
}

} // namespace

TEST_CASE_TEMPLATE("exact table: every activation within its ulp contract, no false zero", T, float, double) {
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    std::size_t used = 0;
    CHECK(worst_of<T>(act, own_table, used) <= test::allowed_ulp<T>(act));
    CHECK(used >= (std::is_same_v<T, float> ? 50u : 70u)); // the table has every activation
  });
}

TEST_CASE_TEMPLATE("shared table: every activation within its ulp contract, no false zero", T, float, double) {
  std::string const path = std::string(SATUR_SHARED_DIR) + "/reference/activations.csv";
  std::ifstream file(path);
  if (!file) {
    MESSAGE("skipped: " << path << " is not there (-DSATUR_SHARED_DIR=… says where it is)");
    return;
  }
  std::set<std::string> names;
  std::vector<row> const table = read(file, names);
  test::for_each_activation([&](auto const& act) {
    CAPTURE(act.name);
    std::size_t used = 0;
    CHECK(worst_of<T>(act, table, used) <= test::allowed_ulp<T>(act));
    std::string_view constexpr not_there[] = {"soft_shrink", "hard_shrink", "threshold",   "squareplus",
                                              "tanh_shrink", "exponential", "sparse_plus", "sparse_sigmoid",
                                              "erf",         "gelu_quick"};
    bool const listed = std::find(std::begin(not_there), std::end(not_there), act.name) == std::end(not_there);
    CHECK((used > 150) == listed);
  });
}

TEST_CASE("exact table: long double within 4 ulp") {
  if (std::numeric_limits<long double>::digits != 64) {
    MESSAGE("skipped: the table is written for long double of 64 bits");
    return;
  }
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    if (act.name != "leaky_relu") { // its slope is a double
      for (row const& r : own_table) {
        if (r.name == act.name && std::fabs(r.value) > 1e-4000L && std::fabs(r.slope) > 1e-4000L) {
          CHECK(test::ulp_error(act.value(static_cast<long double>(r.z)), r.value) <= 4.0);
          CHECK(test::ulp_error(act.derivative(static_cast<long double>(r.z)), r.slope) <= 4.0);
        }
      }
    }
  });
}

TEST_CASE("self-test: the comparison with the table detects an error") {
  std::size_t used = 0;
  std::vector<row> const off = {{"tanh", 1.0, 0.7615941559558L, 0.4199743416140260693944967L}}; // 13 digits
  CHECK(worst_of<double>(satur::tanh{}, off, used) > 2.0);
  std::vector<row> const not_zero = {{"relu", -1.0, 1e-300L, 0.0L}};
  CHECK(worst_of<double>(satur::relu{}, not_zero, used) == HUGE_VAL);
  std::istringstream text("activation,params,z,f,df\nrelu,,-2,0,0\nleaky_relu,negative_slope=0.5,-2,-1,0.5\n");
  std::set<std::string> names;
  CHECK(read(text, names).size() == 1);
}
