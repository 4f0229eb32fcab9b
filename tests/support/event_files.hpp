// Reads event files, by the published formats alone: records of TFRecord, messages of protocol buffers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace event_files {

/// CRC-32C, bit by bit.
inline std::uint32_t plain_crc32c(std::string_view bytes) {
  std::uint32_t sum = 0xffffffffu;
  for (char const c : bytes) {
    sum ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      sum = (sum >> 1) ^ ((sum & 1u) != 0 ? 0x82f63b78u : 0u);
    }
  }
  return ~sum;
}
inline std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t x = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    x = x << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return x;
}

struct file_records {
  std::vector<std::string> data;
  std::size_t rest = 0; ///< bytes that are no whole record with right checksums
};

inline file_records records(std::string_view file) {
  auto const masked = [](std::string_view bytes) {
    std::uint32_t const sum = plain_crc32c(bytes);
    return ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
  };
  file_records all;
  while (file.size() >= 16) {
    std::uint64_t const size = little_endian(file.substr(0, 8));
    if (masked(file.substr(0, 8)) != little_endian(file.substr(8, 4)) || file.size() - 16 < size ||
        masked(file.substr(12, size)) != little_endian(file.substr(12 + size, 4))) {
      break;
    }
    all.data.emplace_back(file.substr(12, size));
    file.remove_prefix(16 + size);
  }
  all.rest = file.size();
  return all;
}

/// One field of a message: a number in `number`, or bytes.
struct field {
  unsigned number_of_field;
  unsigned wire_type;
  std::uint64_t number;
  std::string_view bytes;

  [[nodiscard]] double real() const { return std::bit_cast<double>(number); }
  [[nodiscard]] float real32() const { return std::bit_cast<float>(static_cast<std::uint32_t>(number)); }
  [[nodiscard]] std::vector<double> reals() const {
    std::vector<double> all;
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      all.push_back(std::bit_cast<double>(little_endian(bytes.substr(i, 8))));
    }
    return all;
  }
};

inline std::vector<field> fields(std::string_view message) {
  auto const varint = [&] {
    std::uint64_t x = 0;
    for (int shift = 0; !message.empty(); shift += 7) {
      auto const byte = static_cast<unsigned char>(message.front());
      message.remove_prefix(1);
      x |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        break;
      }
    }
    return x;
  };
  std::vector<field> all;
  while (!message.empty()) {
    auto const key = static_cast<unsigned>(varint());
    field f{key >> 3, key & 7u, 0, {}};
    if (f.wire_type == 0) {
      f.number = varint();
    } else {
      std::size_t const size = f.wire_type == 1 ? 8 : f.wire_type == 5 ? 4 : static_cast<std::size_t>(varint());
      f.bytes = message.substr(0, size);
      f.number = f.wire_type == 2 ? 0 : little_endian(f.bytes);
      message.remove_prefix(f.bytes.size());
    }
    all.push_back(f);
  }
  return all;
}

struct drawn {
  double min = 0.0, max = 0.0, num = 0.0, sum = 0.0, sum_squares = 0.0;
  std::vector<double> limits, counts;
};

struct event {
  double wall_time = 0.0;
  std::uint64_t step = 0;
  std::string file_version;
  std::vector<std::string> tags; ///< in their order
  std::map<std::string, float> scalars;
  std::map<std::string, drawn> histograms;
};

/// The events of a file that holds nothing but whole records; none otherwise.
inline std::vector<event> events(std::string const& file) {
  std::vector<event> all;
  file_records const found = records(file);
  if (found.rest != 0) {
    return all;
  }
  for (std::string const& data : found.data) {
    event& e = all.emplace_back();
    for (field const& f : fields(data)) {
      e.wall_time = f.number_of_field == 1 ? f.real() : e.wall_time;
      e.step = f.number_of_field == 2 ? f.number : e.step;
      e.file_version = f.number_of_field == 3 ? std::string(f.bytes) : e.file_version;
      if (f.number_of_field != 5) {
        continue;
      }
      for (field const& value : fields(f.bytes)) {
        for (field const& v : fields(value.bytes)) {
          if (v.number_of_field == 1) {
            e.tags.emplace_back(v.bytes);
          } else if (v.number_of_field == 2) {
            e.scalars[e.tags.back()] = v.real32();
          } else if (v.number_of_field == 5) {
            drawn& h = e.histograms[e.tags.back()];
            for (field const& part : fields(v.bytes)) {
              double* const numbers[] = {&h.min, &h.max, &h.num, &h.sum, &h.sum_squares};
              if (part.number_of_field <= 5) {
                *numbers[part.number_of_field - 1] = part.real();
              } else {
                (part.number_of_field == 6 ? h.limits : h.counts) = part.reals();
              }
            }
          }
        }
      }
    }
  }
  return all;
}

} // namespace event_files
