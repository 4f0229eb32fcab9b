// Kernels of softmax, log_softmax and logsumexp: right ones pass, and each usual mistake is found with its cause.
#include "satur/format/formats.hpp"
#include "satur/rowwise.hpp"
#include "satur/testing/kernel/row_kernel.hpp"
#include "support/exact_row.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace {

using satur_test::exact_row;

std::vector<exact_row> const exact_rows = {
#include "reference/rows.inc"
};

using satur::testing::check_row_backward_kernel;
using satur::testing::check_row_kernel;
using satur::testing::kernel_options;
using satur::testing::kernel_report;
template <class T> using in = std::span<T const>;
template <class T> using row_function = std::function<void(in<T>, std::span<T>)>;
template <class T> using gradient_function = std::function<void(in<T>, in<T>, std::span<T>)>;

/// A kernel that does f to each row.
template <class T> auto each_row(row_function<T> f) {
  return [f](in<T> z, std::span<T> y, std::size_t columns) {
    for (std::size_t i = 0; i < z.size(); i += columns) {
      f(z.subspan(i, columns), y.subspan(i, columns));
    }
  };
}
template <class T> auto each_gradient(gradient_function<T> f) {
  return [f](in<T> y, in<T> dy, std::span<T> dz, std::size_t columns) {
    for (std::size_t i = 0; i < y.size(); i += columns) {
      f(y.subspan(i, columns), dy.subspan(i, columns), dz.subspan(i, columns));
    }
  };
}
template <class T> T largest(in<T> z) { return *std::max_element(z.begin(), z.end()); }
template <class T> T sum(in<T> z) {
  T s = 0;
  for (T const x : z) {
    s += x;
  }
  return s;
}

/// softmax with something subtracted, and something added to the sum.
template <class T> row_function<T> softmax_less(std::function<T(in<T>)> shift, T epsilon = 0) {
  return [=](in<T> z, std::span<T> y) {
    T const m = shift(z);
    T s = epsilon;
    for (std::size_t j = 0; j < z.size(); ++j) {
      y[j] = std::exp(z[j] - m);
      s += y[j];
    }
    for (T& e : y) {
      e /= s;
    }
  };
}
template <class T> row_function<T> log_softmax_less(std::function<T(in<T>)> shift) {
  return [=](in<T> z, std::span<T> y) {
    T const m = shift(z);
    T s = 0;
    for (T const x : z) {
      s += std::exp(x - m);
    }
    for (std::size_t j = 0; j < z.size(); ++j) {
      y[j] = z[j] - m - std::log(s);
    }
  };
}
/// The right one: log1p of the sum without one of the largest.
template <class T> void careful_log_softmax(in<T> z, std::span<T> y) {
  T const m = largest<T>(z);
  T others = 0;
  bool seen = false;
  for (T const x : z) {
    if (x == m && !seen) {
      seen = true;
    } else {
      others += std::exp(x - m);
    }
  }
  others = m - m == T(0) ? others : m - m; // NaN for rows without a result
  for (std::size_t j = 0; j < z.size(); ++j) {
    y[j] = z[j] - m - std::log1p(others);
  }
}
/// One pass for the maximum and the sum together, then the results.
template <class T> void online_softmax(in<T> z, std::span<T> y) {
  T m = -std::numeric_limits<T>::infinity();
  T s = 0;
  for (T const x : z) {
    if (x > m) {
      s = s * std::exp(m - x) + T(1);
      m = x;
    } else if (x != -std::numeric_limits<T>::infinity()) {
      s += std::exp(x - m);
    }
  }
  for (std::size_t j = 0; j < z.size(); ++j) {
    y[j] = std::exp(z[j] - m) / s;
  }
}

void passes(kernel_report const& r) {
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(r.inputs > 10000);
}
/// It fails, and this is the first cause; each failure of a number tells it.
void finds(kernel_report const& r, std::string const& cause) {
  INFO(r.text());
  CHECK_FALSE(r.passed());
  REQUIRE_FALSE(r.causes.empty());
  CHECK(r.causes.front().what.find(cause) != std::string::npos);
  CHECK(r.causes.front().explained > 0.5);
  CHECK(r.text().find("Usually: ") != std::string::npos);
}
template <class T> kernel_report softmax_by(row_function<T> const& f, kernel_options const& o = {}) {
  return check_row_kernel<T>(satur::softmax{}, each_row<T>(f), o);
}
template <class T> kernel_report log_softmax_by(row_function<T> const& f, kernel_options const& o = {}) {
  return check_row_kernel<T>(satur::log_softmax{}, each_row<T>(f), o);
}
template <class T> kernel_report softmax_gradient_by(gradient_function<T> const& f, kernel_options const& o = {}) {
  return check_row_backward_kernel<T>(satur::softmax{}, each_gradient<T>(f), o);
}
template <class T> kernel_report log_softmax_gradient_by(gradient_function<T> const& f, kernel_options const& o = {}) {
  return check_row_backward_kernel<T>(satur::log_softmax{}, each_gradient<T>(f), o);
}

} // namespace

TEST_CASE("the truth of rows: against tables of 25 digits") {
  for (exact_row const& row : exact_rows) {
    satur::testing::detail::row_truth const t(row.z);
    REQUIRE(t.defined);
    auto const off = [](long double got, long double exact) {
      return exact == 0.0L ? static_cast<double>(std::fabs(got))
                           : static_cast<double>(std::fabs(got - exact) / std::fabs(exact));
    };
    double const most = std::numeric_limits<long double>::digits >= 64 ? 0x1p-61 : 0x1p-50;
    for (std::size_t j = 0; j < row.z.size(); ++j) {
      CAPTURE(row.z[j]);
      CHECK(off(t.softmax(j), row.p[j]) < most);
      CHECK(off(t.log_softmax(j), row.log_p[j]) < most);
    }
    CHECK(off(t.logsumexp(), row.logsumexp) < 100 * most);
  }
}

TEST_CASE_TEMPLATE("right kernels of softmax", T, float, double) {
  passes(check_row_kernel<T>(satur::softmax{}, [](in<T> z, std::span<T> y, std::size_t columns) {
    if (!z.empty()) {
      satur::apply(satur::softmax{}, z, y, columns);
    }
  }));
  passes(softmax_by<T>(softmax_less<T>(largest<T>)));
  passes(softmax_by<T>(online_softmax<T>));
}

TEST_CASE_TEMPLATE("a right kernel of log_softmax", T, float, double) {
  passes(log_softmax_by<T>(careful_log_softmax<T>));
}

TEST_CASE("our passes of log_softmax and logsumexp") {
  passes(check_row_kernel<float>(satur::log_softmax{}, [](in<float> z, std::span<float> y, std::size_t columns) {
    if (!z.empty()) {
      satur::apply(satur::log_softmax{}, z, y, columns);
    }
  }));
  kernel_report const r =
      check_row_kernel<float>(satur::logsumexp{}, [](in<float> z, std::span<float> y, std::size_t columns) {
        if (!z.empty()) {
          satur::apply(satur::logsumexp{}, z, y, columns);
        }
      });
  CHECK_MESSAGE(r.passed(), r.text());
}

TEST_CASE("kernels of softmax that subtract something else than the maximum") {
  finds(softmax_by<float>(softmax_less<float>([](in<float>) { return 0.0f; })), "the maximum is not subtracted");
  finds(softmax_by<double>(softmax_less<double>([](in<double>) { return 0.0; })), "e^z overflows above 709");
  finds(softmax_by<float>(softmax_less<float>([](in<float> z) { return std::max(0.0f, largest<float>(z)); })),
        "the maximum starts from 0");
  finds(softmax_by<float>(softmax_less<float>(
            [](in<float> z) { return std::max(std::numeric_limits<float>::min(), largest<float>(z)); })),
        "the maximum starts from 0");
  finds(softmax_by<float>(softmax_less<float>([](in<float> z) { return z[0]; })), "the first logit is subtracted");
  finds(softmax_by<float>(softmax_less<float>([](in<float> z) {
          float m = 0.0f;
          for (float const x : z) {
            m = std::max(m, std::fabs(x));
          }
          return m;
        })),
        "the largest magnitude is subtracted");
  finds(softmax_by<float>(softmax_less<float>([](in<float>) { return 20.0f; })), "a fixed shift (about 20)");
  finds(check_row_kernel<float>(satur::softmax{},
                                [](in<float> z, std::span<float> y, std::size_t columns) {
                                  float const m = z.empty() ? 0.0f : largest<float>(z);
                                  each_row<float>(softmax_less<float>([m](in<float>) { return m; }))(z, y, columns);
                                },
                                {.specials = false}),
        "the maximum of all rows");
  finds(softmax_by<float>([](in<float> z, std::span<float> y) {
          float m = -std::numeric_limits<float>::infinity();
          float s = 0.0f;
          for (float const x : z) { // -inf - (-inf)
            float const next = std::max(m, x);
            s = s * std::exp(m - next) + std::exp(x - next);
            m = next;
          }
          for (std::size_t j = 0; j < z.size(); ++j) {
            y[j] = std::exp(z[j] - m) / s;
          }
        }),
        "a running maximum that is still -inf");
}

TEST_CASE("kernels of softmax with a wrong sum") {
  for (float const epsilon : {1e-3f, 1e-5f}) {
    kernel_report const r = softmax_by<float>(softmax_less<float>(largest<float>, epsilon));
    finds(r, "an epsilon (about " + std::string(epsilon == 1e-3f ? "0.001" : "1e-05"));
    CHECK(r.failed("a row sums to 1"));
  }
  finds(softmax_by<float>([](in<float> z, std::span<float> y) {
          for (std::size_t j = 0; j < z.size(); ++j) {
            y[j] = std::exp(z[j] - largest<float>(z));
          }
        }),
        "not divided by their sum");
  finds(softmax_by<float>(careful_log_softmax<float>), "the result is that of log_softmax");
  finds(softmax_by<float>([](in<float> z, std::span<float> y) {
          float const m = largest<float>(z);
          float s = 0.0f;
          for (std::size_t j = 0; j < z.size(); ++j) {
            s += y[j] = std::exp2(z[j] - m);
          }
          for (float& e : y) {
            e /= s;
          }
        }),
        "2^z stands in the place of e^z");
  finds(check_row_kernel<float>(satur::softmax{},
                                [](in<float> z, std::span<float> y, std::size_t columns) {
                                  std::size_t const rows = z.size() / columns;
                                  for (std::size_t j = 0; j < columns; ++j) {
                                    float m = -std::numeric_limits<float>::infinity();
                                    float s = 0.0f;
                                    for (std::size_t r = 0; r < rows; ++r) {
                                      m = std::max(m, z[r * columns + j]);
                                    }
                                    for (std::size_t r = 0; r < rows; ++r) {
                                      s += std::exp(z[r * columns + j] - m);
                                    }
                                    for (std::size_t r = 0; r < rows; ++r) {
                                      y[r * columns + j] = std::exp(z[r * columns + j] - m) / s;
                                    }
                                  }
                                },
                                {.specials = false, .in_place = false}),
        "the wrong axis");
  kernel_report const whole = check_row_kernel<float>(satur::softmax{},
                                                      [](in<float> z, std::span<float> y, std::size_t) {
                                                        if (!z.empty()) {
                                                          softmax_less<float>(largest<float>)(z, y);
                                                        }
                                                      },
                                                      {.specials = false});
  finds(whole, "the whole array is taken for one row");
  CHECK(whole.failed("a row depends on itself alone"));
}

TEST_CASE("kernels of log_softmax") {
  finds(log_softmax_by<float>([](in<float> z, std::span<float> y) {
          softmax_less<float>(largest<float>)(z, y);
          for (float& e : y) {
            e = std::log(e);
          }
        }),
        "the logarithm of softmax is taken");
  finds(log_softmax_by<float>([](in<float> z, std::span<float> y) {
          softmax_less<float>(largest<float>)(z, y);
          for (float& e : y) {
            e = std::log(e + 1e-8f);
          }
        }),
        "with an epsilon (about 1e-08)");
  finds(log_softmax_by<float>([](in<float> z, std::span<float> y) {
          softmax_less<float>(largest<float>)(z, y);
          for (float& e : y) {
            e = std::log(std::max(e, 1e-12f));
          }
        }),
        "softmax is clamped (from about 1e-12");
  finds(log_softmax_by<float>(softmax_less<float>(largest<float>)), "the result is that of softmax");
  finds(log_softmax_by<float>(log_softmax_less<float>([](in<float>) { return 0.0f; })),
        "the maximum is not subtracted");
  kernel_report const r = log_softmax_by<float>(log_softmax_less<float>(largest<float>));
  finds(r, "log(sum) loses the sum of the others");
  CHECK(r.failed("no zero where the log_softmax is a number"));
  CHECK(r.false_zeros > r.flushed);
}

TEST_CASE("kernels of logsumexp") {
  auto const by = [](std::function<float(in<float>)> const& f) {
    return check_row_kernel<float>(satur::logsumexp{}, [f](in<float> z, std::span<float> y, std::size_t columns) {
      for (std::size_t r = 0; r < y.size(); ++r) {
        y[r] = f(z.subspan(r * columns, columns));
      }
    });
  };
  finds(by([](in<float> z) {
          float s = 0.0f;
          for (float const x : z) {
            s += std::exp(x);
          }
          return std::log(s);
        }),
        "the maximum is not subtracted");
  finds(by([](in<float> z) {
          float const m = largest<float>(z);
          float s = 0.0f;
          for (float const x : z) {
            s += x == m ? 1.0f : std::exp(x - m);
          }
          return m + std::log(s);
        }),
        "log(sum) loses the sum of the others");
}

TEST_CASE("right gradients") {
  using T = float;
  auto const ours = [](auto act) {
    return [act](in<T> y, in<T> dy, std::span<T> dz, std::size_t columns) {
      if (!y.empty()) {
        satur::pullback(act, y, dy, dz, columns);
      }
    };
  };
  passes(check_row_backward_kernel<T>(satur::softmax{}, ours(satur::softmax{})));
  passes(check_row_backward_kernel<T>(satur::log_softmax{}, ours(satur::log_softmax{})));
  passes(softmax_gradient_by<T>([](in<T> y, in<T> dy, std::span<T> dz) { // differences first
    std::size_t const top = static_cast<std::size_t>(std::max_element(y.begin(), y.end()) - y.begin());
    T const c = dy[top];
    T t = 0;
    for (std::size_t k = 0; k < y.size(); ++k) {
      t += y[k] * (dy[k] - c);
    }
    for (std::size_t j = 0; j < y.size(); ++j) {
      dz[j] = y[j] * ((dy[j] - c) - t);
    }
  }));
  passes(log_softmax_gradient_by<T>(
      [](in<T> y, in<T> dy, std::span<T> dz) {
        T const all = sum<T>(dy);
        for (std::size_t j = 0; j < y.size(); ++j) {
          T others = 0;
          for (std::size_t k = 0; k < y.size() && y[j] > T(-1); ++k) {
            others += k == j ? T(0) : dy[k];
          }
          dz[j] = y[j] > T(-1) ? -std::expm1(y[j]) * dy[j] - std::exp(y[j]) * others : dy[j] - std::exp(y[j]) * all;
        }
      },
      {.in_place = false}));
}

TEST_CASE("wrong gradients of softmax") {
  using f = float;
  auto const by = [](std::function<f(f y, f dy, f sum_y_dy, f sum_dy, f n)> const& formula) {
    return softmax_gradient_by<f>([formula](in<f> y, in<f> dy, std::span<f> dz) {
      f s = 0.0f;
      f all = 0.0f;
      for (std::size_t k = 0; k < y.size(); ++k) {
        s += y[k] * dy[k];
        all += dy[k];
      }
      for (std::size_t j = 0; j < y.size(); ++j) {
        dz[j] = formula(y[j], dy[j], s, all, static_cast<f>(y.size()));
      }
    });
  };
  finds(by([](f y, f dy, f, f, f) { return y * (1.0f - y) * dy; }), "takes its diagonal alone");
  finds(by([](f y, f dy, f, f, f) { return y * dy; }), "the result is p dy");
  finds(by([](f y, f dy, f, f all, f) { return y * (dy - all); }), "the sum is that of dy");
  finds(by([](f y, f dy, f, f all, f) { return dy - y * all; }), "the formula is that of log_softmax");
  finds(by([](f y, f dy, f s, f, f n) { return y * (dy - s / n); }), "divided by the number of columns");
  finds(by([](f, f dy, f s, f, f) { return dy - s; }), "the factor p is missing");
  finds(by([](f y, f dy, f, f, f) { return y - dy; }), "p - target of cross-entropy");
  kernel_report const sign = by([](f y, f dy, f s, f, f) { return y * (s - dy); });
  finds(sign, "the sign is the opposite one");
  CHECK(sign.failed("the sign of the gradient of softmax"));
  CHECK(sign.wrong_signs > 0);
  kernel_report const r = by([](f y, f dy, f s, f, f) { return y * (dy - s); });
  finds(r, "cancels at the class whose p is near 1");
  CHECK(r.failed("no zero where the gradient of softmax is a number"));
  finds(softmax_gradient_by<f>([](in<f> z, in<f> dy, std::span<f> dz) { // takes y for z
          std::vector<f> y(z.size());
          softmax_less<f>(largest<f>)(z, y);
          f s = 0.0f;
          for (std::size_t k = 0; k < y.size(); ++k) {
            s += y[k] * dy[k];
          }
          for (std::size_t j = 0; j < y.size(); ++j) {
            dz[j] = y[j] * (dy[j] - s);
          }
        }),
        "set from_input");
}

TEST_CASE("wrong gradients of log_softmax") {
  using f = float;
  auto const by = [](std::function<f(f y, f dy, f sum_dy, f n)> const& formula, kernel_options const& o = {}) {
    return log_softmax_gradient_by<f>(
        [formula](in<f> y, in<f> dy, std::span<f> dz) {
          f const s = sum<f>(dy);
          for (std::size_t j = 0; j < y.size(); ++j) {
            dz[j] = formula(y[j], dy[j], s, static_cast<f>(y.size()));
          }
        },
        o);
  };
  finds(by([](f y, f dy, f s, f) { return dy - y * s; }), "e^y is missing");
  finds(by([](f, f dy, f, f) { return dy; }), "the sum is missing");
  finds(by([](f y, f dy, f s, f n) { return dy - std::exp(y) * s / n; }), "divided by the number of columns");
  finds(by([](f y, f dy, f, f) { return std::exp(y) - dy; }), "p - target of cross-entropy");
  finds(log_softmax_gradient_by<f>([](in<f> y, in<f> dy, std::span<f> dz) {
          f s = 0.0f;
          for (std::size_t k = 0; k < y.size(); ++k) {
            s += std::exp(y[k]) * dy[k];
          }
          for (std::size_t j = 0; j < y.size(); ++j) {
            dz[j] = std::exp(y[j]) * (dy[j] - s);
          }
        }),
        "the formula is that of softmax");
  finds(check_row_backward_kernel<f>(satur::log_softmax{},
                                     [](in<f> y, in<f> dy, std::span<f> dz, std::size_t columns) { // sums over the rows
                                       std::vector<f> sums(columns);
                                       for (std::size_t i = 0; i < dy.size(); ++i) {
                                         sums[i % columns] += dy[i];
                                       }
                                       for (std::size_t i = 0; i < dy.size(); ++i) {
                                         dz[i] = dy[i] - std::exp(y[i]) * sums[i % columns];
                                       }
                                     }),
        "the wrong axis");
  kernel_report const r = by([](f y, f dy, f s, f) { return dy - std::exp(y) * s; });
  finds(r, "the gradient of the true class is p - 1");
  CHECK(r.failed("no zero where the gradient of log_softmax is a number"));
  finds(by([](f y, f dy, f s, f) { return dy - std::exp(y) * s; }, {.from_input = true}), "leave out from_input");
}

TEST_CASE("gradients from z") {
  auto const r =
      check_row_backward_kernel<float>(satur::softmax{},
                                       [](in<float> z, in<float> dy, std::span<float> dz, std::size_t columns) {
                                         std::vector<float> y(z.size());
                                         if (!z.empty()) {
                                           satur::apply(satur::softmax{}, z, y, columns);
                                           satur::pullback(satur::softmax{}, y, dy, dz, columns);
                                         }
                                       },
                                       {.from_input = true});
  passes(r);
}

TEST_CASE("codes: sums in half precision, and in float") {
  using code = std::uint16_t;
  for (auto const& f : {satur::formats::bfloat16, satur::formats::float16}) {
    auto const by = [&](std::function<double(double, double)> const& add) {
      return check_row_kernel<code>(satur::softmax{}, each_row<code>([&](in<code> z, std::span<code> y) {
                                      std::vector<float> x(z.size());
                                      for (std::size_t j = 0; j < z.size(); ++j) {
                                        x[j] = static_cast<float>(satur::decode(f, z[j]));
                                      }
                                      float const m = largest<float>(x);
                                      double s = 0.0;
                                      for (float& e : x) {
                                        e = std::exp(e - m);
                                        s = add(s, static_cast<double>(e));
                                      }
                                      for (std::size_t j = 0; j < z.size(); ++j) {
                                        y[j] = static_cast<code>(
                                            satur::encode(f, static_cast<double>(x[j] / static_cast<float>(s))));
                                      }
                                    }),
                                    {.format = f});
    };
    passes(by([](double s, double e) { return s + e; }));
    kernel_report const half = by([&](double s, double e) { return satur::round_to(f, s + satur::round_to(f, e)); });
    finds(half, "the sum is kept in " + std::string(f.name));
    CHECK(half.failed("a row sums to 1"));
  }
}

TEST_CASE("what a kernel may do by option") {
  auto const zeros = [](in<float> z, std::span<float> y) { // attention: a row of masked keys gives 0
    softmax_less<float>(largest<float>)(z, y);
    if (std::all_of(z.begin(), z.end(), [](float x) { return x == -std::numeric_limits<float>::infinity(); })) {
      std::fill(y.begin(), y.end(), 0.0f);
    }
  };
  kernel_report const refused = softmax_by<float>(zeros);
  CHECK(refused.failures.size() == 1);
  CHECK(refused.failed("a row with NaN or +inf, or only -inf, gives NaN"));
  passes(softmax_by<float>(zeros, {.masked_row = 0.0}));

  auto const flushed = [](in<float> z, std::span<float> y) {
    softmax_less<float>(largest<float>)(z, y);
    for (float& e : y) {
      e = e < std::numeric_limits<float>::min() ? 0.0f : e;
    }
  };
  kernel_report const tiny = softmax_by<float>(flushed);
  CHECK(tiny.failed("no flush to zero"));
  CHECK(tiny.flushed > 0);
  passes(softmax_by<float>(flushed, {.flushes_subnormals = true}));

  auto const eights = [](in<float> z, std::span<float> y, std::size_t columns) {
    REQUIRE(columns % 8 == 0);
    each_row<float>(softmax_less<float>(largest<float>))(z, y, columns);
  };
  passes(check_row_kernel<float>(satur::softmax{}, eights, {.multiple_of = 8}));
}

TEST_CASE("calls of kernels of rows are checked: NaN in other rows, and rows that are not written") {
  auto const leaking = [](in<float> z, std::span<float> y, std::size_t columns) {
    for (std::size_t i = 0; i < z.size(); i += columns) { // pairs of rows share a register
      auto const row = z.subspan(i, columns);
      softmax_less<float>(largest<float>)(row, y.subspan(i, columns));
      if (columns == 3 && i >= columns) {
        y[i] += 0.0f * z[i - 1];
      }
    }
  };
  kernel_report const r = check_row_kernel<float>(satur::softmax{}, leaking, {.in_place = false});
  CHECK(r.failed("NaN stays in its row"));
  kernel_report const lost =
      check_row_kernel<float>(satur::softmax{}, [](in<float> z, std::span<float> y, std::size_t columns) {
        std::size_t const rows = z.size() / columns;
        std::size_t const done = rows > 4 ? rows / 4 * 4 : rows;
        each_row<float>(softmax_less<float>(largest<float>))(z.first(done * columns), y.first(done * columns), columns);
      });
  CHECK(lost.failed("every element is written"));
}

TEST_CASE("the report: segments by log2 p") {
  kernel_report const r = softmax_by<float>(softmax_less<float>(largest<float>));
  REQUIRE(r.segments.size() >= 7);
  CHECK(r.variable == "log2 p");
  CHECK(r.segments.back().high == 0.0);
  std::uint64_t total = 0;
  for (auto const& s : r.segments) {
    total += s.count;
  }
  CHECK(total + r.specials == r.inputs);
  CHECK(r.text().find("log2 p from, below") != std::string::npos);
  CHECK(r.text().find("rows sum to 1 within") != std::string::npos);
}
