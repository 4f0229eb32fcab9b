// A saved monitor. The first byte chooses: an odd one is followed by a file as it is, an even one by a file whose size
// and checksums are made right, so that the fuzzer reaches what they protect. What loads is saved, loads again and is
// saved as the same bytes; by the byte's next bits it is printed, or diagnosed, or used and merged.
#include "fuzz/fuzz.hpp"

#include "satur/diagnostic.hpp"
#include "satur/finding.hpp"
#include "satur/monitor/file.hpp"
#include "satur/report/csv.hpp"
#include "support/monitor_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::bytes in(data, size);
  std::uint8_t const choice = in.byte();
  bool const mended = choice % 2 == 0;
  std::string file = in.rest();
  if (mended && file.size() >= 40) {
    satur_test::mend(file);
  }
  std::optional<satur::monitor> mon;
  try {
    mon.emplace(satur_test::loaded(file));
  } catch (satur::file_error const&) {
    return 0;
  }
  std::string const once = satur_test::saved(*mon);
  satur::monitor const again = satur_test::loaded(once);
  fuzz::require(satur_test::saved(again) == once, "a loaded monitor saves the same bytes");

  switch (choice / 2 % 4) {
  case 0: {
    std::ostringstream out;
    out << *mon;
    satur::write_csv(*mon, out);
    break;
  }
  case 1: {
    std::ostringstream out;
    for (satur::finding const& f : satur::diagnose(*mon)) {
      out << f << '\n';
    }
    break;
  }
  case 2: {
    std::vector<float> const z{-6.0f, 0.5f, 7.0f};
    try {
      (*mon)["used"].observe(satur::sigmoid{}, z);
      mon->end_step();
      *mon += again;
    } catch (std::invalid_argument const&) { // a rule of the file that is not known here, or cannot be merged
    }
    static_cast<void>(satur_test::saved(*mon));
    break;
  }
  default:
    break;
  }
  return 0;
}
