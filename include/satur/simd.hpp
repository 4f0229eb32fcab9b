/// \file simd.hpp  Registers of lanes, the instruction sets and the choice between them, loads, stores and array tails.
#pragma once

#include "satur/simd/foreign_batch.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/level.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/operations.hpp"
#include "satur/simd/reduce.hpp"
#include "satur/simd/register_pair.hpp"
#include "satur/simd/rounded.hpp"
#include "satur/simd/run.hpp"
#include "satur/simd/side_by_side.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/simd/wide_product.hpp"
#include "satur/simd/widen.hpp"
