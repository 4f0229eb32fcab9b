/// \file diagnostic.hpp  Everything that needs no tensor library: activations, rules, records, monitor, text.
#pragma once

#include "satur/activation.hpp"
#include "satur/diagnostic/gradient_record.hpp"
#include "satur/diagnostic/half.hpp"
#include "satur/diagnostic/input.hpp"
#include "satur/diagnostic/moments.hpp"
#include "satur/diagnostic/monitor.hpp"
#include "satur/diagnostic/observe.hpp"
#include "satur/diagnostic/print.hpp"
#include "satur/diagnostic/rule.hpp"
#include "satur/diagnostic/saturation.hpp"
#include "satur/diagnostic/update_record.hpp"
