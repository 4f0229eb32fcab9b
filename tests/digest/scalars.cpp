// Value and slope of every activation, and the functions that they use, for single numbers.
#include "activations.hpp"
#include "inputs.hpp"
#include "sections.hpp"

namespace {

template <class T> void scalars_of(digest::sheet& lines) {
  std::vector<T> const z = digest::sweep<T>();
  digest::for_activations<0, 1>([&](std::string const& name, auto const& act) {
    digest::line& l = lines.add("scalar/" + name, digest::type_name<T>, digest::compiled_level());
    for (T const x : z) {
      l.number(act.value(x), act.derivative(x));
    }
    l.number(act(z.back()));
  });
}

/// The functions that activations use.
template <class T> void mathematics(digest::sheet& lines) {
  std::vector<T> const z = digest::sweep<T>();
  auto const over = [&](std::string const& name, auto const& f) {
    digest::line& l = lines.add("math/" + name, digest::type_name<T>, digest::compiled_level());
    for (T const x : z) {
      l.number(f(x));
    }
  };
  over("exp", [](T x) { return satur::math::exp(x); });
  over("expm1", [](T x) { return satur::math::expm1(x); });
  over("log1p", [](T x) { return satur::math::log1p(x < T(-1) ? -x : x); });
  over("sqrt", [](T x) { return satur::math::sqrt(x < T(0) ? -x : x); });
  over("tanh", [](T x) { return satur::math::tanh(x); });
  over("erf", [](T x) { return satur::math::erf(x); });
  over("erfc", [](T x) { return satur::math::erfc(x); });
  over("atan", [](T x) { return satur::math::atan(x); });
  over("logistic", [](T x) { return satur::math::logistic(x).value; });
  over("logistic_slope", [](T x) { return satur::math::logistic(x).slope; });
}

} // namespace

void digest::scalars(sheet& lines) {
  scalars_of<float>(lines);
  scalars_of<double>(lines);
  scalars_of<long double>(lines);
  mathematics<float>(lines);
  mathematics<double>(lines);
}
