/// \file testing.hpp  Checks of activations and of gradients for unit tests in any test framework.
///
///     auto const r = satur::testing::check_activation<float>(my_activation{});
///     CHECK_MESSAGE(r.passed(), r.text());                                 // doctest; ASSERT_TRUE(r) << r; …
///     auto const g = satur::testing::check_gradients(my_layer, x);
#pragma once

#include "satur/testing/check_activation.hpp"
#include "satur/testing/check_facts.hpp"
#include "satur/testing/check_options.hpp"
#include "satur/testing/check_passes.hpp"
#include "satur/testing/check_slopes.hpp"
#include "satur/testing/check_specials.hpp"
#include "satur/testing/dual.hpp"
#include "satur/testing/examined.hpp"
#include "satur/testing/finder.hpp"
#include "satur/testing/gradient/check_gradients.hpp"
#include "satur/testing/gradient/difference.hpp"
#include "satur/testing/gradient/gradient_check.hpp"
#include "satur/testing/kernel/call/caller.hpp"
#include "satur/testing/kernel/call/memory.hpp"
#include "satur/testing/kernel/call_checks.hpp"
#include "satur/testing/kernel/evidence.hpp"
#include "satur/testing/kernel/kernel_report.hpp"
#include "satur/testing/kernel/options.hpp"
#include "satur/testing/points.hpp"
#include "satur/testing/report.hpp"
#include "satur/testing/ulp.hpp"
