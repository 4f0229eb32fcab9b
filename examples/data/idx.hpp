// Labeled images in the IDX format of MNIST: big-endian, magic 0x00000803 for unsigned-byte images, 0x00000801 for
// unsigned-byte labels (yann.lecun.com/exdb/mnist).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace datasets {

/// An error in a file, in one line: the file, the byte, the expected value, the fix.
struct file_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct labeled_images {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<std::uint8_t> pixels; // count x rows x columns
  std::vector<std::uint8_t> labels; // count

  [[nodiscard]] std::size_t count() const { return labels.size(); }
  [[nodiscard]] std::size_t size() const { return rows * columns; }
};

namespace detail {

inline std::vector<std::uint8_t> read_bytes(std::filesystem::path const& path) {
  std::string const name = path.string();
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw file_error(name + ": cannot be opened; check the path and its permissions");
  }
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) {
    throw file_error(name + ": is empty; expected an IDX header at byte 0");
  }
  if (bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) {
    throw file_error(name + ": is still compressed (gzip magic at byte 0); run: gunzip " + name);
  }
  return bytes;
}

inline std::size_t big_endian(std::vector<std::uint8_t> const& bytes, std::size_t at) {
  return (std::size_t{bytes[at]} << 24) | (std::size_t{bytes[at + 1]} << 16) | (std::size_t{bytes[at + 2]} << 8) |
         std::size_t{bytes[at + 3]};
}

/// Checks magic and length; returns the extents.
inline std::vector<std::size_t> read_header(std::vector<std::uint8_t> const& bytes, std::string const& name,
                                            std::size_t dimensions, std::string const& what) {
  std::size_t const header = 4 + 4 * dimensions;
  if (bytes.size() < header) {
    throw file_error(name + ": ends at byte " + std::to_string(bytes.size()) + "; expected " + std::to_string(header) +
                     " bytes of IDX header for " + what);
  }
  if (bytes[0] != 0 || bytes[1] != 0) {
    throw file_error(name + ": is no IDX file (byte 0); expected two zero bytes, the type 8 and the number of axes");
  }
  if (bytes[2] != 8) {
    throw file_error(name + ": holds type " + std::to_string(bytes[2]) + " (byte 2); expected 8, unsigned bytes");
  }
  if (bytes[3] != dimensions) {
    throw file_error(name + ": has " + std::to_string(bytes[3]) + " axes (byte 3); expected " +
                     std::to_string(dimensions) + " for " + what);
  }
  std::vector<std::size_t> extents;
  std::size_t const most = (std::numeric_limits<std::size_t>::max)() - header; // of what no memory holds
  std::size_t values = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    extents.push_back(big_endian(bytes, 4 + 4 * d));
    if (extents.back() == 0 || extents.back() > (std::size_t{1} << 31)) {
      throw file_error(name + ": axis " + std::to_string(d) + " has extent " + std::to_string(extents.back()) +
                       " (byte " + std::to_string(4 + 4 * d) + "); expected 1 to 2147483648");
    }
    values = values > most / extents.back() ? most : values * extents.back();
  }
  if (bytes.size() != header + values) {
    throw file_error(name + (bytes.size() < header + values ? ": is truncated at byte " : ": goes on to byte ") +
                     std::to_string(bytes.size()) + "; expected " + std::to_string(header + values) +
                     " bytes by its header; copy or download it again");
  }
  return extents;
}

inline labeled_images pair_of(std::vector<std::uint8_t> const& image_bytes, std::string const& images,
                              std::vector<std::uint8_t> const& label_bytes, std::string const& labels) {
  auto const extents = read_header(image_bytes, images, 3, "images");
  auto const count = read_header(label_bytes, labels, 1, "labels");
  if (count[0] != extents[0]) {
    throw file_error(labels + ": has " + std::to_string(count[0]) + " labels (byte 4), but " + images + " has " +
                     std::to_string(extents[0]) + " images; they must come in pairs");
  }
  return {extents[1],
          extents[2],
          {image_bytes.begin() + 16, image_bytes.end()},
          {label_bytes.begin() + 8, label_bytes.end()}};
}

} // namespace detail

/// Reads one pair of files. Throws file_error.
inline labeled_images read_idx_pair(std::filesystem::path const& images, std::filesystem::path const& labels) {
  auto const image_bytes = detail::read_bytes(images);
  return detail::pair_of(image_bytes, images.string(), detail::read_bytes(labels), labels.string());
}

struct train_and_test {
  labeled_images train;
  labeled_images test;
};

/// Reads a folder: the usual four files, or one pair, of which the first nine tenths train and the last tenth tests.
/// Names as distributed ("train-images-idx3-ubyte") or with a dot ("train-images.idx3-ubyte"). Throws file_error.
inline train_and_test read_idx_folder(std::filesystem::path const& folder) {
  namespace fs = std::filesystem;
  if (!fs::is_directory(folder)) {
    throw file_error(folder.string() + ": is no folder; expected one with IDX files, such as train-images-idx3-ubyte");
  }
  auto const find = [&](std::string const& set, std::string const& what) -> fs::path {
    for (std::string const separator : {"-", "."}) {
      fs::path const path = folder / (set + "-" + what.substr(0, 6) + separator + what.substr(7));
      if (fs::exists(path)) {
        return path;
      }
      if (fs::exists(path.string() + ".gz")) {
        throw file_error(path.string() + ".gz: is still compressed; run: gunzip " + path.string() + ".gz");
      }
    }
    return {};
  };
  auto const read = [&](std::string const& set) -> labeled_images {
    fs::path const images = find(set, "images idx3-ubyte");
    fs::path const labels = find(set, "labels idx1-ubyte");
    if (images.empty() && labels.empty()) {
      return {};
    }
    for (auto const& [here, there, missing] :
         {std::tuple{images, labels, "-labels-idx1-ubyte"}, std::tuple{labels, images, "-images-idx3-ubyte"}}) {
      if (there.empty()) {
        throw file_error((folder / (set + missing)).string() + ": is missing; expected beside " + here.string());
      }
    }
    return read_idx_pair(images, labels);
  };
  train_and_test sets{read("train"), read("t10k")};
  if (sets.train.count() == 0 && sets.test.count() == 0) {
    throw file_error(
        folder.string() +
        ": holds no IDX files; expected train-images-idx3-ubyte and train-labels-idx1-ubyte, or the t10k pair");
  }
  if (sets.train.count() != 0 && sets.test.count() != 0) {
    if (sets.train.rows != sets.test.rows || sets.train.columns != sets.test.columns) {
      throw file_error(folder.string() + ": training images are " + std::to_string(sets.train.rows) + " x " +
                       std::to_string(sets.train.columns) + ", test images " + std::to_string(sets.test.rows) + " x " +
                       std::to_string(sets.test.columns) + "; expected the same size");
    }
    return sets;
  }
  labeled_images all = std::move(sets.train.count() != 0 ? sets.train : sets.test);
  std::size_t const kept = all.count() - std::max<std::size_t>(all.count() / 10, 1);
  if (kept == 0) {
    throw file_error(folder.string() + ": holds a single image; expected at least two, one to train and one to test");
  }
  auto const cut = [&](std::size_t from, std::size_t to) {
    auto const at = [&](auto& v, std::size_t i) { return v.begin() + static_cast<std::ptrdiff_t>(i); };
    return labeled_images{all.rows,
                          all.columns,
                          {at(all.pixels, from * all.size()), at(all.pixels, to * all.size())},
                          {at(all.labels, from), at(all.labels, to)}};
  };
  return {cut(0, kept), cut(kept, all.count())};
}

} // namespace datasets
