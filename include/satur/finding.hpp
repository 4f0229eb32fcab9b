/// \file finding.hpp  From numbers to a diagnosis: symptoms with evidence, causes, cures and what these will do.
#pragma once

#include "satur/activation/any_activation.hpp"
#include "satur/activation/named.hpp"
#include "satur/finding/attribute.hpp"
#include "satur/finding/cure.hpp"
#include "satur/finding/deprecated.hpp"
#include "satur/finding/diagnose.hpp"
#include "satur/finding/expectation.hpp"
#include "satur/finding/finding.hpp"
#include "satur/finding/layer_case.hpp"
#include "satur/finding/layer_findings.hpp"
#include "satur/finding/limits.hpp"
#include "satur/finding/unit_findings.hpp"
#include "satur/finding/weights.hpp"
