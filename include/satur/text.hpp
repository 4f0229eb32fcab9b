/// \file text.hpp  Numbers, shares and short names as text.
#pragma once

#include "satur/text/label.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"
#include "satur/text/utf8.hpp"
#include "satur/text/wrap.hpp"
