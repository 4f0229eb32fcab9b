/// \file explain/faults.hpp  The kinds of faults: how each is seeded, and which finding is right.
#pragma once

#include "trainer.hpp"

#include <satur/finding/words.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace explain {

/// Where the root of a fault is.
enum class place {
  one_layer, ///< the seeded layer
  all,       ///< all layers: a list that begins at the first hidden layer
  any,       ///< any layer: the root is in none of them
  data,
  loss
};

/// One fault, seeded in a run before its first step, or later.
struct fault {
  std::string text;                ///< "weights x10 in hidden 2"
  std::size_t layer = 0;           ///< for place::one_layer
  activation const* act = nullptr; ///< another activation than the twin's, or null
  std::function<void(trainer&)> seed;
  std::function<void(trainer&)> later; ///< before step `later_step`, or empty
  std::size_t later_step = 0;
};

/// A kind of faults: a row of the table.
struct fault_kind {
  std::string name;
  std::vector<satur::cause> causes; ///< right ones
  place where;
  std::vector<satur::remedy> cures; ///< right ones
  bool curable;
  std::size_t configurations;                                     ///< of 62
  std::function<configuration(generator&, configuration)> adjust; ///< makes a drawn configuration suit the fault
  std::function<fault(generator&, configuration const&, trainer const& twin)> draw;
};

namespace detail {

inline std::string of_layer(configuration const& c, std::size_t l) {
  return l == c.depth ? "output" : "hidden " + std::to_string(l + 1);
}
inline std::string short_number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", v);
  return text;
}
inline void scale(layer& l, double factor) {
  for (float& w : l.w) {
    w *= static_cast<float>(factor);
  }
}
inline configuration as_drawn(generator&, configuration c) { return c; }
inline auto with_activation(std::vector<std::string> names) {
  return [names = std::move(names)](generator& urbg, configuration c) {
    c.act = &activation_called(any_of(urbg, names));
    c.init = any_of(urbg, rules_for(c.act->kind));
    return c;
  };
}
/// Deep nets with a rule that suits them.
inline auto deep(std::vector<std::string> names, std::size_t least) {
  return [names = std::move(names), least](generator& urbg, configuration c) {
    c.act = &activation_called(any_of(urbg, names));
    c.init = usual_rule(c.act->kind);
    c.depth = least + below(urbg, 9 - least);
    return c;
  };
}

inline auto weights_in_one(std::vector<double> factors) {
  return [factors = std::move(factors)](generator& urbg, configuration const& c, trainer const&) {
    std::size_t const l = below(urbg, c.depth);
    double const k = any_of(urbg, factors);
    return fault{.text = "weights x" + short_number(k) + " in " + of_layer(c, l),
                 .layer = l,
                 .seed = [l, k](trainer& t) { scale(t.layers[l], k); },
                 .later = {}};
  };
}
inline auto weights_in_all(std::vector<double> factors) {
  return [factors = std::move(factors)](generator& urbg, configuration const&, trainer const&) {
    double const k = any_of(urbg, factors);
    return fault{.text = "weights x" + short_number(k) + " in all layers",
                 .seed =
                     [k](trainer& t) {
                       for (layer& l : t.layers) {
                         scale(l, k);
                       }
                     },
                 .later = {}};
  };
}
/// change(row) for each row of the training and the test data; the test rows stay if they are not to be changed.
template <class Change> void change_data(trainer& t, Change const& change, bool test_too = true) {
  auto const changed = [&](samples s) {
    for (std::size_t i = 0; i < s.rows(); ++i) {
      change(i, s.row(i), s.features);
    }
    return std::make_shared<samples const>(std::move(s));
  };
  t.train = changed(*t.train);
  if (test_too) {
    t.test = changed(*t.test);
  }
}
inline auto scaled_data(std::string text, float factor) {
  return [text = std::move(text), factor](generator&, configuration const&, trainer const&) {
    return fault{.text = text,
                 .seed =
                     [factor](trainer& t) {
                       change_data(t, [factor](std::size_t, float* x, std::size_t n) {
                         std::for_each(x, x + n, [factor](float& v) { v *= factor; });
                       });
                     },
                 .later = {}};
  };
}
/// units of a layer: `share` of them, by chance.
inline std::vector<std::size_t> some_units(generator& urbg, std::size_t width, double share) {
  std::vector<std::size_t> units(width);
  for (std::size_t u = 0; u < width; ++u) {
    units[u] = u;
    std::swap(units[u], units[below(urbg, u + 1)]);
  }
  units.resize(std::max<std::size_t>(1, static_cast<std::size_t>(share * static_cast<double>(width))));
  return units;
}

} // namespace detail

/// All kinds, in the order of the table. 62 configurations in all.
inline std::vector<fault_kind> fault_kinds(std::vector<data_set> const& sets) {
  using detail::as_drawn;
  using detail::deep;
  using detail::of_layer;
  using detail::short_number;
  using detail::with_activation;
  using satur::cause;
  using satur::remedy;
  std::vector<fault_kind> kinds;
  std::vector<remedy> const new_weights{remedy::rescale, remedy::initializer};
  kinds.push_back({"weights too large, one layer",
                   {cause::weight_norm},
                   place::one_layer,
                   new_weights,
                   true,
                   4,
                   as_drawn,
                   detail::weights_in_one({3, 5, 10, 30})});
  kinds.push_back({"weights too large, all layers",
                   {cause::weight_norm},
                   place::all,
                   new_weights,
                   true,
                   4,
                   as_drawn,
                   detail::weights_in_all({3, 5, 10, 30})});
  kinds.push_back({"weights too small, one layer",
                   {cause::small_weights},
                   place::one_layer,
                   new_weights,
                   true,
                   3,
                   as_drawn,
                   detail::weights_in_one({0.3, 0.1, 0.03, 0.01})});
  kinds.push_back({"weights too small, all layers",
                   {cause::small_weights},
                   place::all,
                   new_weights,
                   true,
                   3,
                   as_drawn,
                   detail::weights_in_all({0.3, 0.1, 0.03, 0.01})});
  kinds.push_back({"all weights zero",
                   {cause::identical_units},
                   place::all,
                   {remedy::initializer},
                   true,
                   2,
                   as_drawn,
                   [](generator&, configuration const&, trainer const&) {
                     return fault{.text = "all weights 0",
                                  .seed =
                                      [](trainer& t) {
                                        for (layer& l : t.layers) {
                                          std::fill(l.w.begin(), l.w.end(), 0.0f);
                                          std::fill(l.b.begin(), l.b.end(), 0.0f);
                                        }
                                      },
                                  .later = {}};
                   }});
  auto const constant = [](layer& l) {
    float const w = 1.0f / std::sqrt(static_cast<float>(l.in));
    std::fill(l.w.begin(), l.w.end(), w);
    std::fill(l.b.begin(), l.b.end(), 0.0f);
  };
  kinds.push_back({"constant weights, one layer",
                   {cause::identical_units},
                   place::one_layer,
                   {remedy::initializer},
                   true,
                   2,
                   as_drawn,
                   [constant](generator& urbg, configuration const& c, trainer const&) {
                     std::size_t const l = below(urbg, c.depth);
                     return fault{.text = "constant weights in " + of_layer(c, l),
                                  .layer = l,
                                  .seed = [l, constant](trainer& t) { constant(t.layers[l]); },
                                  .later = {}};
                   }});
  kinds.push_back({"constant weights, all layers",
                   {cause::identical_units},
                   place::all,
                   {remedy::initializer},
                   true,
                   2,
                   as_drawn,
                   [constant](generator&, configuration const&, trainer const&) {
                     return fault{
                         .text = "constant weights in all layers",
                         .seed = [constant](trainer& t) { std::for_each(t.layers.begin(), t.layers.end(), constant); },
                         .later = {}};
                   }});
  std::vector<remedy> const other_bias{remedy::recenter, remedy::initializer, remedy::reinitialize_units};
  kinds.push_back({"biases +6 and -6 by turns",
                   {cause::bias},
                   place::one_layer,
                   other_bias,
                   true,
                   3,
                   as_drawn,
                   [](generator& urbg, configuration const& c, trainer const&) {
                     std::size_t const l = below(urbg, c.depth);
                     return fault{.text = "biases +6 and -6 in " + of_layer(c, l),
                                  .layer = l,
                                  .seed =
                                      [l](trainer& t) {
                                        std::vector<float>& b = t.layers[l].b;
                                        for (std::size_t j = 0; j < b.size(); ++j) {
                                          b[j] = j % 2 == 0 ? 6.0f : -6.0f;
                                        }
                                      },
                                  .later = {}};
                   }});
  kinds.push_back({"biases -20, -6 or +6",
                   {cause::bias},
                   place::one_layer,
                   other_bias,
                   true,
                   3,
                   as_drawn,
                   [](generator& urbg, configuration const& c, trainer const&) {
                     std::size_t const l = below(urbg, c.depth);
                     double const b = any_of(urbg, std::vector{-20.0, -6.0, 6.0});
                     return fault{.text = "biases " + short_number(b) + " in " + of_layer(c, l),
                                  .layer = l,
                                  .seed =
                                      [l, b](trainer& t) {
                                        std::fill(t.layers[l].b.begin(), t.layers[l].b.end(), static_cast<float>(b));
                                      },
                                  .later = {}};
                   }});
  kinds.push_back({"raw pixels 0 to 255",
                   {cause::input_scale, cause::input_mean},
                   place::data,
                   {remedy::normalize_inputs},
                   true,
                   3,
                   [](generator&, configuration c) {
                     c.data = 0;
                     return c;
                   },
                   [&sets](generator&, configuration const&, trainer const&) {
                     return fault{.text = "pixels from 0 to 255",
                                  .seed =
                                      [&sets](trainer& t) {
                                        t.train = sets[0].raw_train;
                                        t.test = sets[0].raw_test;
                                        detail::change_data(t, [](std::size_t, float* x, std::size_t n) {
                                          std::for_each(x, x + n, [](float& v) { v *= 255.0f; });
                                        });
                                      },
                                  .later = {}};
                   }});
  kinds.push_back({"inputs shifted by 10",
                   {cause::input_mean},
                   place::data,
                   {remedy::normalize_inputs},
                   true,
                   2,
                   as_drawn,
                   [](generator&, configuration const&, trainer const&) {
                     return fault{.text = "inputs + 10",
                                  .seed =
                                      [](trainer& t) {
                                        detail::change_data(t, [](std::size_t, float* x, std::size_t n) {
                                          std::for_each(x, x + n, [](float& v) { v += 10.0f; });
                                        });
                                      },
                                  .later = {}};
                   }});
  kinds.push_back({"one feature x1000",
                   {cause::input_scale},
                   place::data,
                   {remedy::normalize_inputs},
                   true,
                   2,
                   as_drawn,
                   [](generator& urbg, configuration const&, trainer const& twin) {
                     std::size_t const f = below(urbg, twin.train->features);
                     return fault{.text = "feature " + std::to_string(f) + " x1000",
                                  .seed =
                                      [f](trainer& t) {
                                        detail::change_data(
                                            t, [f](std::size_t, float* x, std::size_t) { x[f] *= 1000.0f; });
                                      },
                                  .later = {}};
                   }});
  kinds.push_back({"NaN in some rows",
                   {cause::nonfinite_data},
                   place::data,
                   {remedy::clean_data},
                   true,
                   2,
                   as_drawn,
                   [](generator& urbg, configuration const&, trainer const& twin) {
                     std::size_t const every = any_of(urbg, std::vector<std::size_t>{10, 50, 200});
                     std::size_t const f = below(urbg, twin.train->features);
                     return fault{.text = "NaN in one row of " + std::to_string(every),
                                  .seed =
                                      [every, f](trainer& t) {
                                        detail::change_data(
                                            t,
                                            [every, f](std::size_t i, float* x, std::size_t) {
                                              if (i % every == 0) {
                                                x[f] = std::numeric_limits<float>::quiet_NaN();
                                              }
                                            },
                                            false);
                                      },
                                  .later = {}};
                   }});
  std::vector<remedy> const new_units{remedy::reinitialize_units, remedy::initializer};
  auto const one_parameter = [](bool bias, float value, char const* text) {
    return [bias, value, text](generator& urbg, configuration const& c, trainer const& twin) {
      std::size_t const l = below(urbg, c.depth + 1);
      std::size_t const p = below(urbg, bias ? twin.layers[l].b.size() : twin.layers[l].w.size());
      return fault{.text = text + of_layer(c, l),
                   .layer = l,
                   .seed = [bias, value, l, p](trainer& t) { (bias ? t.layers[l].b : t.layers[l].w)[p] = value; },
                   .later = {}};
    };
  };
  kinds.push_back({"one infinite weight",
                   {cause::nonfinite_weights},
                   place::one_layer,
                   new_units,
                   true,
                   2,
                   as_drawn,
                   one_parameter(false, std::numeric_limits<float>::infinity(), "an infinite weight in ")});
  kinds.push_back({"one NaN bias",
                   {cause::nonfinite_weights},
                   place::one_layer,
                   new_units,
                   true,
                   2,
                   as_drawn,
                   one_parameter(true, std::numeric_limits<float>::quiet_NaN(), "a NaN bias in ")});
  kinds.push_back({"overflow: inputs x1e30",
                   {cause::overflow, cause::input_scale},
                   place::data,
                   {remedy::normalize_inputs},
                   true,
                   2,
                   as_drawn,
                   detail::scaled_data("inputs x1e30", 1e30f)});
  kinds.push_back({"learning rate too large",
                   {cause::learning_rate},
                   place::loss,
                   {remedy::learning_rate},
                   true,
                   4,
                   as_drawn,
                   [](generator& urbg, configuration const&, trainer const&) {
                     double const k = any_of(urbg, std::vector{30.0, 100.0, 1000.0});
                     return fault{.text = "learning rate x" + short_number(k),
                                  .seed = [k](trainer& t) { t.rate *= k; },
                                  .later = {}};
                   }});
  kinds.push_back({"relu units dead at birth",
                   {cause::bias},
                   place::one_layer,
                   {remedy::reinitialize_units, remedy::recenter},
                   true,
                   2,
                   with_activation({"relu", "relu6"}),
                   [](generator& urbg, configuration const& c, trainer const&) {
                     std::size_t const l = below(urbg, c.depth);
                     std::vector<std::size_t> const units = detail::some_units(urbg, c.width, 0.8);
                     return fault{.text = "bias -20 for 80 % of " + of_layer(c, l),
                                  .layer = l,
                                  .seed =
                                      [l, units](trainer& t) {
                                        for (std::size_t const u : units) {
                                          t.layers[l].b[u] = -20.0f;
                                        }
                                      },
                                  .later = {}};
                   }});
  kinds.push_back({"relu units die at step 20",
                   {cause::bias},
                   place::one_layer,
                   {remedy::reinitialize_units, remedy::recenter},
                   true,
                   3,
                   with_activation({"relu", "relu6"}),
                   [](generator& urbg, configuration const& c, trainer const&) {
                     std::size_t const l = below(urbg, c.depth);
                     double const share = below(urbg, 2) == 0 ? 0.5 : 1.0;
                     std::vector<std::size_t> const units = detail::some_units(urbg, c.width, share);
                     return fault{.text = "bias - 30 at step 20 for " + short_number(100 * share) + " % of " +
                                          of_layer(c, l),
                                  .layer = l,
                                  .seed = {},
                                  .later =
                                      [l, units](trainer& t) {
                                        for (std::size_t const u : units) {
                                          t.layers[l].b[u] -= 30.0f;
                                        }
                                      },
                                  .later_step = 20};
                   }});
  kinds.push_back({"sigmoid in depth 6 to 8",
                   {cause::activation, cause::depth},
                   place::any,
                   {remedy::zero_centered_activation, remedy::normalization_layer},
                   true,
                   2,
                   deep({"tanh"}, 6),
                   [](generator&, configuration const&, trainer const&) {
                     return fault{.text = "sigmoid instead of tanh",
                                  .act = &activation_called("sigmoid").act,
                                  .seed = {},
                                  .later = {}};
                   }});
  kinds.push_back({"deep, vanishing by weights",
                   {cause::small_weights},
                   place::all,
                   new_weights,
                   true,
                   2,
                   deep({"relu", "tanh"}, 5),
                   detail::weights_in_all({0.3, 0.5})});
  kinds.push_back({"deep, exploding by weights",
                   {cause::weight_norm},
                   place::all,
                   new_weights,
                   true,
                   2,
                   deep({"relu", "leaky_relu", "tanh"}, 5),
                   detail::weights_in_all({2, 3, 5})});
  kinds.push_back({"single units x100",
                   {cause::broken_units},
                   place::one_layer,
                   new_units,
                   true,
                   2,
                   as_drawn,
                   [](generator& urbg, configuration const& c, trainer const&) {
                     std::size_t const l = below(urbg, c.depth);
                     std::size_t const u = below(urbg, c.width);
                     return fault{.text = "weights x100 of unit " + std::to_string(u) + " of " + of_layer(c, l),
                                  .layer = l,
                                  .seed =
                                      [l, u](trainer& t) {
                                        layer& here = t.layers[l];
                                        for (std::size_t i = 0; i < here.in; ++i) {
                                          here.w[i * here.out + u] *= 100.0f;
                                        }
                                      },
                                  .later = {}};
                   }});
  kinds.push_back({"output weights x50",
                   {cause::logits, cause::weight_norm},
                   place::one_layer,
                   new_weights,
                   true,
                   2,
                   as_drawn,
                   [](generator&, configuration const& c, trainer const&) {
                     return fault{.text = "weights x50 in output",
                                  .layer = c.depth,
                                  .seed = [](trainer& t) { detail::scale(t.layers.back(), 50.0); },
                                  .later = {}};
                   }});
  auto const no_slope = [](generator&, configuration const&, trainer const&) {
    return fault{.text = "backward without f'", .seed = [](trainer& t) { t.forgets_slope = true; }, .later = {}};
  };
  kinds.push_back({"backward without f', relu",
                   {cause::backward},
                   place::any,
                   {remedy::gradient_code},
                   true,
                   1,
                   with_activation({"relu"}),
                   no_slope});
  kinds.push_back({"backward without f', clipped",
                   {cause::backward},
                   place::any,
                   {remedy::gradient_code},
                   true,
                   1,
                   with_activation({"relu6", "hard_tanh"}),
                   no_slope});
  return kinds;
}

} // namespace explain
