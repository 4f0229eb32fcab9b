# Headers, the CMake package satur (components core and satur) and two pkg-config files. Nothing here depends on the
# architecture, so everything but the headers goes under share/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(satur_cmake_dir "${CMAKE_INSTALL_DATADIR}/cmake/satur")
set(satur_pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/satur" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/satur")

# One export set each, so that core can be found where there is no xtensor.
install(TARGETS satur_core EXPORT satur-core-targets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS satur EXPORT satur-targets)
if(SATUR_BUILD_COMPILED) # the one part that depends on the architecture
  install(TARGETS satur_compiled EXPORT satur-compiled-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT satur-compiled-targets NAMESPACE satur:: DESTINATION "${satur_cmake_dir}")
endif()
install(EXPORT satur-core-targets NAMESPACE satur:: DESTINATION "${satur_cmake_dir}")
install(EXPORT satur-targets NAMESPACE satur:: DESTINATION "${satur_cmake_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/satur-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/package/satur-config.cmake"
                              INSTALL_DESTINATION "${satur_cmake_dir}")
# Before 1.0 a minor version may change names.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/satur-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/package/satur-config.cmake"
              "${PROJECT_BINARY_DIR}/package/satur-config-version.cmake"
        DESTINATION "${satur_cmake_dir}")

# The .pc files find their prefix from where they lie.
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(satur_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
  set(satur_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
if(IS_ABSOLUTE "${satur_pkgconfig_dir}")
  set(satur_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH satur_pc_prefix "/${satur_pkgconfig_dir}" "/")
  string(REGEX REPLACE "/$" "" satur_pc_prefix "\${pcfiledir}/${satur_pc_prefix}")
endif()
foreach(satur_pc IN ITEMS satur satur-core)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/${satur_pc}.pc.in" "${PROJECT_BINARY_DIR}/package/${satur_pc}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/package/${satur_pc}.pc" DESTINATION "${satur_pkgconfig_dir}")
endforeach()
