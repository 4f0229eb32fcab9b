// expect: rule\.limits\(act\).*invalid
#include <satur/diagnostic.hpp>

#include <vector>

struct my_rule {
  satur::rule_definition definition() const { return {"my_rule"}; }
};

double use(std::vector<float> const& z) { return satur::observe(satur::sigmoid{}, z, my_rule{}).fraction(); }
