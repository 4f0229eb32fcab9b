// Eigen: the functions of its arrays, and the formulas that people write with them.
#include "formulas.hpp"

#include <Eigen/Core>
#include <unsupported/Eigen/SpecialFunctions>

namespace {

template <class T> using array_of = Eigen::Array<T, Eigen::Dynamic, 1>;
template <class T> Eigen::Map<array_of<T> const> array(std::span<T const> x) {
  return {x.data(), static_cast<Eigen::Index>(x.size())};
}
template <class T> Eigen::Map<array_of<T>> array(std::span<T> x) {
  return {x.data(), static_cast<Eigen::Index>(x.size())};
}

struct eigen {
  template <class T, class A, class F> static void value(A const& act, std::string const& text, F const& f) {
    conformance::value<T>(act, text, [&](std::span<T const> z, std::span<T> y) { array(y) = f(array(z)); });
  }
  template <class T, class A, class F> static void slope(A const& act, std::string const& text, F const& f) {
    conformance::slope<T>(act, text, [&](std::span<T const> z, std::span<T const> dy, std::span<T> dz) {
      array(dz) = array(dy) * f(array(z));
    });
  }
  template <class T, class A, class F>
  static void slope_from_output(A const& act, std::string const& text, F const& f) {
    conformance::slope_from_output<T>(act, text, [&](std::span<T const> y, std::span<T const> dy, std::span<T> dz) {
      array(dz) = array(dy) * f(array(y));
    });
  }
  template <class C, class A, class B> static auto where(C const& c, A const& a, B const& b) { return c.select(a, b); }
  template <class C, class B> static auto one_where(C const& c, B const& b) {
    return c.select(typename B::Scalar(1), b);
  }
  template <class A, class B> static auto maximum(A const& a, B const& b) { return a.max(b); }
  template <class A, class B> static auto larger(A const& a, B const& b) { return a.max(b); }
  template <class T, class C> static auto numbers(C const& c) { return c.template cast<T>(); }
};

template <class T> void functions() {
  eigen::value<T>(satur::sigmoid{}, "logistic", [](auto const& z) { return z.logistic(); });
  eigen::value<T>(satur::tanh{}, "tanh", [](auto const& z) { return z.tanh(); });
  eigen::value<T>(satur::erf{}, "erf", [](auto const& z) { return z.erf(); });
  eigen::value<T>(satur::arctan{}, "atan", [](auto const& z) { return z.atan(); });
  eigen::value<T>(satur::exponential{}, "exp", [](auto const& z) { return z.exp(); });
}

} // namespace

int main(int argc, char** argv) {
  conformance::arguments(argc, argv);
  std::string const version = std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
                              std::to_string(EIGEN_MINOR_VERSION);
  std::string const sets = Eigen::SimdInstructionSetsInUse();
  conformance::library(
      "Eigen", "", version,
      "functions of its arrays, compiled for " + sets +
          "; its logistic and tanh of float are rational approximations between cut-offs, as its sources say");
  functions<float>();
  functions<double>();
  conformance::library("Eigen, formulas", "", version,
                       "formulas that people write with its arrays, not functions of Eigen");
  conformance::formulas<float, eigen>();
  conformance::formulas<double, eigen>();
  return 0;
}
