# The libraries that include/satur/adapt/ bridges to, for satur's own tests and examples: a target satur_bridge_NAME for
# each one that is there. What includes satur/adapt/NAME.hpp is built only then.
find_package(Eigen3 3.3 QUIET NO_MODULE)
if(TARGET Eigen3::Eigen)
  add_library(satur_bridge_eigen INTERFACE)
  target_link_libraries(satur_bridge_eigen INTERFACE Eigen3::Eigen)
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
