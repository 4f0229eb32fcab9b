// Every kind of xtensor view and expression gives the results of a std::vector of its elements.
#include "satur/tensor.hpp"

#include "support/containers.hpp"

#if __has_include(<xtensor/xstrided_view.hpp>)
#include <xtensor/xbroadcast.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xstrided_view.hpp>
#else
#include <xtensor/misc/xmanipulation.hpp>
#include <xtensor/views/xbroadcast.hpp>
#include <xtensor/views/xstrided_view.hpp>
#endif

using test::check;
using test::check_into;
using test::column_major;
using test::filled;

TEST_CASE_TEMPLATE("observe: views", T, float, double) {
  xt::xtensor<T, 2> const z = filled<T>(std::array<std::size_t, 2>{120, 150});
  xt::xtensor<T, 2, column_major> const c = z;
  check("rows", xt::view(z, xt::range(3, 110)));
  check("one row", xt::view(z, 7));
  check("one column", xt::view(z, xt::all(), 7));
  check("a block", xt::view(z, xt::range(3, 110), xt::range(9, 140)));
  check("every second", xt::view(z, xt::range(0, 120, 2), xt::range(1, 150, 3)));
  check("backwards", xt::view(z, xt::range(119, xt::placeholders::_, -1)));
  check("a new axis", xt::view(z, 7, xt::newaxis(), xt::all()));
  check("one row, column-major", xt::view(c, 7));
  check("columns, column-major", xt::view(c, xt::all(), xt::range(9, 140)));
  check("a view of a view", xt::view(xt::view(z, xt::all(), xt::range(9, 140)), xt::range(3, 110), 5));
  check("a strided view", xt::strided_view(z, {xt::range(3, 110), 5}));
  check("a strided view of a row", xt::strided_view(z, {5, xt::all()}));
  check("the transpose", xt::transpose(z));
  check("the transpose, column-major", xt::transpose(c));
  check("axes in another order", xt::transpose(filled<T>(std::array<std::size_t, 3>{13, 14, 15}), {2, 0, 1}));
  check("flipped", xt::flip(z, 1));
  check("flat", xt::flatten(z));
  check("ravel", xt::ravel<xt::layout_type::row_major>(z));
  check("another shape", xt::reshape_view(z, {150, 120}));
  check("nothing", xt::view(z, xt::range(5, 5)));
}

TEST_CASE_TEMPLATE("forward: results in views", T, float, double) {
  xt::xtensor<T, 2> const z = filled<T>(std::array<std::size_t, 2>{60, 150});
  xt::xtensor<T, 2> wide = xt::zeros<T>({120, 300});
  xt::xtensor<T, 3> deep = xt::zeros<T>({60, 2, 150});
  check_into(z, xt::view(wide, xt::range(0, 120, 2), xt::range(150, 300)), xt::view(deep, xt::all(), 1, xt::all()));
  CHECK(wide(1, 160) == T(0));
  CHECK(wide(0, 149) == T(0));
  CHECK(deep(3, 0, 3) == T(0));
  xt::xtensor<T, 2> y = xt::zeros<T>({60, 150});
  xt::xtensor<T, 2> dy = xt::zeros<T>({60, 150});
  check_into(xt::transpose(z), xt::transpose(y), xt::transpose(dy));
}

TEST_CASE_TEMPLATE("observe: expressions", T, float, double) {
  xt::xtensor<T, 2> const z = filled<T>(std::array<std::size_t, 2>{120, 150});
  xt::xtensor<T, 1> const b = filled<T>(std::array<std::size_t, 1>{150});
  xt::xtensor<int, 2> const whole = xt::cast<int>(filled<T>(std::array<std::size_t, 2>{9, 11}));
  check("a formula", T(2) * z - T(1));
  check("a broadcast sum", z + b);
  check("a broadcast row", xt::broadcast(b, {40, 150}));
  check("a converted container of whole numbers", xt::cast<T>(whole));
  check("a lazy activation", satur::value(satur::relu{}, z));
  check("a formula of a transpose", xt::transpose(z) + T(1));
}
