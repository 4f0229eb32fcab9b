/// \file loss/cross_entropy_options.hpp  What softmax_cross_entropy leaves to its user.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/loss/reduction.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Options of softmax_cross_entropy, by the conventions of torch.nn.CrossEntropyLoss.
struct cross_entropy_options {
  /// mean: the sum of the rows' losses, divided by the sum of class_weights[label] over the rows that are not ignored.
  reduction reduce = reduction::mean;
  /// A row with this label takes no part: its loss is 0, its gradient is 0, and it is not in the mean. It may be a
  /// class or any other number, such as -100.
  std::optional<std::int64_t> ignore_index{};
  /// e in [0, 1]: the target of a row is 1 - e for the label, plus e / classes for every class.
  double label_smoothing = 0.0;
  /// w, one finite number >= 0 for each class, or empty for 1: the loss of a row is -sum over c of w[c] target[c] log
  /// p[c].
  std::vector<double> class_weights{};
  /// The mean if no row has a weight: all are ignored, or the batch is empty. It is NaN as in PyTorch, because nothing
  /// was measured; set 0 where such batches are no fault. The gradient is 0 in any case (PyTorch's is NaN), so that a
  /// step with it changes nothing.
  double mean_of_none = std::numeric_limits<double>::quiet_NaN();

  bool operator==(cross_entropy_options const&) const = default;

  /// Throws std::invalid_argument if label_smoothing or a weight is out of range, shape_error unless there is one
  /// weight for each class.
  void require_valid(std::size_t classes) const {
    if (!(label_smoothing >= 0.0 && label_smoothing <= 1.0) || detail::is_nan(label_smoothing)) {
      detail::bad_parameter("softmax_cross_entropy::forward", "label_smoothing", label_smoothing, "0 to 1");
    }
    if (!class_weights.empty() && class_weights.size() != classes) {
      detail::bad_shape("softmax_cross_entropy::forward", "class_weights", detail::shape_text({class_weights.size()}),
                        detail::message("(", classes, "), one for each class, or none"));
    }
    for (std::size_t c = 0; c < class_weights.size(); ++c) {
      if (!(class_weights[c] >= 0.0) || !detail::is_finite(class_weights[c])) {
        detail::bad_parameter("softmax_cross_entropy::forward", detail::message("class_weights[", c, "]"),
                              class_weights[c], "a finite number >= 0");
      }
    }
  }
  /// Whether a row with this label is left out.
  template <std::integral Label> [[nodiscard]] bool ignores(Label label) const {
    if constexpr (std::signed_integral<Label>) {
      return ignore_index && static_cast<std::int64_t>(label) == *ignore_index;
    } else {
      return ignore_index && *ignore_index >= 0 &&
             static_cast<std::uint64_t>(label) == static_cast<std::uint64_t>(*ignore_index);
    }
  }
  [[nodiscard]] double weight(std::size_t label) const { return class_weights.empty() ? 1.0 : class_weights[label]; }
};

}} // namespace satur::SATUR_ABI
