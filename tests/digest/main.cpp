// Prints the digest: one line for each function, type and instruction set, over fixed inputs,
//     name type level | numbers | stored bytes | text | a number to read
// The three columns are FNV-1a hashes, "-" if there is nothing to hash. compare.sh compares them with the
// stored ones.
#include "sections.hpp"

#include <exception>
#include <iostream>
#include <string>

namespace {

// A digest is compared only with that of the same compiler.
#if defined(__clang__)
std::string const compiler = "clang-" + std::to_string(__clang_major__);
#elif defined(__GNUC__)
std::string const compiler = "gcc-" + std::to_string(__GNUC__);
#else
std::string const compiler = "unknown-0";
#endif

} // namespace

int main() {
  try {
    digest::sheet lines;
    for (auto* const section :
         {digest::containers, digest::facts, digest::findings, digest::gates, digest::halves, digest::initializers,
          digest::layers, digest::monitors, digest::passes_double_even, digest::passes_double_odd,
          digest::passes_float_even, digest::passes_float_odd, digest::readings, digest::rows, digest::rules,
          digest::scalars, digest::theory, digest::units}) {
      section(lines);
    }
    std::cout << "# " << compiler << "\n# levels";
    digest::at_each_level([](std::string_view level, auto...) { std::cout << ' ' << level; });
    digest::at_best_level([](std::string_view level) { std::cout << "\n# best " << level << '\n'; });
    lines.print(std::cout);
    return std::cout.flush() ? 0 : 1;
  } catch (std::exception const& error) {
    std::cerr << "satur_digest: " << error.what() << '\n';
    return 1;
  }
}
