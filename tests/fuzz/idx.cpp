// A pair of IDX files, images and labels. The first byte says how many of the following 256 are the file of labels.
#include "fuzz/fuzz.hpp"

#include "data/idx.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::size_t const labels = size == 0 ? 0 : (std::min)(std::size_t{data[0]}, size - 1);
  std::size_t const begin = size == 0 ? 0 : 1;
  std::vector<std::uint8_t> const label_bytes(data + begin, data + begin + labels);
  std::vector<std::uint8_t> const image_bytes(data + begin + labels, data + size);
  try {
    datasets::labeled_images const pair =
        datasets::detail::pair_of(image_bytes, "images.idx3-ubyte", label_bytes, "labels.idx1-ubyte");
    fuzz::require(pair.count() != 0 && pair.rows != 0 && pair.columns != 0, "an accepted pair has images");
    fuzz::require(pair.pixels.size() / pair.rows / pair.columns == pair.count(), "every image has its pixels");
    fuzz::require(pair.pixels.size() == pair.count() * pair.size(), "no pixel is left over");
  } catch (datasets::file_error const& error) {
    fuzz::require(std::string(error.what()).find('\n') == std::string::npos, "an error is one line");
  }
  return 0;
}
