// xtensor: the formulas that people write with it; it has no activations. With XTENSOR_USE_XSIMD its loops and
// functions are xsimd's.
#include "formulas.hpp"

#include <array>

#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor_config.hpp>
#ifdef XTENSOR_USE_XSIMD
#include <xsimd/xsimd.hpp>
#endif

namespace {

template <class T> auto array(std::span<T> x) {
  return xt::adapt(x.data(), x.size(), xt::no_ownership(), std::array<std::size_t, 1>{x.size()});
}

struct xtensor {
  template <class T, class A, class F> static void value(A const& act, std::string const& text, F const& f) {
    conformance::value<T>(act, text, [&](std::span<T const> z, std::span<T> y) {
      auto const from = array(z);
      auto to = array(y);
      xt::noalias(to) = f(from);
    });
  }
  template <class T, class A, class F> static void slope(A const& act, std::string const& text, F const& f) {
    conformance::slope<T>(act, text, product<T>(f));
  }
  template <class T, class A, class F>
  static void slope_from_output(A const& act, std::string const& text, F const& f) {
    conformance::slope_from_output<T>(act, text, product<T>(f));
  }
  template <class C, class A, class B> static auto where(C&& c, A&& a, B&& b) {
    return xt::where(std::forward<C>(c), std::forward<A>(a), std::forward<B>(b));
  }
  template <class C, class B> static auto one_where(C&& c, B&& b) {
    return xt::where(std::forward<C>(c), typename std::decay_t<B>::value_type(1), std::forward<B>(b));
  }
  template <class A, class B> static auto maximum(A&& a, B&& b) {
    return xt::maximum(std::forward<A>(a), std::forward<B>(b));
  }
  template <class A, class B> static auto larger(A&& a, B&& b) {
    return maximum(std::forward<A>(a), std::forward<B>(b));
  }
  template <class T, class C> static auto numbers(C&& c) { return xt::cast<T>(std::forward<C>(c)); }

private:
  template <class T, class F> static auto product(F const& f) {
    return [&f](std::span<T const> z, std::span<T const> dy, std::span<T> dz) {
      auto const from = array(z);
      auto const factor = array(dy);
      auto to = array(dz);
      xt::noalias(to) = factor * f(from);
    };
  }
};

template <class T> void functions() {
  xtensor::value<T>(satur::tanh{}, "tanh", [](auto const& z) { return tanh(z); });
  xtensor::value<T>(satur::erf{}, "erf", [](auto const& z) { return erf(z); });
  xtensor::value<T>(satur::arctan{}, "atan", [](auto const& z) { return atan(z); });
  xtensor::value<T>(satur::exponential{}, "exp", [](auto const& z) { return exp(z); });
  conformance::formulas<T, xtensor>();
}

} // namespace

int main(int argc, char** argv) {
  conformance::arguments(argc, argv);
  std::string const version = std::to_string(XTENSOR_VERSION_MAJOR) + "." + std::to_string(XTENSOR_VERSION_MINOR) +
                              "." + std::to_string(XTENSOR_VERSION_PATCH);
#ifdef XTENSOR_USE_XSIMD
  conformance::library("xtensor, xsimd", "",
                       version + ", xsimd " + std::to_string(XSIMD_VERSION_MAJOR) + "." +
                           std::to_string(XSIMD_VERSION_MINOR) + "." + std::to_string(XSIMD_VERSION_PATCH),
                       std::string("the same formulas with XTENSOR_USE_XSIMD, compiled for ") +
                           xsimd::default_arch::name());
#else
  conformance::library("xtensor", "", version,
                       "formulas that people write with it; its exp, log, tanh and erf are those of the C library");
#endif
  functions<float>();
  functions<double>();
  return 0;
}
