// The list of all activations, for tests: tests/check_activations.sh compares it with the headers.
#pragma once

#include "satur/activation.hpp"

#include <tuple>

namespace test {

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
    satur::log_sigmoid              //
    >;

/// f.template operator()<A>() for every activation A of the list.
template <class F> void for_each_activation(F f) {
  std::apply([&](auto... act) { (f(act), ...); }, all_activations{});
}

} // namespace test
