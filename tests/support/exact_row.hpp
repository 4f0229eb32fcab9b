// Exact rows of tests/reference: logits, and what softmax, log_softmax and logsumexp give.
#pragma once

#include <vector>

namespace satur_test {

struct exact_row {
  std::vector<double> z;
  std::vector<long double> p;
  std::vector<long double> log_p;
  long double logsumexp;
  long double complement;
  long double entropy;
  long double slope;
};

} // namespace satur_test
