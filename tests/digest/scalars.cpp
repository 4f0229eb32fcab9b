// value and slope of every activation, one number at a time.
#include "activations.hpp"
#include "inputs.hpp"
#include "sections.hpp"

namespace {

template <class T> void scalars_of(digest::sheet& lines) {
  std::vector<T> const z = digest::sweep<T>();
  digest::for_activations<0, 1>([&](std::string const& name, auto const& act) {
    digest::line& l = lines.add("scalar/" + name, digest::type_name<T>, digest::compiled_level());
    for (T const x : z) {
      l.number(act.value(x), act.derivative(x));
    }
    l.number(act(z.back()));
  });
}

} // namespace

void digest::scalars(sheet& lines) {
  scalars_of<float>(lines);
  scalars_of<double>(lines);
  scalars_of<long double>(lines);
}
