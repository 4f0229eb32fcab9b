// satur: the version, written once. CMake and the packages read it from this file.
#pragma once

#define SATUR_VERSION_MAJOR 0
#define SATUR_VERSION_MINOR 1
#define SATUR_VERSION_PATCH 0

#define SATUR_VERSION_DETAIL_TEXT(major, minor, patch) #major "." #minor "." #patch
#define SATUR_VERSION_DETAIL_EXPAND(major, minor, patch) SATUR_VERSION_DETAIL_TEXT(major, minor, patch)

/// "major.minor.patch"
#define SATUR_VERSION_STRING SATUR_VERSION_DETAIL_EXPAND(SATUR_VERSION_MAJOR, SATUR_VERSION_MINOR, SATUR_VERSION_PATCH)

/// One number to compare: 10000 * major + 100 * minor + patch.
#define SATUR_VERSION_NUMBER (SATUR_VERSION_MAJOR * 10000 + SATUR_VERSION_MINOR * 100 + SATUR_VERSION_PATCH)
