// Layers that hold parameters and gradients and nothing else, for tests of optimizers.
#pragma once

#include <cstddef>
#include <random>
#include <string_view>
#include <vector>

namespace satur_test {

/// w and b as vectors, with gradients.
template <class T> struct plain_weights {
  std::vector<T> w, dw, b, db;

  plain_weights(std::size_t of_w, std::size_t of_b, unsigned seed) : w(of_w), dw(of_w), b(of_b), db(of_b) {
    std::mt19937 g(seed);
    for (auto* const all : {&w, &b}) {
      draw(*all, g);
    }
    draw_gradients(g);
  }
  void draw_gradients(std::mt19937& g) {
    draw(dw, g);
    draw(db, g);
  }
  template <class F> void each_parameter(F&& f) {
    f(std::string_view("w"), w, dw);
    f(std::string_view("b"), b, db);
  }

private:
  static void draw(std::vector<T>& to, std::mt19937& g) {
    for (T& x : to) {
      x = static_cast<T>(static_cast<double>(g()) * 0x1p-31 - 1.0);
    }
  }
};

} // namespace satur_test
