/// \file monitor/shared_monitor.hpp  A monitor that several threads write to at once: each has a record of its own.
#pragma once

#include "satur/monitor/monitor.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// Its address names the calling thread. Like std::thread::id, it may name another one once the thread has ended.
inline thread_local char this_thread;

/// A lock for short waits: std::mutex and std::thread cost as much compile time as half of the monitor.
class short_lock {
public:
  void lock() {
    while (taken_.test_and_set(std::memory_order_acquire)) {
      taken_.wait(true, std::memory_order_relaxed);
    }
  }
  void unlock() {
    taken_.clear(std::memory_order_release);
    taken_.notify_one();
  }

private:
  std::atomic_flag taken_;
};
/// Holds the lock until the end of a scope.
class held_lock {
public:
  explicit held_lock(short_lock& lock) : lock_(lock) { lock_.lock(); }
  held_lock(held_lock const&) = delete;
  held_lock& operator=(held_lock const&) = delete;
  ~held_lock() { lock_.unlock(); }

private:
  short_lock& lock_;
};

} // namespace detail

/// A monitor for several threads of one training loop:
///
///     shared_monitor mon(options);
///     // in each thread, for its part of the batch
///     monitor& mine = mon.local();
///     mine["fc1"].forward(act, z, a);
///     // in one thread, once the others are done with the step (joined, or past a barrier)
///     mon.end_step();
///     std::cout << mon.merged();
///
/// A step is one step, however many threads took part in it: the records are those of a single monitor that saw all,
/// counters exactly, sums to the last bits. `local` may be called by any thread at any time, and takes a lock: keep its
/// answer for the step. All else is for one thread at a time while no other records.
///
/// A record belongs to a thread id. The system may give the id of an ended thread to a new thread, which then continues
/// the record. The merged records are the same either way: a step is the sum of all records, and `end_step` empties
/// them. Records are kept until the shared_monitor ends, so memory grows with the number of different ids. Linux,
/// Windows and macOS reuse ids; on a system that does not, use threads that live as long as the run. The measured time
/// of a step is that of its slowest record.
class shared_monitor {
public:
  explicit shared_monitor(any_rule const& rule = z_beyond{5.0}) : merged_(rule) {}
  explicit shared_monitor(monitor_options const& options, clock_function clock = steady_nanoseconds)
      : merged_(options, clock) {}

  /// The calling thread's own monitor. The reference stays valid. Do not close its steps: `end_step` does.
  [[nodiscard]] monitor& local() {
    detail::held_lock const lock(lock_);
    void const* const here = &detail::this_thread;
    for (thread_record& t : threads_) {
      if (t.id == here) {
        return t.mon;
      }
    }
    monitor own(merged_.options(), merged_.clock_);
    follow(own);
    return threads_.emplace_back(thread_record{here, std::move(own)}).mon;
  }

  /// Gathers what the threads recorded and closes the step; see monitor::end_step. Throws std::invalid_argument where
  /// two threads gave a layer different activations.
  template <observer... O> void end_step(O&&... observers) {
    std::uint64_t longest = 0;
    double losses = 0.0;
    double with_loss = 0.0;
    double chance = std::numeric_limits<double>::quiet_NaN();
    for (thread_record& t : threads_) {
      std::uint64_t calls = 0;
      bool const gather = merged_.sampling_now();
      for (layer_monitor& layer : t.mon.lists_.layers) {
        calls += layer.calls_ns_;
        layer.calls_ns_ = 0;
        if (gather) {
          merged_[layer.name()].records_.here().absorb(layer.records_.here());
        }
      }
      for (layer_monitor& data : t.mon.lists_.data) {
        calls += data.calls_ns_;
        data.calls_ns_ = 0;
        if (gather) {
          merged_.input_layer().records_.here().absorb(data.records_.here());
        }
      }
      longest = (std::max)(longest, calls);
      if (loss_history& own = t.mon.losses_; !own.empty()) { // the step's loss is the mean over the threads
        losses += own.last();
        chance = own.chance();
        with_loss += 1.0;
        own.clear();
      }
    }
    if (with_loss > 0.0) {
      merged_.loss(losses / with_loss, chance);
    }
    bool const sampled = merged_.close_step(longest);
    all_follow();
    if (sampled) {
      (merged_.tell(observers), ...);
    }
  }

  void train() { enter(phase::train); }
  void eval() { enter(phase::eval); }
  void start_window() { merged_.start_window(); }
  /// Forgets all records, those of the step that is being made too.
  void clear() {
    merged_.clear();
    for (thread_record& t : threads_) {
      t.mon.clear();
    }
  }
  [[deprecated("use clear")]] void reset() { clear(); }

  /// All closed steps of all threads.
  [[nodiscard]] monitor const& merged() const { return merged_; }
  [[nodiscard]] bool sampling_now() const { return merged_.sampling_now(); }
  [[nodiscard]] bool stop_requested() const { return merged_.stop_requested(); }
  /// Different ids of the threads that ever asked for their monitor.
  [[nodiscard]] std::size_t threads() const { return threads_.size(); }

private:
  struct thread_record {
    void const* id;
    monitor mon;
  };
  void enter(phase p) {
    for (thread_record& t : threads_) { // what was begun in the other phase waits there
      t.mon.enter(p);
    }
    merged_.enter(p);
    all_follow();
  }
  void follow(monitor& own) const {
    own.samplers_ = merged_.samplers_;
    own.phase_ = merged_.phase_;
    own.lists_.each([&own](layer_monitor& layer) { layer.recording_ = own.sampling_now(); });
  }
  void all_follow() {
    for (thread_record& t : threads_) {
      follow(t.mon);
    }
  }

  detail::short_lock lock_;
  monitor merged_;
  std::deque<thread_record> threads_;
};

}} // namespace satur::SATUR_ABI
