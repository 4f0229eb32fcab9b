/// \file tensor/compat.hpp  The only file that names the headers of xtensor and xtensor-blas. xtensor has them in one
/// folder up to 0.25, in several from 0.26.
#pragma once

// Names of template parameters and functions there, which <complex.h> and windows.h may have made macros.
#pragma push_macro("I")
#pragma push_macro("min")
#pragma push_macro("max")
#undef I
#undef min
#undef max

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/core/xexpression.hpp>
#include <xtensor/core/xfunction.hpp>
#include <xtensor/core/xlayout.hpp>
#include <xtensor/core/xnoalias.hpp>
#include <xtensor/core/xtensor_config.hpp>
#include <xtensor/utils/xtensor_simd.hpp>
#include <xtensor/views/xview.hpp>
#elif __has_include(<xtensor/xtensor.hpp>)
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xexpression.hpp>
#include <xtensor/xfunction.hpp>
#include <xtensor/xlayout.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xtensor_config.hpp>
#include <xtensor/xtensor_simd.hpp>
#include <xtensor/xview.hpp>
#else
#error \
    "satur: xtensor is not in the include path (Debian: libxtensor-dev); without it include satur/diagnostic.hpp, satur/activation.hpp or satur/initializer.hpp instead"
#endif

#pragma pop_macro("max")
#pragma pop_macro("min")
#pragma pop_macro("I")

/// The header of GEMM, for layer/ only: `#include SATUR_XTENSOR_BLAS_HEADER`. It is not included here: xtensor-blas
/// declares the CBLAS functions itself, which conflicts with a vendor's <cblas.h>.
#if __has_include(<xtensor-blas/xblas.hpp>)
#define SATUR_XTENSOR_BLAS_HEADER <xtensor-blas/xblas.hpp>
#endif

namespace satur {

/// xtensor's version as one number: 0.24.3 is 2403, 0.27.0 is 2700.
inline constexpr int xtensor_version =
    XTENSOR_VERSION_MAJOR * 10000 + XTENSOR_VERSION_MINOR * 100 + XTENSOR_VERSION_PATCH;

} // namespace satur
