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
/// They change the ABI namespace, and so does what else changes the code of an inline function (`SATUR_ABI` below):
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

/// 1 where the compiler may assume that no number is NaN or infinite: -ffast-math, -Ofast, -ffinite-math-only.
#if defined(__FAST_MATH__) || defined(_M_FP_FAST) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#define SATUR_FINITE_MATH 1
#else
#define SATUR_FINITE_MATH 0
#endif
#if SATUR_FINITE_MATH && !defined(SATUR_FAST_MATH_ACKNOWLEDGED) && (defined(__clang__) || defined(__GNUC__))
#pragma message("satur: -ffast-math or -ffinite-math-only: what is kept and what is not is in docs/flags.md. \
Define SATUR_FAST_MATH_ACKNOWLEDGED to silence this.")
#endif

/// 0 under -fno-exceptions: what would be thrown is printed to stderr, and the program ends (error.hpp).
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define SATUR_HAS_EXCEPTIONS 1
#else
#define SATUR_HAS_EXCEPTIONS 0
#endif

// One inline namespace per major version and per choice that changes what a template compiles to, so that files built
// with different switches or instruction sets link side by side instead of sharing one function that fits only one
// (docs/compiled.md lists the tags).
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
#if defined(__FAST_MATH__) || defined(_M_FP_FAST)
#define SATUR_ABI_MATH _fastmath
#elif SATUR_FINITE_MATH
#define SATUR_ABI_MATH _finitemath
#elif defined(__ASSOCIATIVE_MATH__)
#define SATUR_ABI_MATH _unsafemath
#else
#define SATUR_ABI_MATH
#endif
#if SATUR_HAS_EXCEPTIONS
#define SATUR_ABI_EXCEPTIONS
#else
#define SATUR_ABI_EXCEPTIONS _noexceptions
#endif
#if defined(XTENSOR_USE_XSIMD) // the allocator of xtensor's containers, which layers own
#define SATUR_ABI_XTENSOR _xsimd
#else
#define SATUR_ABI_XTENSOR
#endif
// The instruction set. `_avx512` and `_avx2` are those whose registers a pass uses (`native_bytes`).
#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && defined(__AVX512BW__)
#define SATUR_ABI_ISA _avx512
#elif defined(__AVX512F__)
#define SATUR_ABI_ISA _avx512f
#elif defined(__AVX2__) && defined(__FMA__)
#define SATUR_ABI_ISA _avx2
#elif defined(__AVX2__)
#define SATUR_ABI_ISA _avx2_nofma
#elif defined(__FMA__)
#define SATUR_ABI_ISA _fma
#elif defined(__FMA4__)
#define SATUR_ABI_ISA _fma4
#elif defined(__AVX__)
#define SATUR_ABI_ISA _avx
#elif defined(__SSE4_2__)
#define SATUR_ABI_ISA _sse4_2
#elif defined(__SSE4_1__)
#define SATUR_ABI_ISA _sse4
#elif defined(__SSSE3__)
#define SATUR_ABI_ISA _ssse3
#elif defined(__SSE3__)
#define SATUR_ABI_ISA _sse3
#elif defined(__SSE2__) && !defined(__x86_64__)
#define SATUR_ABI_ISA _sse2
#elif defined(__ARM_FEATURE_SVE2)
#define SATUR_ABI_ISA _sve2
#elif defined(__ARM_FEATURE_SVE)
#define SATUR_ABI_ISA _sve
#else
#define SATUR_ABI_ISA
#endif
// Instructions for integers, by themselves: a processor with AVX2 and FMA has them all.
#if defined(__POPCNT__) && !defined(__SSE4_2__)
#define SATUR_ABI_COUNT _popcnt
#else
#define SATUR_ABI_COUNT
#endif
#if defined(__AVX2__) && defined(__FMA__)
#define SATUR_ABI_BITS
#elif defined(__BMI2__)
#define SATUR_ABI_BITS _bmi2
#elif defined(__BMI__)
#define SATUR_ABI_BITS _bmi
#elif defined(__LZCNT__)
#define SATUR_ABI_BITS _lzcnt
#else
#define SATUR_ABI_BITS
#endif
#define SATUR_ABI_JOIN_(a, b, c, d) a##b##c##d
#define SATUR_ABI_JOIN(a, b, c, d) SATUR_ABI_JOIN_(a, b, c, d)
#define SATUR_ABI_MODE SATUR_ABI_JOIN(SATUR_ABI_SWITCH, SATUR_ABI_THREADS, SATUR_ABI_MATH, SATUR_ABI_EXCEPTIONS)
#define SATUR_ABI_PROCESSOR SATUR_ABI_JOIN(SATUR_ABI_XTENSOR, SATUR_ABI_ISA, SATUR_ABI_COUNT, SATUR_ABI_BITS)
#define SATUR_ABI SATUR_ABI_JOIN(v0, SATUR_ABI_MODE, SATUR_ABI_PROCESSOR, )

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

/// After a template, for the arguments that the library holds: `SATUR_COMPILED_TEMPLATE(void summarize<float>(…));`
#if defined(SATUR_COMPILED_SOURCE)
#define SATUR_COMPILED_TEMPLATE(...) template __VA_ARGS__
#elif SATUR_COMPILED
#define SATUR_COMPILED_TEMPLATE(...) extern template __VA_ARGS__
#else
#define SATUR_COMPILED_TEMPLATE(...) static_assert(true)
#endif

// Declared once here, for references before the first header of each.
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
