/// \file monitor/file.hpp  Saves a monitor and loads it again: a versioned, checksummed file, the same on every
/// machine.
#pragma once

#include "satur/monitor/file/monitor_fields.hpp"

#include <iosfwd>
#include <string>
#include <string_view>
#if !SATUR_COMPILED
#include <cstdio>
#include <fstream>
#include <istream>
#include <ostream>
#endif

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// A file begins with 40 bytes that no version will change: 8 that name it, its format, 0, the size of what follows and
/// its checksum, and the checksum of these 32 bytes. The rest is `monitor_access::whole`. All numbers little-endian.
inline constexpr std::string_view monitor_magic{"\x89SATUR\r\n", 8}; // broken by whatever rewrites line ends
inline constexpr std::size_t monitor_header = 40;

#if !SATUR_COMPILED
[[noreturn]] inline void bad_file(std::string const& file, std::string const& what, std::string_view to_do) {
  detail::raise(file_error(message("satur::load_monitor: ", file.empty() ? "" : file + ": ", what, "; ", to_do)));
}

/// Up to n bytes, in pieces: no more memory than there is to read, whatever a damaged header asks for.
[[nodiscard]] inline std::string read_bytes(std::istream& in, std::uint64_t n) {
  constexpr std::uint64_t piece = 1u << 16;
  std::string bytes;
  while (bytes.size() < n) {
    std::size_t const before = bytes.size();
    std::size_t const wanted = static_cast<std::size_t>((std::min<std::uint64_t>)(piece, n - before));
    bytes.resize(before + wanted);
    in.read(bytes.data() + before, static_cast<std::streamsize>(wanted));
    auto const got = static_cast<std::size_t>(in.gcount());
    bytes.resize(before + got);
    if (got < wanted) {
      break;
    }
  }
  return bytes;
}

inline constexpr std::string_view damaged = "the file is damaged: load another copy of it, or record anew";

[[nodiscard]] inline monitor load_from(std::istream& in, std::string const& file, bool to_the_end,
                                       clock_function clock) {
  std::string const header = read_bytes(in, monitor_header);
  std::size_t same = 0;
  while (same < header.size() && same < monitor_magic.size() && header[same] == monitor_magic[same]) {
    ++same;
  }
  if (same < (std::min)(header.size(), monitor_magic.size())) {
    bad_file(file,
             message("byte ", same, " is ", +static_cast<unsigned char>(header[same]), ", expected ",
                     +static_cast<unsigned char>(monitor_magic[same]), " of the eight that begin a saved monitor"),
             "give a file that satur::save wrote, and copy it as binary");
  }
  if (header.size() < monitor_header) {
    bad_file(file, message("ends at byte ", header.size(), ", expected a header of ", monitor_header, " bytes"),
             damaged);
  }
  byte_reader reader(std::string_view(header).substr(monitor_magic.size()), monitor_magic.size());
  std::uint64_t word = 0;
  std::uint64_t size = 0;
  std::uint64_t payload_sum = 0;
  std::uint64_t header_sum = 0;
  reader.number(word);
  reader.number(size);
  reader.number(payload_sum);
  reader.number(header_sum);
  if (checksum_of(std::string_view(header).substr(0, monitor_header - 8)) != header_sum) {
    bad_file(file, message("bytes 8 to ", monitor_header - 1, " do not have the checksum that they state"), damaged);
  }
  if (word < 1 || word > newest_format) {
    bad_file(file, message("byte 8 says format ", word, ", expected 1 to ", newest_format),
             word > newest_format ? "a newer satur wrote it: load it with that one, or update this one"
                                  : "no satur writes it: record anew");
  }
  std::string const payload = read_bytes(in, size);
  if (payload.size() < size) {
    bad_file(file,
             message("ends at byte ", monitor_header + payload.size(), ", expected ", monitor_header + size, " bytes"),
             damaged);
  }
  if (checksum_of(payload) != payload_sum) {
    bad_file(file,
             message("bytes ", monitor_header, " to ", monitor_header + size - 1,
                     " do not have the checksum that byte 24 states"),
             damaged);
  }
  if (to_the_end && in.peek() != std::istream::traits_type::eof()) {
    bad_file(file, message("goes on at byte ", monitor_header + size, ", expected its end there"), damaged);
  }
  monitor mon(monitor_options{}, clock);
  byte_reader fields(payload, monitor_header);
  fields.format = word;
  monitor_access::whole(fields, mon);
  monitor_access::restore(mon);
  return mon;
}
#endif

} // namespace detail

/// Writes all of the monitor but its clock: options, records, histories, histograms, counts, and the step that is being
/// made. Loading gives an equal one. Throws file_error where the stream takes no more.
SATUR_COMPILED_FUNCTION void save(monitor const& mon, std::ostream& out)
#if SATUR_COMPILED
    ;
#else
{
  detail::byte_writer payload;
  detail::monitor_access::whole(payload, mon);
  detail::byte_writer header;
  header.bytes().append(detail::monitor_magic);
  header.number(payload.format);
  header.number(std::uint64_t{payload.bytes().size()});
  header.number(detail::checksum_of(payload.bytes()));
  header.number(detail::checksum_of(header.bytes()));
  for (std::string const* part : {&header.bytes(), &payload.bytes()}) {
    out.write(part->data(), static_cast<std::streamsize>(part->size()));
  }
  if (!out.flush()) {
    detail::raise(
        file_error("satur::save: the stream did not take all bytes of the monitor; see whether the disk is full"));
  }
}
#endif
/// The same to a file, which is replaced only once all is written.
SATUR_COMPILED_FUNCTION void save(monitor const& mon, std::string const& file)
#if SATUR_COMPILED
    ;
#else
{
  std::string const part = file + ".part";
  {
    std::ofstream out(part, std::ios::binary);
    if (!out) {
      detail::raise(file_error(
          detail::message("satur::save: cannot open ", part, "; see whether its folder is there and writable")));
    }
    save(mon, out);
  }
  if (std::rename(part.c_str(), file.c_str()) != 0) {
    detail::raise(file_error(
        detail::message("satur::save: cannot rename ", part, " to ", file, "; the monitor is in the former")));
  }
}
#endif

/// What `save` wrote; the stream (opened as binary) is left behind its last byte. Throws file_error, saying which byte,
/// what was expected and what to do, where it is damaged, no monitor, or of a newer format.
[[nodiscard]] SATUR_COMPILED_FUNCTION monitor load_monitor(std::istream& in, clock_function clock = steady_nanoseconds)
#if SATUR_COMPILED
    ;
#else
{
  return detail::load_from(in, {}, false, clock);
}
#endif
/// The same from a file, which holds nothing else.
[[nodiscard]] SATUR_COMPILED_FUNCTION monitor load_monitor(std::string const& file,
                                                           clock_function clock = steady_nanoseconds)
#if SATUR_COMPILED
    ;
#else
{
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    detail::bad_file(file, "cannot be opened", "see whether it is there and readable");
  }
  return detail::load_from(in, file, true, clock);
}
#endif

}} // namespace satur::SATUR_ABI
