// The IDX reader: accepted files, and one line of text for each kind of damaged file.
#include "data/idx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace fs = std::filesystem;

namespace {

class folder {
public:
  folder()
      : path_(fs::temp_directory_path() / ("satur_idx_" + std::to_string(::getpid()) + "_" + std::to_string(++made_))) {
    fs::create_directories(path_);
  }
  ~folder() { fs::remove_all(path_); }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;

  void write(std::string const& name, std::vector<std::uint8_t> const& bytes) const {
    std::ofstream file(path_ / name, std::ios::binary);
    file.write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  void remove(std::string const& name) const { fs::remove(path_ / name); }
  [[nodiscard]] fs::path const& path() const { return path_; }

private:
  static inline int made_ = 0;
  fs::path path_;
};

std::vector<std::uint8_t> images(std::uint8_t count, std::uint8_t side = 2) {
  std::vector<std::uint8_t> bytes{0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, side, 0, 0, 0, side};
  for (int i = 0; i < count * side * side; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i));
  }
  return bytes;
}
std::vector<std::uint8_t> labels(std::uint8_t count) {
  std::vector<std::uint8_t> bytes{0, 0, 8, 1, 0, 0, 0, count};
  for (int i = 0; i < count; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i % 3));
  }
  return bytes;
}

std::string refusal(fs::path const& path) {
  try {
    datasets::read_idx_folder(path);
  } catch (datasets::file_error const& error) {
    std::string const text = error.what();
    CHECK(text.find('\n') == std::string::npos);
    return text;
  }
  return "accepted";
}

bool has(std::string const& text, std::string const& part) {
  CAPTURE(text);
  CAPTURE(part);
  bool const found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

} // namespace

TEST_CASE("IDX files: four files, one pair, names with a dot") {
  folder const f;
  f.write("train-images-idx3-ubyte", images(20));
  f.write("train-labels-idx1-ubyte", labels(20));
  datasets::train_and_test const pair = datasets::read_idx_folder(f.path());
  CHECK(pair.train.count() == 18); // nine tenths of the pair
  CHECK(pair.test.count() == 2);
  CHECK(pair.train.rows == 2);
  CHECK(pair.test.pixels.front() == 18 * 4); // the last tenth
  CHECK(pair.test.labels.front() == 18 % 3);

  f.write("t10k-images.idx3-ubyte", images(5));
  f.write("t10k-labels.idx1-ubyte", labels(5));
  datasets::train_and_test const four = datasets::read_idx_folder(f.path());
  CHECK(four.train.count() == 20);
  CHECK(four.test.count() == 5);
}

TEST_CASE("IDX files: extents whose product does not fit a number are refused") {
  folder const f;
  std::vector<std::uint8_t> large{0, 0, 8, 3, 0, 0, 0, 4, 0x80, 0, 0, 0, 0x80, 0, 0, 0}; // 4 * 2^31 * 2^31 = 2^64
  f.write("train-images-idx3-ubyte", large);
  f.write("train-labels-idx1-ubyte", labels(4));
  has(refusal(f.path()), "is truncated at byte 16");
  large.resize(64);
  f.write("train-images-idx3-ubyte", large);
  has(refusal(f.path()), "is truncated at byte 64");
  large[11] = 1;
  f.write("train-images-idx3-ubyte", large);
  has(refusal(f.path()), "axis 1 has extent 2147483649 (byte 8); expected 1 to 2147483648");
}

TEST_CASE("IDX files: a damaged file gives one line with a fix") {
  folder const f;
  has(refusal(f.path() / "nowhere"), "is no folder");
  has(refusal(f.path()), "holds no IDX files");
  f.write("train-images-idx3-ubyte", images(20));
  has(refusal(f.path()), "train-labels-idx1-ubyte: is missing");
  f.write("train-labels-idx1-ubyte", labels(20));
  CHECK(refusal(f.path()) == "accepted");

  f.write("train-labels-idx1-ubyte", {});
  has(refusal(f.path()), "is empty");
  f.write("train-labels-idx1-ubyte", labels(19));
  has(refusal(f.path()), "19 labels (byte 4)");
  f.write("train-labels-idx1-ubyte", {0, 0, 8});
  has(refusal(f.path()), "ends at byte 3");

  std::vector<std::uint8_t> cut = labels(20);
  cut.resize(20);
  f.write("train-labels-idx1-ubyte", cut);
  has(refusal(f.path()), "truncated at byte 20; expected 28");
  cut = labels(20);
  cut.push_back(0);
  f.write("train-labels-idx1-ubyte", cut);
  has(refusal(f.path()), "goes on to byte 29");

  f.write("train-labels-idx1-ubyte", {0x1f, 0x8b, 8, 0, 0, 0, 0, 0});
  if (has(refusal(f.path()), "gunzip")) {
    has(refusal(f.path()), "train-labels-idx1-ubyte");
  }
  f.write("train-labels-idx1-ubyte", images(20));
  has(refusal(f.path()), "has 3 axes (byte 3); expected 1");
  std::vector<std::uint8_t> typed = labels(20);
  typed[2] = 13;
  f.write("train-labels-idx1-ubyte", typed);
  has(refusal(f.path()), "type 13 (byte 2)");
  f.write("train-labels-idx1-ubyte", {'P', 'K', 3, 4, 0, 0, 0, 1, 0});
  has(refusal(f.path()), "no IDX file");
  f.write("train-labels-idx1-ubyte", {0, 0, 8, 1, 0, 0, 0, 0});
  has(refusal(f.path()), "extent 0 (byte 4)");

  f.remove("train-labels-idx1-ubyte");
  f.write("train-labels-idx1-ubyte.gz", {0x1f, 0x8b});
  has(refusal(f.path()), "run: gunzip");
}

TEST_CASE("IDX files: images of different sizes, and a single image") {
  folder const f;
  f.write("train-images-idx3-ubyte", images(4));
  f.write("train-labels-idx1-ubyte", labels(4));
  f.write("t10k-images-idx3-ubyte", images(4, 3));
  f.write("t10k-labels-idx1-ubyte", labels(4));
  has(refusal(f.path()), "expected the same size");
  folder const one;
  one.write("t10k-images-idx3-ubyte", images(1));
  one.write("t10k-labels-idx1-ubyte", labels(1));
  has(refusal(one.path()), "at least two");
}

TEST_CASE("IDX files: ten thousand digits split into 9,000 and 1,000") {
  fs::path const real = fs::path(SATUR_SHARED_DIR) / "data" / "mnist";
  if (!fs::exists(real)) {
    MESSAGE("skipped: no digits at ", real.string());
    return;
  }
  datasets::train_and_test const sets = datasets::read_idx_folder(real);
  CHECK(sets.train.count() == 9000);
  CHECK(sets.test.count() == 1000);
  CHECK(sets.train.rows == 28);
  CHECK(*std::ranges::max_element(sets.train.labels) == 9);
}
