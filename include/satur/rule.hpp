/// \file rule.hpp  When a unit counts as saturated: the rules, presets of them, and what they mean for an activation.
#pragma once

#include "satur/rule/all.hpp"
#include "satur/rule/any_rule.hpp"
#include "satur/rule/equivalents.hpp"
#include "satur/rule/presets.hpp"
