// A task: batches of training data, and test data.
#pragma once

#include "data/idx.hpp"
#include "data/shapeset.hpp"

#include <satur/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace datasets {

using matrix = xt::xtensor<float, 2>;

struct task {
  std::string name;
  std::size_t rows; ///< of a picture
  std::size_t columns;
  std::size_t inputs; ///< rows times columns
  std::size_t classes;
  std::function<void(matrix&, std::vector<int>&)> next_batch; ///< fills a batch of training data
  matrix test_x;
  std::vector<int> test_labels;

  /// Changes every picture, those to come and those of the test: x becomes f(x, pixel).
  template <class F> void transform(F const& f) {
    auto const change = [f, n = inputs](matrix& x) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        x.data()[i] = f(x.data()[i], i % n);
      }
    };
    change(test_x);
    next_batch = [before = std::move(next_batch), change](matrix& x, std::vector<int>& labels) mutable {
      before(x, labels);
      change(x);
    };
  }
  /// Pixels as they are stored, 0 to 255, instead of -1 to 1.
  void take_raw_pixels() {
    transform([](float x, std::size_t) { return std::round(127.5f * (x + 1.0f)); });
  }
  /// How frequent each class is.
  [[nodiscard]] std::vector<double> frequencies() const {
    std::vector<double> share(classes);
    for (int const label : test_labels) {
      share[static_cast<std::size_t>(label)] += 1.0 / static_cast<double>(test_labels.size());
    }
    return share;
  }
  /// Mean cross entropy of a model that knows how frequent each class is, and nothing else: ln(classes) or less.
  [[nodiscard]] double chance() const {
    double entropy = 0.0;
    for (double const share : frequencies()) {
      entropy -= share > 0.0 ? share * std::log(share) : 0.0;
    }
    return entropy;
  }
  /// Share of right answers of a model that always names the most frequent class.
  [[nodiscard]] double largest_class() const { return std::ranges::max(frequencies()); }
};

inline task shapes(std::uint64_t seed) {
  auto const draw = [](shapeset& source, matrix& x, std::vector<int>& labels) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      std::span<float, shapeset::pixels> picture(x.data() + i * shapeset::pixels, shapeset::pixels);
      labels[i] = static_cast<int>(source.draw(picture));
    }
  };
  task t{"Shapeset-3x2, fresh 32 x 32 pictures of 1 or 2 shapes",
         shapeset::side,
         shapeset::side,
         shapeset::pixels,
         shapeset::classes,
         {},
         matrix::from_shape({1000, shapeset::pixels}),
         std::vector<int>(1000)};
  shapeset unseen(~seed);
  draw(unseen, t.test_x, t.test_labels);
  t.next_batch = [source = shapeset(seed), draw](matrix& x, std::vector<int>& labels) mutable {
    draw(source, x, labels);
  };
  return t;
}

/// A folder of IDX files; pixels go from -1 to 1. Throws file_error.
inline task digits(std::string const& folder, std::uint64_t seed) {
  train_and_test sets = read_idx_folder(folder);
  std::size_t const inputs = sets.train.size();
  std::size_t const last = std::max(*std::ranges::max_element(sets.train.labels), //
                                    *std::ranges::max_element(sets.test.labels));
  auto const copy = [inputs](auto const& from, std::size_t i, float* to) {
    for (std::size_t p = 0; p < inputs; ++p) {
      to[p] = static_cast<float>(from.pixels[i * inputs + p]) / 127.5f - 1.0f;
    }
  };
  task t{folder + ": " + std::to_string(sets.train.count()) + " images to train, " + std::to_string(sets.test.count()) +
             " to test",
         sets.train.rows,
         sets.train.columns,
         inputs,
         std::max<std::size_t>(last + 1, 2),
         {},
         matrix::from_shape({sets.test.count(), inputs}),
         {sets.test.labels.begin(), sets.test.labels.end()}};
  for (std::size_t i = 0; i < sets.test.count(); ++i) {
    copy(sets.test, i, t.test_x.data() + i * inputs);
  }
  std::vector<std::size_t> order(sets.train.count());
  std::iota(order.begin(), order.end(), std::size_t{0});
  t.next_batch = [train = std::move(sets.train), order, at = order.size(), urbg = std::mt19937_64(seed), copy,
                  inputs](matrix& x, std::vector<int>& labels) mutable {
    for (std::size_t i = 0; i < labels.size(); ++i, ++at) {
      if (at >= order.size()) { // a new epoch, in a new order
        for (std::size_t k = order.size(); k > 1; --k) {
          std::swap(order[k - 1], order[urbg() % k]);
        }
        at = 0;
      }
      copy(train, order[at], x.data() + i * inputs);
      labels[i] = train.labels[order[at]];
    }
  };
  return t;
}

} // namespace datasets
