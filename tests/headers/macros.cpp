// Every header compiles if min, max, near, far, small and I are macros, as windows.h and complex.h define them, and the
// others of windows.h that are words. The macros are defined after the headers of other libraries, which are not part
// of the check.
#include <algorithm>
#include <array>
#include <bit>
#include <cfenv>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iomanip>
#include <iosfwd>
#include <istream>
#include <iterator>
#include <limits>
#include <locale>
#include <memory>
#include <mutex>
#include <numbers>
#include <numeric>
#include <optional>
#include <ostream>
#include <random>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <satur/tensor/compat.hpp>
#if defined(SATUR_XTENSOR_BLAS_HEADER)
#include SATUR_XTENSOR_BLAS_HEADER
#endif

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define small char
#define I (__extension__ 1.0iF)
#define complex _Complex
#define imaginary _Imaginary
#define interface struct
#define hyper long
#define cdecl
#define pascal
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define TRUE 1
#define FALSE 0
#define STRICT 1
#define ERROR 0
#define NO_ERROR 0
#define DELETE 1
#define IGNORE 0
#define ABSOLUTE 1
#define RELATIVE 2
#define OPAQUE 2
#define TRANSPARENT 1
#define DIFFERENCE 11
#define minor(x) (x)
#define major(x) (x)

#include "every_header.inc"
