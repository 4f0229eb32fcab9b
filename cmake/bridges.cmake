# The libraries that include/satur/adapt/ bridges to, for satur's own tests and examples: a target satur_bridge_NAME for
# each one that is there. What includes satur/adapt/NAME.hpp is built only then.
# Any version from 3.3: asked for 3.3, Eigen 5 would say that it is none.
find_package(Eigen3 QUIET NO_MODULE)
if(TARGET Eigen3::Eigen AND Eigen3_VERSION VERSION_GREATER_EQUAL 3.3)
  add_library(satur_bridge_eigen INTERFACE)
  target_link_libraries(satur_bridge_eigen INTERFACE Eigen3::Eigen)
  # GCC 12 calls registers of its own AVX-512 header uninitialized where Eigen uses them (GCC bug 105593).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(satur_bridge_eigen INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
endif()

# Armadillo has no header of ours: its matrices are taken as contiguous memory.
if(SATUR_TEST_BRIDGES)
  find_package(Armadillo QUIET)
  if(ARMADILLO_FOUND)
    add_library(satur_bridge_armadillo INTERFACE)
    target_include_directories(satur_bridge_armadillo SYSTEM INTERFACE ${ARMADILLO_INCLUDE_DIRS})
    target_link_libraries(satur_bridge_armadillo INTERFACE ${ARMADILLO_LIBRARIES})
  endif()
endif()

set(MPI_CXX_SKIP_MPICXX TRUE) # the C++ bindings that MPI 3 removed
find_package(MPI QUIET COMPONENTS CXX)
if(MPI_CXX_FOUND)
  add_library(satur_bridge_mpi INTERFACE)
  target_link_libraries(satur_bridge_mpi INTERFACE MPI::MPI_CXX)
endif()

# A test of a program by several processes; as root and on fewer cores too.
function(satur_add_mpi_test name ranks target)
  add_test(NAME ${name} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:${target}>)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 PROCESSORS ${ranks} ENVIRONMENT
    "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_rmaps_base_oversubscribe=1;OPENBLAS_NUM_THREADS=1")
endfunction()

# What libtorch's headers say is not ours: they are system headers. Its language standard would be C++14.
if(SATUR_BUILD_EXAMPLES OR SATUR_TEST_BRIDGES)
  set(FPHSA_NAME_MISMATCHED TRUE) # its parts look for packages under other names
  find_package(Torch QUIET)
  unset(FPHSA_NAME_MISMATCHED)
  if(TARGET torch)
    add_library(satur_bridge_torch INTERFACE)
    target_include_directories(satur_bridge_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
    target_link_libraries(satur_bridge_torch INTERFACE ${TORCH_LIBRARIES})
  endif()
endif()
