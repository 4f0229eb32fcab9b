// Cures root causes while a network trains, and takes back what did not help.
#pragma once

#include "data/task.hpp"
#include "support/network.hpp"
#include "support/text.hpp"

#include <satur/finding.hpp>
#include <satur/monitor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <optional>
#include <ostream>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// One root cause at a time: the first finding whose cure a running program can apply. The run as it was goes on beside
/// the repaired one, with the same pictures, until the repaired one has learned something that the other one has not,
/// or is worse, or to the end. The better one stays. A cure is not tried twice.
class repairer {
public:
  explicit repairer(training const& run)
      : act_(run.net.act), chance_(run.chance), labels_(1000), start_(run.net), best_(run.net) {
    x_ = matrix::from_shape({labels_.size(), run.data.inputs});
    auto next_batch = run.data.next_batch; // a copy: training goes on with the same pictures
    next_batch(x_, labels_);
    best_loss_ = loss_of(best_, x_, labels_);
  }

  /// The run as it would be without what was repaired, to be trained in step; empty if there is none.
  [[nodiscard]] training* without() { return other_ ? &other_->run : nullptr; }

  /// Looks at what the last repair did, then diagnoses and cures. The monitor begins anew then: it has recorded another
  /// network.
  void operator()(std::ostream& out, training& run) {
    compare(out, run, 0.02, false);
    double const loss = loss_of(run.net, x_, labels_);
    if (loss < best_loss_) {
      best_ = run.net;
      best_loss_ = loss;
    }
    for (satur::finding const& f : run.diagnose()) {
      std::string const root = f.layer + '/' + std::string(to_text(f.cause));
      if (f.severity != satur::severity::note && settled_.insert(root).second && cure(out, f, run, loss)) {
        return;
      }
    }
  }
  /// At the end of the run: the better one stays.
  void finish(std::ostream& out, training& run) { compare(out, run, 0.005, true); }

private:
  struct other_run {
    std::string repairs;
    training run;
    matrix x;       ///< what `x_` is for it: the data may be repaired
    int behind = 0; ///< stretches in a row at whose end the repaired run was worse
  };

  /// Undone if it is worse by `margin` after two stretches in a row; kept if it is better by as much and has learned
  /// something, or at the end.
  void compare(std::ostream& out, training& run, double margin, bool end) {
    if (!other_) {
      return;
    }
    double const loss = loss_of(run.net, x_, labels_);
    double const without = loss_of(other_->run.net, other_->x, labels_);
    bool const better = std::isfinite(loss) && !(loss > (1.0 - margin) * without);
    bool const worse = !better && !(loss <= (1.0 + margin) * without);
    other_->behind = worse ? other_->behind + 1 : 0;
    bool const lost = !std::isfinite(loss) || other_->behind == 2; // once may be chance
    if (!end && !lost && !(better && loss < 0.97 * chance_)) {
      return; // not decided
    }
    out << wrapped((better  ? "it helped: "
                    : worse ? "undone: "
                            : "no difference: ") +
                       other_->repairs + ": the loss is " + loss_text(loss) + ", " + loss_text(without) + " without",
                   "", "  ");
    if (worse) {
      x_ = other_->x;
      run = std::move(other_->run);
    }
    other_.reset();
  }

  /// Applies the cure and says what it did. False if a running program cannot apply it.
  bool cure(std::ostream& out, satur::finding const& f, training& run, double loss) {
    std::string const where = f.layers.size() < 2 ? f.layer : f.layers.front() + " to " + f.layers.back();
    std::string const what = where + ": " + in_words(f.cure);
    training before = run;
    matrix const x = x_;
    reading const was = read(f, run.net);
    if (!apply(f, run, loss)) {
      out << wrapped("not repaired: " + where + ": " + std::string(to_text(f.symptom)) +
                         ", cause: " + std::string(to_text(f.cause)) +
                         (f.cure.what == satur::remedy::none ? ": no cure is known" : ": that needs another run"),
                     "", "  ");
      return false;
    }
    reading const now = read(f, run.net);
    double const loss_now = loss_of(run.net, x_, labels_);
    out << wrapped("repaired " + what, "", "  ")
        << wrapped((was.name.empty()
                        ? ""
                        : was.name + ' ' + was.text() + " before, " + predicted(f, was) + now.text() + " now; ") +
                       "loss " + loss_text(loss) + " before, " + loss_text(loss_now) + " now" +
                       (restarted_ ? ", from the first weights" : ""),
                   "  ");
    // New weights know nothing: their loss is that of chance, or a little more.
    bool const harmed = !std::isfinite(loss_now) || loss_now > (std::max)(loss, 2.0 * chance_);
    if (harmed || now.score() <= was.score()) {
      out << "undone: that did not help\n";
      run = std::move(before);
      x_ = x;
      return true;
    }
    run.seen.clear();
    if (other_) {
      other_->repairs += "; " + what;
    } else {
      other_ = other_run{what, std::move(before), x};
    }
    return true;
  }

  static std::string in_words(satur::cure const& c) {
    switch (c.what) {
    case satur::remedy::rescale: {
      auto const [least, most] = std::ranges::minmax(c.factors);
      return "weights and biases times " + satur::text::significant(least, 3) +
             (most > 1.01 * least ? " to " + satur::text::significant(most, 3) : "");
    }
    case satur::remedy::recenter:
      return "each unit's mean of z subtracted from its bias";
    case satur::remedy::initializer:
      return "new random weights";
    case satur::remedy::reinitialize_units:
      return "new weights for " + std::to_string(c.units.size()) + (c.units.size() == 1 ? " unit" : " units");
    case satur::remedy::learning_rate:
      return "learning rate times " + satur::text::significant(c.factor, 2) + ", from the best weights so far";
    case satur::remedy::normalize_inputs:
      return "every pixel scaled to mean 0 and variance 1";
    default:
      return c.advice;
    }
  }

  /// The number that a cure is to improve.
  struct reading {
    std::string name; ///< empty: nothing but the loss can tell
    double value = std::numeric_limits<double>::quiet_NaN();
    bool of_slope = false;
    [[nodiscard]] std::string text() const {
      return of_slope ? percent(value) + " %" : satur::text::significant(value, 3);
    }
    /// Slopes should be large; sizes of z and ratios of gradients should be about 1.
    [[nodiscard]] double score() const { return of_slope ? value : -std::fabs(std::log(value)); }
  };
  static std::string predicted(satur::finding const& f, reading const& r) {
    return r.of_slope ? percent(f.cure.predicted->slope_share) + " % predicted, " : std::string();
  }
  /// The slope of the finding's layer if that is predicted to grow, else the gradient if the finding is about it, else
  /// the spread of z in the last of the finding's layers.
  reading read(satur::finding const& f, network& net) {
    if (f.cure.what == satur::remedy::learning_rate) {
      return {};
    }
    bool const of_sizes =
        f.layer == "data" || f.symptom == satur::symptom::signal_grows || f.symptom == satur::symptom::signal_lost;
    bool const of_slope = !of_sizes && f.cure.predicted && f.cure.predicted->slope_share > 1.05 * f.now.slope_share;
    if (!of_slope &&
        (f.symptom == satur::symptom::vanishing_gradient || f.symptom == satur::symptom::exploding_gradient)) {
      return {"gradient of a layer divided by the next one's", gradient_ratio(net, x_, labels_), false};
    }
    std::string const layer = f.layer == "data" ? net.hidden.front().name : of_slope ? f.layer : f.layers.back();
    matrix a = x_;
    for (hidden_layer& h : net.hidden) {
      a = h.fc.forward(a);
      if (h.name == layer) {
        satur::saturation const s = satur::observe(net.act, a);
        return of_slope ? reading{"slope in " + layer, s.slope_share(), true}
                        : reading{"std z in " + layer, s.stddev_z(), false};
      }
      satur::apply(net.act, a, a);
    }
    return {"std z in the output", satur::observe(satur::identity{}, net.output.forward(a)).stddev_z(), false};
  }

  [[nodiscard]] satur::dense<float>& layer_of(network& net, std::string const& name) const {
    auto const h = std::ranges::find(net.hidden, name, &hidden_layer::name);
    return h == net.hidden.end() ? net.output : h->fc;
  }
  /// New weights by the rule that is usual for the layer's activation.
  void draw(network& net, std::string const& name) {
    satur::dense<float>& fc = layer_of(net, name);
    std::vector<std::size_t> all(fc.b.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    satur::reinitialize_units(initializer_of(net, fc), fc.w, fc.b, std::vector<float>{}, all, urbg_);
  }
  [[nodiscard]] any_initializer initializer_of(network const& net, satur::dense<float> const& fc) const {
    return initializers(1.0).at(&fc == &net.output ? "glorot_uniform" : usual_initializer(act_));
  }

  /// Whether the cure is for the weights of the start: the finding says so, or nothing has been learned that could be
  /// lost, and the cause was there before the first step.
  [[nodiscard]] bool restarts(satur::finding const& f, double loss) const {
    bool const sizes = f.symptom == satur::symptom::saturated_layer || f.symptom == satur::symptom::signal_grows ||
                       f.symptom == satur::symptom::signal_lost;
    bool const at_start =
        (sizes && f.cure.what == satur::remedy::rescale) || f.cure.what == satur::remedy::normalize_inputs;
    return f.cure.restart || (at_start && !(loss < 0.97 * chance_));
  }
  /// False, with nothing changed, if a running program cannot do it.
  bool apply(satur::finding const& f, training& run, double loss) {
    restarted_ = f.cure.what != satur::remedy::learning_rate && restarts(f, loss);
    network const as_it_is = run.net;
    if (restarted_) {
      run.net = start_;
    }
    if (change(f, run, run.net)) {
      return true;
    }
    run.net = as_it_is;
    return false;
  }
  bool change(satur::finding const& f, training& run, network& net) {
    switch (f.cure.what) {
    case satur::remedy::rescale:
      for (std::size_t i = 0; i < f.cure.factors.size(); ++i) {
        satur::dense<float>& fc = layer_of(net, f.layers[i]);
        satur::rescale(fc.w, fc.b, f.cure.factors[i]);
      }
      return !f.cure.factors.empty();
    case satur::remedy::recenter:
      // Not where all outputs have the same sign: their mean grows, and with it the gradient of the next layer's mean.
      // Four layers of sigmoid lose the loss of chance then (2.13 becomes 2.22), two layers a third of what they
      // learned.
      if (!(act_.lower() < 0.0)) {
        return false;
      }
      for (std::string const& name : f.layers) { // what the first one puts out is what the next one gets
        recenter(net, name);
      }
      return true;
    case satur::remedy::initializer:
      for (std::string const& name : f.layers) {
        draw(net, name);
      }
      return true;
    case satur::remedy::reinitialize_units:
      renew(net, f);
      return !f.cure.units.empty();
    case satur::remedy::learning_rate:
      net = best_;
      run.rate *= f.cure.factor;
      return true;
    case satur::remedy::normalize_inputs:
      standardize(run.data);
      return true;
    default:
      return false;
    }
  }
  /// Each unit's z gets mean 0. The next layer's z keep their means: its biases make up for the change of its inputs.
  void recenter(network& net, std::string const& name) {
    auto const h = std::ranges::find(net.hidden, name, &hidden_layer::name);
    if (h == net.hidden.end()) {
      return;
    }
    satur::dense<float>& next = h + 1 == net.hidden.end() ? net.output : (h + 1)->fc;
    auto const means = [&] {
      static_cast<void>(loss_of(net, x_, labels_));
      return satur::moments_of_inputs(next.z(), next.b.size()).mean;
    };
    std::vector<double> const before = means();
    satur::recenter(h->fc.b, h->fc.z());
    std::vector<double> const now = means();
    for (std::size_t u = 0; u < now.size(); ++u) {
      next.b[u] += static_cast<float>(before[u] - now[u]);
    }
  }
  /// Outgoing weights become 0, so that nothing changes at first; not if the whole layer is renewed, which would then
  /// get no gradient.
  void renew(network& net, satur::finding const& f) {
    auto const h = std::ranges::find(net.hidden, f.layer, &hidden_layer::name);
    if (h == net.hidden.end() || 2 * f.cure.units.size() > h->fc.b.size()) {
      satur::dense<float>& fc = layer_of(net, f.layer);
      satur::reinitialize_units(initializer_of(net, fc), fc.w, fc.b, std::vector<float>{}, f.cure.units, urbg_);
      return;
    }
    matrix& next = (h + 1 == net.hidden.end() ? net.output : (h + 1)->fc).w;
    satur::reinitialize_units(initializer_of(net, h->fc), h->fc.w, h->fc.b, next, f.cure.units, urbg_);
  }
  /// Each pixel of mean 0 and variance 1; one that hardly varies is not blown up.
  void standardize(datasets::task& t) {
    satur::input_moments const m = satur::moments_of_inputs(x_, t.inputs);
    double const usual = std::accumulate(m.variance.begin(), m.variance.end(), 0.0) / static_cast<double>(t.inputs);
    auto const change = [m, usual](float x, std::size_t pixel) {
      double const scale = std::sqrt((std::max)(m.variance[pixel], 0.01 * usual));
      return static_cast<float>((static_cast<double>(x) - m.mean[pixel]) / (scale > 0.0 ? scale : 1.0));
    };
    t.transform(change);
    for (std::size_t i = 0; i < x_.size(); ++i) {
      x_.data()[i] = change(x_.data()[i], i % t.inputs);
    }
  }
  satur::any_activation act_;
  double chance_;
  matrix x_;
  std::vector<int> labels_;
  std::mt19937_64 urbg_;
  network start_;
  network best_; ///< the one with the lowest loss so far
  double best_loss_;
  std::set<std::string> settled_; ///< roots that were cured, or cannot be
  std::optional<other_run> other_;
  bool restarted_ = false;
};

} // namespace support
