// expect: rule\.definition\(\).*invalid
#include <satur/diagnostic.hpp>

#include <vector>

struct my_rule {
  template <class T, class A> auto bind(A const&) const { return satur::detail::bound_z_beyond<T>{T(3)}; }
};

double use(std::vector<float> const& z) { return satur::observe(satur::sigmoid{}, z, my_rule{}).fraction(); }
