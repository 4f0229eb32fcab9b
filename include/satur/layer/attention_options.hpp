/// \file layer/attention_options.hpp  What attention may see, and what bounds its logits.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"

namespace satur { inline namespace SATUR_ABI {

/// The output of a query that may see no key.
enum class masked_row {
  zero, ///< 0, and its gradients are 0
  nan   ///< NaN, as the softmax of no logit; NaN then reaches every gradient of its sample
};

/// Options of attention<T> and scaled_dot_product<T>. A change counts from the next forward on.
struct attention_options {
  /// Query i sees the keys 0 to i only. Where there are more keys than queries, or fewer, both begin at 0, as in
  /// PyTorch's is_causal.
  bool causal = false;
  /// c > 0: the softmax sees c tanh(logit / c), which lies within -c and c (Gemma 2; Bello et al. 2017). 0: no cap.
  double softcap = 0.0;
  /// attention<T> only: q and k of each head are divided by their root mean square and multiplied by learned gains gq
  /// and gk (Henry et al. 2020, Dehghani et al. 2023; in this form Qwen 3). Then no logit is beyond
  /// sqrt(width) max |gq gk|.
  bool qk_norm = false;
  masked_row masked = masked_row::zero;

  /// Throws std::invalid_argument unless the cap is 0 or positive and finite.
  void require_valid() const {
    if (!detail::is_finite(softcap) || softcap < 0.0) {
      detail::bad_parameter("attention_options", "softcap", softcap, "0 for none, or a finite number above 0");
    }
  }
  bool operator==(attention_options const&) const = default;
};

}} // namespace satur::SATUR_ABI
