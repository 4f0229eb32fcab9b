/// \file adapt/mpi/messages.hpp  Bytes between the ranks of a communicator, and a reduction in a fixed order.
#pragma once

#include "satur/error.hpp"
#include "satur/monitor/file/archive.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// Throws std::invalid_argument if comm is null, std::logic_error outside of MPI_Init and MPI_Finalize.
inline void require_mpi(MPI_Comm comm) {
  int begun = 0;
  int ended = 0;
  MPI_Initialized(&begun);
  MPI_Finalized(&ended);
  if (begun == 0 || ended != 0) {
    raise(std::logic_error("satur::all_reduce: MPI is not running; call it between MPI_Init and MPI_Finalize"));
  }
  if (comm == MPI_COMM_NULL) {
    bad_parameter("all_reduce", "comm", "MPI_COMM_NULL", "a communicator that this process belongs to");
  }
}

/// A communicator of our own for one call, so that no message of the caller is taken for one of ours, and the caller's
/// error handler stays as it is.
class mpi_group {
public:
  /// Collective. Throws what require_mpi throws, and std::invalid_argument if comm connects two groups.
  explicit mpi_group(MPI_Comm comm, std::uint64_t most = std::uint64_t{1} << 30) : most_(most) {
    require_mpi(comm);
    int two_groups = 0;
    require(MPI_Comm_test_inter(comm, &two_groups), "MPI_Comm_test_inter");
    if (two_groups != 0) {
      bad_parameter("all_reduce", "comm", "an intercommunicator",
                    "a communicator of one group, such as MPI_COMM_WORLD");
    }
    require(MPI_Comm_dup(comm, &comm_), "MPI_Comm_dup");
    require(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    require(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
    require(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
  }
  mpi_group(mpi_group const&) = delete;
  mpi_group& operator=(mpi_group const&) = delete;
  ~mpi_group() {
    if (comm_ != MPI_COMM_NULL) {
      MPI_Comm_free(&comm_);
    }
  }

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }

  void send(std::string const& bytes, int to) {
    std::uint64_t const n = bytes.size();
    require(MPI_Send(&n, 1, MPI_UINT64_T, to, 0, comm_), "MPI_Send");
    for (std::uint64_t at = 0; at < n; at += most_) {
      require(MPI_Send(bytes.data() + at, piece(n - at), MPI_BYTE, to, 0, comm_), "MPI_Send");
    }
  }
  [[nodiscard]] std::string receive(int from) {
    std::uint64_t n = 0;
    require(MPI_Recv(&n, 1, MPI_UINT64_T, from, 0, comm_, MPI_STATUS_IGNORE), "MPI_Recv");
    std::string bytes(n, '\0');
    for (std::uint64_t at = 0; at < n; at += most_) {
      require(MPI_Recv(bytes.data() + at, piece(n - at), MPI_BYTE, from, 0, comm_, MPI_STATUS_IGNORE), "MPI_Recv");
    }
    return bytes;
  }
  /// The bytes of rank 0 to all. Collective.
  void broadcast(std::string& bytes) {
    std::uint64_t n = bytes.size();
    require(MPI_Bcast(&n, 1, MPI_UINT64_T, 0, comm_), "MPI_Bcast");
    bytes.resize(n);
    for (std::uint64_t at = 0; at < n; at += most_) {
      require(MPI_Bcast(bytes.data() + at, piece(n - at), MPI_BYTE, 0, comm_), "MPI_Bcast");
    }
  }

private:
  [[nodiscard]] int piece(std::uint64_t left) const { return static_cast<int>((std::min)(most_, left)); }

  void require(int code, std::string_view call) {
    if (code == MPI_SUCCESS) {
      return;
    }
    comm_ = MPI_COMM_NULL; // to free it could wait for ranks that no longer answer
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    raise(std::runtime_error(message("satur::all_reduce: ", call,
                                     " failed: ", std::string_view(text.data(), static_cast<std::size_t>(length)))));
  }

  std::uint64_t most_; ///< bytes in a message: MPI counts them in an int
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
};

/// ((0 + 1) + (2 + 3)) + … over the ranks' values, the same bytes read back on every rank. `write(value)` gives bytes,
/// `read(bytes)` a value. An exception of += or `read` on any rank becomes a std::invalid_argument on every rank. Each
/// rank holds its value and at most one other.
template <class V, class Write, class Read>
[[nodiscard]] V reduce_in_order(mpi_group& group, V value, Write const& write, Read const& read) {
  std::string error;
  auto const packed = [&] {
    byte_writer out;
    out.text(error);
    out.text(error.empty() ? write(value) : std::string());
    return std::move(out.bytes());
  };
  std::string bytes;
  auto const unpack = [&bytes](std::string const& from, std::string& error_of_them) {
    byte_reader in(from, 0);
    in.text(error_of_them);
    in.text(bytes);
  };
  for (int step = 1; step < group.size(); step *= 2) {
    if (group.rank() % (2 * step) != 0) {
      group.send(packed(), group.rank() - step);
      break;
    }
    if (group.rank() + step < group.size()) {
      std::string theirs;
      unpack(group.receive(group.rank() + step), theirs);
      error = error.empty() ? theirs : error;
      if (error.empty()) {
        with_words_of<std::exception>([&error](char const* words) { error = words; }, [&] { value += read(bytes); });
      }
    }
  }
  std::string result;
  if (group.rank() == 0) {
    result = packed();
  }
  group.broadcast(result);
  unpack(result, error);
  if (!error.empty()) {
    raise(std::invalid_argument(message("satur::all_reduce: ", error)));
  }
  return read(bytes);
}

} // namespace satur::inline SATUR_ABI::detail
