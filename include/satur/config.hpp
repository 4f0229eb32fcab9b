/// \file config.hpp  What the compiler offers, asked once. Documented switches (define them for every file or for
/// none):
///
/// `SATUR_NO_DISPATCH`: array passes use the instruction set that the file was compiled for; nothing is chosen at run
/// time.
///
/// `SATUR_NO_LANES`: no compiler vector types at all; every pass is a plain scalar loop. Compilers for which the vector
/// types are not known to work have none anyway: nvcc and clang for CUDA and HIP, and all that use the EDG front end.
///
/// `SATUR_NO_EXTENSIONS`: standard C++ alone, as for a compiler without the extensions of GNU C++: no attributes, no
/// built-in functions, no asm, and so no lanes.
///
/// They change the ABI namespace, and so does the compiler's OpenMP, with which long arrays are spread over threads:
/// files compiled differently cannot be mixed by accident.
#pragma once

#include "satur/version.hpp"

#include <version>

#if (defined(__GNUC__) || defined(__clang__)) && !defined(SATUR_NO_EXTENSIONS)
#define SATUR_HAS_EXTENSIONS 1
#else
#define SATUR_HAS_EXTENSIONS 0
#endif

#if SATUR_HAS_EXTENSIONS
#define SATUR_INLINE [[gnu::always_inline]] inline
#define SATUR_INLINE_LAMBDA __attribute__((always_inline))
#define SATUR_NOINLINE [[gnu::noinline]]
#define SATUR_FLATTEN [[gnu::flatten]]
#else
#define SATUR_INLINE inline
#define SATUR_INLINE_LAMBDA
#define SATUR_NOINLINE
#define SATUR_FLATTEN
#endif

/// 1 in a file that is compiled for a graphics processor too, by nvcc or by clang: the same for both of its passes.
#if defined(__CUDACC__) || defined(__NVCC__) || defined(__CUDA__) || defined(__HIP__)
#define SATUR_OFFLOADS 1
#else
#define SATUR_OFFLOADS 0
#endif
/// 1 where asm for the host may stand: not in the pass for the graphics processor.
#if SATUR_HAS_EXTENSIONS && !defined(__CUDA_ARCH__) && !defined(__HIP_DEVICE_COMPILE__)
#define SATUR_HAS_ASM 1
#else
#define SATUR_HAS_ASM 0
#endif

#if SATUR_HAS_EXTENSIONS && !defined(SATUR_NO_LANES) && !SATUR_OFFLOADS && !defined(__EDG__) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector) && __has_builtin(__builtin_convertvector)
#define SATUR_HAS_LANES 1
#endif
#endif
#ifndef SATUR_HAS_LANES
#define SATUR_HAS_LANES 0
#endif

/// 1 where registers of 16 bytes are those of SSE2.
#if SATUR_HAS_LANES && defined(__SSE2__)
#define SATUR_HAS_X86_LANES 1
#else
#define SATUR_HAS_X86_LANES 0
#endif

/// 1 where there are registers of 32 and 64 bytes: on x86-64, but not with g++ for Windows, which does not align them
/// on the stack (GCC bug 54412).
#if SATUR_HAS_LANES && defined(__x86_64__) && (!defined(_WIN32) || defined(__clang__))
#define SATUR_HAS_WIDE_LANES 1
#else
#define SATUR_HAS_WIDE_LANES 0
#endif

/// 1 where one binary can hold several instruction sets: `target` attributes and a run-time question to the processor.
#if SATUR_HAS_WIDE_LANES && !defined(SATUR_NO_DISPATCH)
#define SATUR_HAS_DISPATCH 1
#else
#define SATUR_HAS_DISPATCH 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SATUR_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SATUR_SANITIZED 1
#endif
#endif
#ifndef SATUR_SANITIZED
#define SATUR_SANITIZED 0
#endif

/// Under -ffast-math the compiler may assume that no NaN exists. Counters stay right (they test bits), but subnormal
/// slopes may be flushed to zero by the run-time start-up code that -ffast-math links in, so say it once.
#if defined(__FAST_MATH__) && !defined(SATUR_FAST_MATH_ACKNOWLEDGED)
#if defined(__clang__) || defined(__GNUC__)
#pragma message( \
        "satur: -ffast-math: NaN and infinity are still counted, but slopes below the smallest normal number may read 0. \
Define SATUR_FAST_MATH_ACKNOWLEDGED to silence this.")
#endif
#endif

// One inline namespace per major version and per choice that changes what a template compiles to, so that files built
// with different switches or instruction sets link side by side instead of sharing one function that fits only one.
#if defined(__AVX512F__)
#define SATUR_ABI_ISA _avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define SATUR_ABI_ISA _avx2
#elif defined(__FMA__)
#define SATUR_ABI_ISA _fma
#else
#define SATUR_ABI_ISA
#endif
#if defined(SATUR_NO_EXTENSIONS)
#define SATUR_ABI_SWITCH _standard
#elif !SATUR_HAS_LANES
#define SATUR_ABI_SWITCH _plain
#elif defined(SATUR_NO_DISPATCH)
#define SATUR_ABI_SWITCH _static
#else
#define SATUR_ABI_SWITCH
#endif
#if defined(_OPENMP)
#define SATUR_ABI_THREADS _openmp
#else
#define SATUR_ABI_THREADS
#endif
#define SATUR_ABI_JOIN_(a, b, c, d) a##b##c##d
#define SATUR_ABI_JOIN(a, b, c, d) SATUR_ABI_JOIN_(a, b, c, d)
#define SATUR_ABI SATUR_ABI_JOIN(v0, SATUR_ABI_SWITCH, SATUR_ABI_THREADS, SATUR_ABI_ISA)

// The optional library satur::compiled (src/). Its CMake target defines SATUR_COMPILED_FOR_<tag>=1 for each tag that it
// was built for: the ABI namespace, and the standard library where names depend on it. A file of another tag sees no
// difference: it stays header-only. SATUR_COMPILED_SOURCE marks the library's own source files.
#if defined(_GLIBCXX_DEBUG)
#define SATUR_STANDARD_LIBRARY _debug
#elif defined(__GLIBCXX__) && !_GLIBCXX_USE_CXX11_ABI
#define SATUR_STANDARD_LIBRARY _oldstring
#elif defined(_LIBCPP_VERSION)
#define SATUR_STANDARD_LIBRARY _libcpp
#else
#define SATUR_STANDARD_LIBRARY
#endif
#define SATUR_COMPILED_TAG SATUR_ABI_JOIN(SATUR_ABI, SATUR_STANDARD_LIBRARY, , )
#if !defined(SATUR_COMPILED_SOURCE) && SATUR_ABI_JOIN(SATUR_COMPILED_FOR_, SATUR_ABI, SATUR_STANDARD_LIBRARY, )
#define SATUR_COMPILED 1
#else
#define SATUR_COMPILED 0
#endif

/// Before a function, and before a member or a friend, whose body a header leaves out `#if SATUR_COMPILED`.
#if defined(SATUR_COMPILED_SOURCE)
#define SATUR_COMPILED_FUNCTION __attribute__((used)) inline
#define SATUR_COMPILED_MEMBER __attribute__((used))
#elif SATUR_COMPILED
#define SATUR_COMPILED_FUNCTION
#define SATUR_COMPILED_MEMBER
#else
#define SATUR_COMPILED_FUNCTION inline
#define SATUR_COMPILED_MEMBER
#endif

/// After a template, for the arguments that the library holds: `SATUR_COMPILED_TEMPLATE(void summarise<float>(…));`
#if defined(SATUR_COMPILED_SOURCE)
#define SATUR_COMPILED_TEMPLATE(...) template __VA_ARGS__
#elif SATUR_COMPILED
#define SATUR_COMPILED_TEMPLATE(...) extern template __VA_ARGS__
#else
#define SATUR_COMPILED_TEMPLATE(...) static_assert(true)
#endif

// Declared once here: `namespace satur::detail` opened later anywhere extends these, inside the inline namespace.
namespace satur { inline namespace SATUR_ABI {
namespace math {
}
namespace detail {
}
namespace rules {
}
namespace testing {
}
namespace theory {
}
}} // namespace satur::SATUR_ABI
