/// \file activation/all.hpp  Every activation, and the list of them.
#pragma once

#include "satur/activation/arctan.hpp"
#include "satur/activation/celu.hpp"
#include "satur/activation/centered_sigmoid.hpp"
#include "satur/activation/concept.hpp"
#include "satur/activation/elu.hpp"
#include "satur/activation/erf.hpp"
#include "satur/activation/exponential.hpp"
#include "satur/activation/gelu.hpp"
#include "satur/activation/gelu_quick.hpp"
#include "satur/activation/gelu_tanh.hpp"
#include "satur/activation/hard_shrink.hpp"
#include "satur/activation/hard_sigmoid.hpp"
#include "satur/activation/hard_sigmoid_keras2.hpp"
#include "satur/activation/hard_swish.hpp"
#include "satur/activation/hard_tanh.hpp"
#include "satur/activation/identity.hpp"
#include "satur/activation/leaky_relu.hpp"
#include "satur/activation/lecun_tanh.hpp"
#include "satur/activation/log_sigmoid.hpp"
#include "satur/activation/mish.hpp"
#include "satur/activation/prelu.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/relu6.hpp"
#include "satur/activation/selu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/silu.hpp"
#include "satur/activation/soft_shrink.hpp"
#include "satur/activation/softplus.hpp"
#include "satur/activation/softsign.hpp"
#include "satur/activation/sparse_plus.hpp"
#include "satur/activation/sparse_sigmoid.hpp"
#include "satur/activation/squareplus.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/activation/tanh_shrink.hpp"
#include "satur/activation/threshold.hpp"

#include <tuple>

namespace satur { inline namespace SATUR_ABI {

/// Every activation of the library, for code that handles all of them: menus, tables, tests. tests/check_listed.sh
/// compares this list with the headers.
using all_activations = std::tuple< //
    satur::identity,                //
    satur::sigmoid,                 //
    satur::centered_sigmoid,        //
    satur::tanh,                    //
    satur::softsign,                //
    satur::relu,                    //
    satur::leaky_relu,              //
    satur::hard_sigmoid,            //
    satur::hard_sigmoid_keras2,     //
    satur::hard_tanh,               //
    satur::relu6,                   //
    satur::prelu,                   //
    satur::hard_swish,              //
    satur::soft_shrink,             //
    satur::hard_shrink,             //
    satur::threshold,               //
    satur::elu,                     //
    satur::celu,                    //
    satur::selu,                    //
    satur::softplus,                //
    satur::log_sigmoid,             //
    satur::erf,                     //
    satur::gelu,                    //
    satur::gelu_tanh,               //
    satur::gelu_quick,              //
    satur::silu,                    //
    satur::arctan,                  //
    satur::squareplus,              //
    satur::lecun_tanh,              //
    satur::tanh_shrink,             //
    satur::mish,                    //
    satur::exponential,             //
    satur::sparse_plus,             //
    satur::sparse_sigmoid           //
    >;

}} // namespace satur::SATUR_ABI
