// A dense layer, its step, its loss, and lazy tensors. Inputs and weights are small multiples of powers of two, so that
// every product and sum of the matrix multiplications is exact and the same for any BLAS.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include "satur/satur.hpp"

namespace {

using digest::line;
using digest::sheet;

template <class T> xt::xtensor<T, 2> exact_numbers(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  digest::splitmix64 random(seed);
  xt::xtensor<T, 2> x = xt::xtensor<T, 2>::from_shape({rows, columns});
  for (T& e : x) {
    e = static_cast<T>(static_cast<int>(random() >> 59) - 16) * T(0.125);
  }
  return x;
}

template <class T> void dense_layer(sheet& lines, std::string_view level) {
  line& l = lines.add("dense", digest::type_name<T>, level);
  digest::splitmix64 random(101);
  satur::dense<T> layer(7, 5, satur::glorot_uniform{}, random);
  l.numbers(layer.w);
  layer.w = exact_numbers<T>(7, 5, 102);
  layer.b.fill(T(0.25));
  xt::xtensor<T, 2> const x = exact_numbers<T>(6, 7, 103);
  xt::xtensor<T, 2> const dz = exact_numbers<T>(6, 5, 104);
  l.numbers(layer.forward(x));
  l.numbers(layer.backward(dz));
  l.numbers(layer.dw);
  l.numbers(layer.db);
  l.numbers(layer.forward(x * T(2)));
  layer.backward_parameters(dz * T(0.5));
  l.numbers(layer.dw);
  satur::descend(layer, 0.01);
  satur::for_each_parameter(layer, [&](std::string_view name, auto const& value, auto const& gradient) {
    l.words(name);
    l.numbers(value);
    l.numbers(gradient);
  });
  l.number(layer.inputs(), layer.outputs(), satur::parameter_count(layer));
  digest::put(l, satur::observe(satur::tanh{}, layer.z()));
}

template <class T> void loss(sheet& lines, std::string_view level) {
  line& l = lines.add("softmax_cross_entropy", digest::type_name<T>, level);
  xt::xtensor<T, 2> logits = exact_numbers<T>(9, 6, 105) * T(4);
  std::vector<int> const labels{0, 1, 2, 3, 4, 5, 0, 1, 2};
  satur::softmax_cross_entropy<T> entropy;
  l.number(entropy.forward(logits, labels), entropy.correct);
  l.show("loss", entropy.forward(logits, labels));
  l.numbers(entropy.probabilities);
  l.numbers(entropy.backward());
  logits(3, 0) = -std::numeric_limits<T>::infinity();
  logits(4, 1) = T(300);
  l.number(entropy.forward(logits * T(1), labels), entropy.correct);
  l.numbers(entropy.backward());
  logits(0, 0) = std::numeric_limits<T>::quiet_NaN();
  l.number(entropy.forward(logits, labels), entropy.correct);
  l.numbers(entropy.backward());
}

template <class T> void lazy(sheet& lines) {
  std::vector<T> const z = digest::sweep<T>();
  xt::xtensor<T, 1> x = xt::xtensor<T, 1>::from_shape({z.size()});
  std::copy(z.begin(), z.end(), x.data());
  auto const over = [&](auto const& act) {
    line& l = lines.add("lazy/" + std::string(act.name), digest::type_name<T>, digest::compiled_level());
    xt::xtensor<T, 1> const y = satur::value(act, x);
    xt::xtensor<T, 1> const dy = satur::derivative(act, x);
    xt::xtensor<T, 1> const of_formula = act(x * T(0.5) + T(1));
    l.numbers(y);
    l.numbers(dy);
    l.numbers(of_formula);
    l.number(satur::value(act, z[40]), satur::derivative(act, z[40]));
  };
  over(satur::sigmoid{});
  over(satur::gelu{});
  over(satur::leaky_relu{0.2});
  over(satur::softplus{2.0});
}

} // namespace

void digest::layers(sheet& lines) {
  at_best_level([&](std::string_view level) {
    dense_layer<float>(lines, level);
    dense_layer<double>(lines, level);
    loss<float>(lines, level);
    loss<double>(lines, level);
  });
  lazy<float>(lines);
  lazy<double>(lines);
  line& l = lines.add("lazy/integers", "int", compiled_level());
  xt::xtensor<int, 1> const whole{-3, 0, 5};
  xt::xtensor<double, 1> const y = satur::value(satur::sigmoid{}, whole);
  l.numbers(y);
}
