// Counts every operator new of the program. Include it in exactly one .cpp of an executable: it replaces the operators.
// The thread sanitizer has operators of its own, and no program can replace them; its hook counts there, every malloc
// too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace satur_test {

inline std::atomic<std::size_t> allocations{0};

/// Number of allocations in f.
template <class F> std::size_t allocations_in(F&& f) {
  std::size_t const before = allocations;
  f();
  return allocations - before;
}

} // namespace satur_test

#if defined(__SANITIZE_THREAD__)
#define SATUR_COUNTS_BY_HOOK
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SATUR_COUNTS_BY_HOOK
#endif
#endif

#ifdef SATUR_COUNTS_BY_HOOK

extern "C" void __sanitizer_malloc_hook(void const volatile*, std::size_t) { ++satur_test::allocations; }
extern "C" void __sanitizer_free_hook(void const volatile*) {}

#else

namespace satur_test {

inline void* counted_allocation(std::size_t bytes, std::size_t alignment = 0) {
  ++allocations;
  bytes = bytes == 0 ? 1 : bytes;
  void* const p = alignment == 0 ? std::malloc(bytes)
                                 : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (p == nullptr) {
    throw std::bad_alloc();
  }
  return p;
}

} // namespace satur_test

[[gnu::noinline]] void* operator new(std::size_t n) { return satur_test::counted_allocation(n); }
[[gnu::noinline]] void* operator new[](std::size_t n) { return satur_test::counted_allocation(n); }
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) {
  return satur_test::counted_allocation(n, static_cast<std::size_t>(a));
}
[[gnu::noinline]] void* operator new[](std::size_t n, std::align_val_t a) {
  return satur_test::counted_allocation(n, static_cast<std::size_t>(a));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

#endif
