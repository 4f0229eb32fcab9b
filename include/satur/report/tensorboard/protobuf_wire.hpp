/// \file report/tensorboard/protobuf_wire.hpp  Fields of a protocol buffer, as bytes.
#pragma once

#include "satur/config.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// The low `bytes` bytes of a number, the lowest first.
inline void append_little_endian(std::string& out, std::uint64_t x, int bytes) {
  char text[8];
  for (int i = 0; i < 8; ++i) {
    text[i] = static_cast<char>(static_cast<unsigned char>(x >> (8 * i)));
  }
  out.append(text, static_cast<std::size_t>(bytes));
}

/// Appends the fields of one message to a string, in the encoding of
/// https://protobuf.dev/programming-guides/encoding. A field is given by its number, 1 to 15.
class protobuf_fields {
public:
  explicit protobuf_fields(std::string& out) : out_(out) {}

  void integer(unsigned field, std::uint64_t x) { // int64, uint64: a variable number of bytes
    key(field, 0);
    varint(x);
  }
  void real(unsigned field, double x) {
    key(field, 1);
    append_little_endian(out_, std::bit_cast<std::uint64_t>(x), 8);
  }
  void real(unsigned field, float x) {
    key(field, 5);
    append_little_endian(out_, std::bit_cast<std::uint32_t>(x), 4);
  }
  /// string, bytes. A string must be UTF-8.
  void text(unsigned field, std::string_view bytes) {
    key(field, 2);
    varint(bytes.size());
    out_ += bytes;
  }
  /// A message within this one: f(protobuf_fields&) appends its fields.
  template <class F> void message(unsigned field, F const& f) {
    key(field, 2);
    sized([&] { f(*this); });
  }
  /// A packed list of doubles: f(append) calls append(x) for each.
  template <class F> void reals(unsigned field, F const& f) {
    key(field, 2);
    sized([&] { f([this](double x) { append_little_endian(out_, std::bit_cast<std::uint64_t>(x), 8); }); });
  }

private:
  void key(unsigned field, unsigned wire_type) { out_ += static_cast<char>(field << 3 | wire_type); }
  void varint(std::uint64_t x) { insert_varint(out_.size(), x); }
  void insert_varint(std::size_t place, std::uint64_t x) {
    char bytes[10];
    std::size_t n = 0;
    for (; x >= 0x80; x >>= 7) {
      bytes[n++] = static_cast<char>(static_cast<unsigned char>(x | 0x80));
    }
    bytes[n++] = static_cast<char>(x);
    out_.insert(place, bytes, n);
  }
  /// What f appends, behind its size.
  template <class F> void sized(F const& f) {
    std::size_t const start = out_.size();
    f();
    insert_varint(start, out_.size() - start);
  }

  std::string& out_;
};

} // namespace satur::inline SATUR_ABI::detail
