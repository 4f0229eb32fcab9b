/// \file array.hpp  Any container as memory: pointer, shape and strides, in chunks and over threads.
#pragma once

#include "satur/array/array_view.hpp"
#include "satur/array/as_array_view.hpp"
#include "satur/array/chunk.hpp"
#include "satur/array/half_span.hpp"
#include "satur/array/in_order.hpp"
#include "satur/array/kept_numbers.hpp"
#include "satur/array/numbers.hpp"
#include "satur/array/row_major.hpp"
#include "satur/array/sample_mask.hpp"
#include "satur/array/shape.hpp"
#include "satur/array/threads.hpp"
#include "satur/array/unit_layout.hpp"
