/// \file text.hpp  Numbers, shares and short names as text.
#pragma once

#include "satur/text/cell.hpp"
#include "satur/text/label.hpp"
