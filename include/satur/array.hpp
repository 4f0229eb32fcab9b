/// \file array.hpp  Any container as memory: pointer, shape and strides, in chunks and over threads.
#pragma once

#include "satur/array/chunk.hpp"
