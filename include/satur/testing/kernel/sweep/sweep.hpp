/// \file testing/kernel/sweep/sweep.hpp  Tries a kernel at all inputs, in parts, on one or several threads.
#pragma once

#include "satur/testing/kernel/sweep/runner.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// Parts of the inputs, handed out to threads in order. Their tallies are merged in order too, so that the sums do not
/// depend on the threads.
class kernel_parts {
public:
  static constexpr std::uint64_t size = std::uint64_t{1} << 18;

  kernel_parts(std::uint64_t inputs, kernel_options const& o)
      : inputs_(inputs), options_(o), start_(std::chrono::steady_clock::now()), told_(start_) {}

  [[nodiscard]] std::uint64_t count() const { return (inputs_ + size - 1) / size; }

  /// run(first, count) for one part after another, until all are taken or another thread has stopped.
  template <class Run> void work(Run const& run, bool tells) {
    struct stop_unless_done {
      std::atomic<bool>& stopped;
      bool done = false;
      ~stop_unless_done() { stopped = stopped || !done; }
    } guard{stopped_};
    for (std::uint64_t k = 0; !stopped_ && (k = next_.fetch_add(1)) < count();) {
      std::uint64_t const first = k * size;
      keep(k, run(first, (std::min)(size, inputs_ - first)));
      if (tells) {
        tell_progress();
      }
    }
    guard.done = true;
  }
  [[nodiscard]] kernel_tally result() {
    tell_progress(true);
    return std::move(sum_);
  }

private:
  void keep(std::uint64_t part, kernel_tally&& t) {
    std::lock_guard<std::mutex> const lock(mutex_);
    waiting_.emplace(part, std::move(t));
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == merged_; first = waiting_.begin()) {
      sum_.merge(first->second);
      waiting_.erase(first);
      ++merged_;
    }
  }
  /// About once a second, and at the end.
  void tell_progress(bool at_end = false) {
    auto const now = std::chrono::steady_clock::now();
    if (options_.progress && (at_end || now - told_ >= std::chrono::seconds(1))) {
      told_ = now;
      std::unique_lock<std::mutex> lock(mutex_);
      std::uint64_t const done = (std::min)(merged_ * size, inputs_);
      lock.unlock();
      kernel_progress p;
      p.done = at_end || inputs_ == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(inputs_);
      p.seconds = std::chrono::duration<double>(now - start_).count();
      p.seconds_left = p.done > 0.0 ? p.seconds * (1.0 - p.done) / p.done : 0.0;
      options_.progress(p);
    }
  }

  std::uint64_t inputs_;
  kernel_options const& options_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point told_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::map<std::uint64_t, kernel_tally> waiting_;
  std::uint64_t merged_ = 0;
  kernel_tally sum_;
};

/// All inputs. Several threads call the kernel at once only if all floats are tried. What a kernel throws on any thread
/// is thrown here, after the other threads have ended.
template <class T>
kernel_tally sweep(kernel_case<T> const& c, kernel_inputs<T> const& inputs, kernel_call<T> const& call) {
  kernel_parts parts(inputs.count, c.options);
  auto const work = [&](bool tells) {
    kernel_runner<T> runner(c, inputs, call);
    parts.work([&](std::uint64_t first, std::uint64_t count) { return runner.run(first, count); }, tells);
  };
  std::size_t threads = 1;
  if (c.options.all && std::same_as<T, float>) {
    threads = c.options.threads != 0 ? c.options.threads : (std::max)(1u, std::thread::hardware_concurrency());
    threads = (std::min<std::size_t>)(threads, parts.count());
  }
  {
    std::vector<std::future<void>> others; // each waits for its thread when it goes
    for (std::size_t i = 1; i < threads; ++i) {
      others.push_back(std::async(std::launch::async, work, false));
    }
    work(true);
    for (std::future<void>& other : others) {
      other.get();
    }
  }
  return parts.result();
}

} // namespace satur::inline SATUR_ABI::testing::detail
