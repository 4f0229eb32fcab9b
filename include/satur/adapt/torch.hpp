/// \file adapt/torch.hpp  libtorch: tensors as numbers, and an unchanged model watched by a monitor.
///
///     auto watching = satur::watch(*net);               // before the loop
///     watching.end_step();                              // after optimizer.step()
///     for (auto const& f : satur::diagnose(watching.monitor())) std::cout << f << '\n';
///
/// For libtorch 1.13 and later. In no other umbrella.
#pragma once

#include "satur/adapt/torch/operations.hpp"
#include "satur/adapt/torch/tensor.hpp"
#include "satur/adapt/torch/watch.hpp"
