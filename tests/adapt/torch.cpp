// libtorch's tensors as numbers, and an unchanged model watched.
#include "satur/adapt/torch.hpp"

#include <torch/torch.h>

#include <ATen/core/dispatch/Dispatcher.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::vector<float> numbers_of(torch::Tensor const& t) {
  torch::Tensor const all = t.detach().to(torch::kFloat).contiguous();
  return {all.data_ptr<float>(), all.data_ptr<float>() + all.numel()};
}
satur::saturation of_numbers(torch::Tensor const& t) { return satur::observe(satur::tanh{}, numbers_of(t)); }
std::string why_refused(torch::Tensor const& t) {
  try {
    static_cast<void>(satur::observe(satur::tanh{}, t));
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}
std::string names(satur::monitor const& mon) {
  std::string all;
  for (auto const& layer : mon) {
    all += layer.name() + ' ';
  }
  return all;
}
/// One step of forward, backward and end_step.
void step(satur::torch_watch& watching, torch::Tensor const& loss) {
  loss.backward();
  watching.end_step();
}

struct net : torch::nn::Module {
  torch::nn::Linear fc1{nullptr}, fc2{nullptr}, out{nullptr};
  net() {
    fc1 = register_module("fc1", torch::nn::Linear(5, 8));
    fc2 = register_module("fc2", torch::nn::Linear(8, 6));
    out = register_module("out", torch::nn::Linear(6, 1));
  }
  torch::Tensor forward(torch::Tensor const& x) { return out(torch::sigmoid(fc2(torch::tanh(fc1(x))))); }
};

} // namespace

TEST_CASE("a tensor gives the record of the same numbers, bit for bit: strides, element types, no copy") {
  torch::manual_seed(1);
  torch::Tensor const z = 4 * torch::randn({70, 33});
  CHECK(satur::observe(satur::tanh{}, z) == of_numbers(z));
  CHECK(satur::observe(satur::tanh{}, z.t()) == of_numbers(z)); // in the order of the memory
  torch::Tensor const part = z.slice(0, 3, 60, 2).slice(1, 1, 30, 3);
  CHECK(satur::observe(satur::tanh{}, part) == of_numbers(part));
  for (auto const type : {torch::kHalf, torch::kBFloat16}) {
    CHECK(satur::observe(satur::tanh{}, z.to(type)) == of_numbers(z.to(type)));
  }
  torch::Tensor const d = z.to(torch::kDouble);
  CHECK(satur::observe(satur::tanh{}, d) ==
        satur::observe(satur::tanh{}, std::vector<double>(d.data_ptr<double>(), d.data_ptr<double>() + d.numel())));
  CHECK(satur::observe(satur::tanh{}, torch::tensor(3.0f)).count == 1);
  CHECK(satur::saturated_fraction(z, 4.0) == satur::saturated_fraction(numbers_of(z), 4.0));
  CHECK(satur::mean_derivative(satur::tanh{}, z) == satur::mean_derivative(satur::tanh{}, numbers_of(z)));
  satur::with_array(part, [&](auto const& view) {
    CHECK(static_cast<void const*>(view.data) == part.data_ptr());
    CHECK(view.strides[0] == 66);
  });
}

TEST_CASE("reading copies nothing that libtorch 2 would copy on write") {
  auto const op = c10::Dispatcher::singleton().findSchema({"aten::_lazy_clone", ""});
  if (!op) {
    MESSAGE("skipped: this libtorch copies at once");
    return;
  }
  torch::Tensor const z = torch::ones({4, 3});
  std::vector<c10::IValue> stack{z};
  op->callBoxed(stack);
  torch::Tensor const clone = stack.at(0).toTensor();
  satur::monitor mon;
  mon["a"].observe(satur::tanh{}, clone);
  CHECK(satur::observe(satur::tanh{}, clone).count == 12);
  CHECK(satur::detail::start_of_tensor(clone) == satur::detail::start_of_tensor(z));
  satur::with_mutable_array(clone, [](auto const& view) { view.put(3, 1, 2); });
  CHECK(z.index({1, 2}).item<float>() == 1.0f);
  CHECK(clone.index({1, 2}).item<float>() == 3.0f);
}

TEST_CASE("forward writes into a tensor") {
  torch::manual_seed(2);
  torch::Tensor const z = 2 * torch::randn({9, 7});
  torch::Tensor const y = torch::empty({7, 9}).t();
  torch::Tensor const dy = torch::empty_like(z);
  CHECK(satur::forward(satur::tanh{}, z, y, dy) == of_numbers(z));
  CHECK(torch::allclose(y, torch::tanh(z), 1e-6, 1e-7));
  CHECK(torch::allclose(dy, 1 - torch::tanh(z).square(), 1e-4, 1e-6));
  torch::Tensor const other = torch::empty_like(z, torch::kDouble);
  CHECK_THROWS_AS(satur::forward(satur::tanh{}, z, other), std::invalid_argument);
  torch::Tensor const b = torch::empty_like(z, torch::kBFloat16);
  satur::forward(satur::tanh{}, z.to(torch::kBFloat16), b);
  CHECK(torch::allclose(b.to(torch::kFloat), torch::tanh(z), 0.02, 0.02));
  satur::with_mutable_array(other, [](auto const& view) { view.put(3, 1, 2); });
  CHECK(other.index({1, 2}).item<double>() == 3.0);
}

TEST_CASE("a layer of a monitor takes tensors as members: contiguous, strided, of each type, with units and a mask") {
  torch::manual_seed(5);
  torch::Tensor const all = 2 * torch::randn({9, 14});
  torch::Tensor const halves = all.slice(1, 0, 14, 2); // strided
  auto const layout = satur::unit_layout::matrix(9, 7);
  std::vector<unsigned char> keep(9, 1);
  keep[4] = 0;
  satur::monitor mon({.units = true});
  satur::monitor plain({.units = true});
  for (torch::Tensor const& z :
       {halves, halves.contiguous(), halves.to(torch::kDouble), halves.to(torch::kHalf), halves.to(torch::kBFloat16)}) {
    std::string const name = c10::toString(z.scalar_type()) + std::to_string(mon.size());
    auto const record = [&](satur::layer_monitor& layer, auto const& numbers, auto const&... shape) {
      layer.observe(satur::tanh{}, numbers, shape...);
      layer.gradient(numbers, shape...);
      layer.observe(satur::tanh{}, numbers, satur::sample_mask(keep), std::optional(layout));
    };
    record(mon[name], z);
    mon[name].update(z, z, 0.5);
    if (z.scalar_type() == torch::kDouble) {
      torch::Tensor const same = z.contiguous();
      std::vector<double> const numbers(same.data_ptr<double>(), same.data_ptr<double>() + same.numel());
      record(plain[name], numbers, layout);
      plain[name].update(numbers, numbers, 0.5);
    } else {
      record(plain[name], numbers_of(z), layout);
      plain[name].update(numbers_of(z), numbers_of(z), 0.5);
    }
    CHECK(mon.at(name).current().saturation.count == 63 + 56);
  }
  CHECK(mon.size() == 5);
  CHECK(mon == plain);
  CHECK_THROWS_AS(mon["a"].observe(satur::tanh{}, torch::ones({3}, torch::kLong)), std::invalid_argument);
  CHECK_THROWS_AS(mon["a"].observe(satur::tanh{}, halves, satur::unit_layout::matrix(9, 8)), satur::shape_error);
}

TEST_CASE("rows of a softmax: any axis of a tensor") {
  torch::manual_seed(6);
  torch::Tensor const z = 6 * torch::randn({4, 5, 3});
  satur::array_view<float const> const view{z.data_ptr<float>(), {4, 5, 3}};
  CHECK(satur::observe(satur::softmax{}, z, satur::row_axis(1)) ==
        satur::observe(satur::softmax{}, view, satur::row_axis(1)));
  CHECK(satur::observe(satur::softmax{}, z) == satur::observe(satur::softmax{}, view));
  CHECK(satur::observe(satur::softmax{}, z, satur::p_above{0.5}).saturated ==
        satur::observe(satur::softmax{}, view, satur::p_above{0.5}).saturated);
  CHECK(satur::observe(satur::softmax{}, torch::tensor(3.0f)).rows == 1);
  CHECK(satur::observe(satur::softmax{}, z.transpose(0, 2).to(torch::kHalf), satur::row_axis(1)).rows == 12);
  CHECK(satur::observe(satur::tanh{}, z, satur::slope_below{0.1}) ==
        satur::observe(satur::tanh{}, numbers_of(z), satur::slope_below{0.1}));
}

TEST_CASE("a tensor whose numbers cannot be read is refused, with what to do") {
  CHECK(why_refused(torch::Tensor()).find("undefined") != std::string::npos);
  CHECK(why_refused(torch::ones({3}, torch::kLong)).find("x.to(torch::kFloat)") != std::string::npos);
  CHECK(why_refused(torch::empty({3}, torch::kMeta)).find("device meta; give it as x.cpu()") != std::string::npos);
  CHECK(why_refused(torch::eye(3).to_sparse()).find("x.to_dense()") != std::string::npos);
  CHECK(why_refused(torch::nested::as_nested_tensor({torch::ones({3}), torch::ones({2})})).find("x.unbind()") !=
        std::string::npos);
  CHECK(why_refused(torch::_neg_view(torch::ones({3}))).find("x.resolve_neg()") != std::string::npos);
  CHECK(why_refused(torch::ones({1, 1, 1, 1, 1, 1, 1, 1, 2})).find("9 axes") != std::string::npos);
  CHECK(why_refused(torch::ones({2})).empty());
}

TEST_CASE("an unchanged model is watched: z, dL/dz and names of each layer, once a forward pass") {
  torch::manual_seed(3);
  net model;
  torch::Tensor const x = torch::randn({16, 5});
  satur::monitor mon;
  satur::torch_watch watching = satur::watch(mon, model);
  torch::Tensor const loss = model.forward(x).square().mean();
  step(watching, loss);
  CHECK(names(mon) == "fc1 fc2 ");
  CHECK(watching.unseen().empty());

  // The same by hand: L = mean(o^2), o = out(a2), a2 = sigmoid(z2), z2 = fc2(a1), a1 = tanh(z1).
  torch::NoGradGuard const values;
  torch::Tensor const z1 = model.fc1(x);
  torch::Tensor const a1 = torch::tanh(z1);
  torch::Tensor const z2 = model.fc2(a1);
  torch::Tensor const a2 = torch::sigmoid(z2);
  torch::Tensor const dz2 = (2.0 / 16 * model.out(a2)).matmul(model.out->weight) * a2 * (1 - a2);
  torch::Tensor const dz1 = dz2.matmul(model.fc2->weight) * (1 - a1 * a1);
  satur::monitor by_hand;
  by_hand["fc1"].observe(satur::tanh{}, numbers_of(z1));
  by_hand["fc2"].observe(satur::sigmoid{}, numbers_of(z2));
  by_hand["fc1"].gradient(numbers_of(dz1));
  by_hand["fc2"].gradient(numbers_of(dz2));
  by_hand.end_step();
  for (char const* const layer : {"fc1", "fc2"}) {
    CAPTURE(layer);
    CHECK(mon.at(layer).total().saturation == by_hand.at(layer).total().saturation);
    satur::gradient_record const g = mon.at(layer).total().gradient;
    satur::gradient_record const expected = by_hand.at(layer).total().gradient;
    CHECK(g.count == expected.count);
    CHECK(g.rms() == doctest::Approx(expected.rms()).epsilon(1e-5));
  }
}

TEST_CASE("in place: z before the operation, and its gradient") {
  torch::Tensor const w = torch::tensor({{1.0f, -2.0f}, {0.5f, 4.0f}});
  torch::nn::Sequential model(torch::nn::Linear(2, 2), torch::nn::ReLU(torch::nn::ReLUOptions(true)));
  {
    torch::NoGradGuard const values;
    model[0]->as<torch::nn::Linear>()->weight.copy_(w);
    model[0]->as<torch::nn::Linear>()->bias.zero_();
  }
  torch::Tensor const x = torch::tensor({{1.0f, 1.0f}, {2.0f, 0.5f}});
  satur::torch_watch watching = satur::watch(*model);
  step(watching, (torch::tensor({{3.0f, 5.0f}, {7.0f, 11.0f}}) * model->forward(x)).sum());
  satur::layer_record const r = watching.monitor().at("0").total(); // z = (-1, 4.5), (1, 3); dL/dz = (0, 5), (7, 11)
  CHECK(r.saturation.count == 4);
  CHECK(r.saturation.min_z() == -1.0);
  CHECK(r.saturation.max_z() == 4.5);
  CHECK(r.gradient.count == 4);
  CHECK(r.gradient.rms() == doctest::Approx(std::sqrt((25.0 + 49.0 + 121.0) / 4)));
}

TEST_CASE("names: by the product that made z, through a normalization, in part; by place where none did") {
  satur::monitor mon({.units = true});
  torch::nn::Sequential model;
  model->push_back("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(2, 3, 3)));
  model->push_back("norm", torch::nn::BatchNorm2d(3));
  model->push_back("act", torch::nn::ReLU());
  model->push_back("gate", torch::nn::Linear(6, 4));
  model->push_back("value", torch::nn::Linear(6, 4));
  satur::torch_watch watching = satur::watch(mon, *model);
  torch::Tensor const image = torch::randn({2, 2, 5, 8});
  torch::Tensor a = image;
  for (std::size_t i = 0; i < 3; ++i) {
    a = i == 0   ? model[i]->as<torch::nn::Conv2d>()->forward(a)
        : i == 1 ? model[i]->as<torch::nn::BatchNorm2d>()->forward(a)
                 : model[i]->as<torch::nn::ReLU>()->forward(a);
  }
  torch::Tensor const gate = model[3]->as<torch::nn::Linear>()->forward(a);
  torch::Tensor const value = model[4]->as<torch::nn::Linear>()->forward(a);
  torch::Tensor const gated = torch::silu(gate) * value; // gate is not the last product
  torch::Tensor const free = torch::randn({6, 6}).requires_grad_();
  torch::Tensor const loose = torch::sigmoid(image.reshape({-1, 8}).slice(1, 0, 6).matmul(free)); // no parameter
  torch::Tensor const last = torch::tanh(value) + torch::tanh(gated);
  step(watching, last.sum() + loose.sum());
  CHECK(names(mon) == "conv gate sigmoid_1 value tanh_1 ");
  CHECK(mon.at("conv").units()->size() == 3); // channels
  CHECK(mon.at("gate").units()->size() == 4);
}

TEST_CASE("names: a product that is gone, or of an earlier step, names nothing; weights may change places") {
  torch::manual_seed(9);
  net model;
  torch::nn::Linear twin(5, 8);
  model.register_module("twin", twin);
  satur::monitor mon;
  satur::torch_watch watching = satur::watch(mon, model);
  torch::Tensor const x = torch::randn({4, 5});
  torch::Tensor const free = torch::randn({5, 5}).requires_grad_();
  model.fc1(x); // its result is gone
  torch::Tensor loss = torch::tanh(x.mm(free)).sum();
  loss = loss + torch::sigmoid(2 * free).sum();
  torch::Tensor const kept = model.fc1(x); // met no activation in this step
  step(watching, loss);
  CHECK(names(mon) == "tanh_1 sigmoid_1 ");
  step(watching, torch::sigmoid(3 * free).sum());
  CHECK(names(mon) == "tanh_1 sigmoid_1 ");
  {
    torch::NoGradGuard const values;
    torch::Tensor const first = model.fc1->weight.data();
    model.fc1->weight.set_data(twin->weight.data());
    twin->weight.set_data(first);
  }
  watching.begin_step();
  step(watching, torch::relu(model.fc1(x)).sum());
  CHECK(names(mon) == "tanh_1 sigmoid_1 fc1 ");
  CHECK(kept.numel() == 32);
}

TEST_CASE("names: products of other kinds") {
  struct two : torch::nn::Module {
    torch::nn::Bilinear pair = register_module("pair", torch::nn::Bilinear(3, 2, 4));
    torch::nn::Linear one = register_module("one", torch::nn::Linear(4, 4));
    torch::nn::Linear heads = register_module("heads", torch::nn::Linear(4, 6));
    torch::nn::Linear last = register_module("last", torch::nn::Linear(4, 4));
    torch::nn::Conv1d line = register_module("line", torch::nn::Conv1d(2, 3, 2));
    torch::nn::ConvTranspose2d up = register_module("up", torch::nn::ConvTranspose2d(2, 5, 2));
  } model;
  satur::monitor mon({.units = true});
  satur::torch_watch watching = satur::watch(mon, model);
  torch::Tensor const a = torch::tanh(model.pair(torch::randn({6, 3}), torch::randn({6, 2})));
  torch::Tensor const b = torch::sigmoid(torch::mv(model.one->weight, a[0]));
  torch::Tensor const c = torch::tanh(model.line(torch::randn({2, 2, 8})));
  torch::Tensor const d = torch::relu(model.up(torch::randn({2, 2, 3, 3})));
  torch::Tensor const part = torch::sigmoid(torch::ones({2, 4}).mm(model.heads->weight.slice(0, 3).t()));
  torch::Tensor const row =
      torch::relu(torch::matmul(model.one->weight[2], model.last->weight.t())); // 1 axis: no weight
  step(watching, a.sum() + b.sum() + c.sum() + d.sum() + part.sum() + row.sum());
  CHECK(names(mon) == "pair one line up heads last ");
  CHECK(mon.at("heads").units()->size() == 3);
  CHECK(mon.at("pair").units()->size() == 4);
  CHECK(mon.at("line").units()->size() == 3);
  CHECK(mon.at("up").units()->size() == 5);
}

TEST_CASE("operations that call others count once, with their parameters; what satur lacks is said") {
  torch::nn::Linear model(3, 3);
  satur::torch_watch watching = satur::watch(*model);
  torch::Tensor const z = torch::randn({4, 3}).requires_grad_();
  std::vector<torch::Tensor> const each{torch::relu6(z),
                                        torch::selu(z),
                                        torch::celu(z, 0.5),
                                        torch::elu(z, 0.7),
                                        torch::leaky_relu(z, 0.2),
                                        torch::hardtanh(z, -2, 3),
                                        torch::gelu(z, "tanh"),
                                        torch::gelu(z),
                                        torch::silu(z),
                                        torch::mish(z),
                                        torch::softplus(z, 2),
                                        torch::hardswish(z),
                                        torch::hardsigmoid(z),
                                        torch::log_sigmoid(z),
                                        torch::softshrink(z, 0.25),
                                        torch::hardshrink(z, 0.75),
                                        torch::prelu(z, torch::full({1}, 0.3f)),
                                        torch::prelu(z, torch::full({1}, 0.2f)),
                                        torch::softmax(z, 1),
                                        torch::softplus(z, 1, 2),
                                        torch::log_softmax(z, 1)};
  step(watching, torch::stack(each).sum());
  satur::monitor const& mon = watching.monitor();
  CHECK(mon.size() == 16);
  for (auto const& layer : mon) {
    CAPTURE(layer.name());
    CHECK(layer.total().saturation.count == 12);
    CHECK(layer.total().saturation.mean_z() == mon.at("relu6_1").total().saturation.mean_z());
    CHECK(layer.total().gradient.count == 12);
  }
  auto const same = [&](char const* name, auto const& act) {
    CAPTURE(name);
    CHECK(mon.at(name).total().saturation == satur::observe(act, numbers_of(z)));
  };
  same("relu6_1", satur::relu6{});
  same("selu_1", satur::selu{});
  same("celu_1", satur::celu{0.5});
  same("elu_1", satur::elu{0.7});
  same("leaky_relu_1", satur::leaky_relu{0.2});
  same("hardtanh_1", satur::hard_tanh{-2.0, 3.0});
  same("gelu_1", satur::gelu_tanh{});
  same("gelu_2", satur::gelu{});
  same("softplus_1", satur::softplus{2.0});
  same("hardshrink_1", satur::hard_shrink{0.75});
  std::ostringstream text;
  text << watching;
  INFO(text.str());
  REQUIRE(watching.unseen().size() == 2);
  CHECK(watching.unseen()[0].operation == "aten::prelu");
  CHECK(watching.unseen()[0].count == 2);
  CHECK(watching.unseen()[1].operation == "aten::softplus");
  CHECK(text.str().find("not seen: aten::prelu, 2 times: ") != std::string::npos);
  CHECK(text.str().find("not seen: aten::softplus, 1 time: ") != std::string::npos);
  REQUIRE(watching.rows().size() == 2);
  CHECK(watching.rows().begin()->first == "log_softmax_1");
  CHECK(watching.rows().at("softmax_1") == satur::observe(satur::softmax{}, z));
  CHECK(text.str().find("softmax_1, rows of softmax: 4 rows, ") != std::string::npos);
}

TEST_CASE("rows of softmax are recorded beside the monitor, by their layer's name, along their axis, once") {
  torch::manual_seed(7);
  net model;
  torch::nn::Linear classes(6, 4);
  torch::nn::Linear project(6, 6);
  model.register_module("classes", classes);
  model.register_module("project", project);
  satur::monitor mon({.sampling = {.every = 2}});
  satur::torch_watch watching = satur::watch(mon, model);
  torch::Tensor const x = torch::randn({8, 5});
  satur::row_saturation expected_logits, expected_attention;
  for (int i = 0; i < 3; ++i) {
    torch::Tensor const a = torch::sigmoid(model.fc2(torch::tanh(model.fc1(x))));
    torch::Tensor const queries = project(a).view({1, 8, 6});
    torch::Tensor const scores = 9 * torch::bmm(queries, a.view({1, 8, 6}).transpose(1, 2));
    torch::Tensor const mixed = torch::softmax(scores, 1).sum();
    torch::Tensor const logits = 20 * classes(a);
    torch::Tensor const loss = torch::nn::functional::cross_entropy(logits, torch::arange(8).remainder(4));
    if (i != 1) {
      expected_logits += satur::observe(satur::softmax{}, logits);
      expected_attention += satur::observe(satur::softmax{}, scores, satur::row_axis(1));
    }
    step(watching, loss + mixed);
  }
  REQUIRE(watching.rows().size() == 2);
  CHECK(watching.rows().at("classes") == expected_logits);
  CHECK(watching.rows().at("softmax_1") == expected_attention);
  CHECK(expected_logits.rows == 16);
  CHECK(names(mon) == "fc1 fc2 ");
  CHECK(watching.unseen().empty());
  CHECK(watching.rows(satur::phase::eval).empty());
  {
    torch::NoGradGuard const values;
    torch::softmax(classes(torch::zeros({2, 6})), -1); // trains nothing: step 3 is not sampled
    watching.end_step();
    torch::softmax(classes(torch::zeros({2, 6})), -1);
    CHECK(watching.rows().at("classes").rows == 16);
    CHECK(watching.unseen().size() == 1);
    mon.eval();
    watching.begin_step();
    torch::softmax(classes(torch::zeros({2, 6})), -1);
    CHECK(watching.rows(satur::phase::eval).at("classes").rows == 2);
    CHECK(watching.rows().at("classes").rows == 16);
  }
}

TEST_CASE("numbers without a gradient are recorded once; what a backward pass computes is not") {
  struct doubled : torch::autograd::Function<doubled> {
    static torch::Tensor forward(torch::autograd::AutogradContext*, torch::Tensor const& x) { return 2 * x; }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                   torch::autograd::variable_list const& dy) {
      return {2 * dy[0] + 0 * torch::sigmoid(dy[0])};
    }
  };
  net model;
  satur::monitor mon;
  satur::torch_watch watching = satur::watch(mon, model);
  torch::Tensor const data = torch::randn({3, 5});
  torch::selu(data); // calls elu
  step(watching, doubled::apply(torch::tanh(model.fc1(data))).sum());
  CHECK(names(mon) == "selu_1 fc1 ");
  CHECK(mon.at("selu_1").total().gradient.count == 0);
  CHECK(mon.at("fc1").total().gradient.count == 24);
  CHECK(watching.unseen().empty());
}

TEST_CASE("hooks on a leaf do not pile up") {
  net model;
  torch::Tensor const leaf = torch::randn({3, 2}).requires_grad_();
  auto const hooks = [&] {
    std::size_t n = 0;
    for (auto const& hook : *torch::autograd::impl::get_autograd_meta(leaf)->cpp_hooks_list_) {
      n += hook ? 1 : 0;
    }
    return n;
  };
  {
    satur::torch_watch watching = satur::watch(model);
    for (int i = 0; i < 3; ++i) {
      torch::Tensor const loss = torch::tanh(leaf).sum();
      CHECK(hooks() == 1);
      step(watching, loss);
    }
    CHECK(watching.monitor().at("tanh_1").total().gradient.count == 18);
    torch::tanh(leaf);
  }
  CHECK(hooks() == 0);
}

TEST_CASE("the sigmoid within a loss is no layer's activation") {
  net model;
  satur::torch_watch watching = satur::watch(model);
  torch::Tensor const z = model.forward(torch::randn({4, 5}));
  step(watching, torch::nn::functional::binary_cross_entropy_with_logits(z, torch::ones_like(z)));
  CHECK(names(watching.monitor()) == "fc1 fc2 ");
  CHECK(watching.unseen().empty());
}

TEST_CASE("operations that hide an activation are told by their names") {
  for (char const* const name :
       {"aten::prelu", "aten::glu", "aten::lstm", "aten::gru_cell", "aten::rnn_tanh", "aten::mkldnn_rnn_layer",
        "aten::_thnn_fused_lstm_cell", "aten::_masked_softmax", "aten::_native_multi_head_attention",
        "aten::_scaled_dot_product_flash_attention_for_cpu", "aten::_transformer_encoder_layer_fwd", "aten::rrelu",
        "aten::_addmm_activation", "aten::threshold", "mkldnn::_linear_pointwise", "fused_tanh_mul", "TensorExprGroup",
        "quantized::linear_relu", "prim::FusionGroup"}) {
    CAPTURE(name);
    CHECK(satur::detail::hides_torch_activation(name));
  }
  for (char const* const name : {"aten::tanh_backward",
                                 "aten::_softmax_backward_data",
                                 "aten::atanh",
                                 "aten::arctanh_",
                                 "aten::softmax",
                                 "aten::log_softmax",
                                 "aten::special_softmax",
                                 "aten::_safe_softmax",
                                 "aten::scaled_dot_product_attention",
                                 "aten::_scaled_dot_product_attention_math",
                                 "aten::_fused_sdp_choice",
                                 "aten::_fused_rms_norm",
                                 "aten::_fused_adam_",
                                 "aten::_fused_sgd_",
                                 "aten::_fused_dropout",
                                 "aten::_cudnn_rnn_flatten_weight",
                                 "aten::addmm",
                                 "aten::layer_norm",
                                 "aten::clamp_min",
                                 "aten::silu_backward"}) {
    CAPTURE(name);
    CHECK_FALSE(satur::detail::hides_torch_activation(name));
  }
  CHECK(satur::detail::torch_reason("aten::_masked_softmax").find("satur::observe(softmax{}, z, row_axis(-1))") !=
        std::string::npos);
  CHECK(
      satur::detail::torch_reason("aten::_scaled_dot_product_flash_attention_for_cpu").find("setSDPUseFlash(false)") !=
      std::string::npos);
  CHECK(satur::detail::torch_reason("aten::lstm").find("satur has no such") != std::string::npos);
}

TEST_CASE("attention: its softmax is recorded, or said to be in a fused kernel, with what to do") {
  auto const op =
      c10::Dispatcher::singleton().findSchema({"aten::scaled_dot_product_attention", ""}); // libtorch 2 has it
  if (!op) {
    MESSAGE("skipped: this libtorch has no scaled_dot_product_attention");
    return;
  }
  torch::manual_seed(8);
  torch::nn::Linear model(4, 4);
  torch::Tensor const q = torch::randn({2, 3, 4}).requires_grad_();
  auto const attention = [&] {
    std::vector<c10::IValue> stack{q.unsqueeze(1), q.unsqueeze(1), q.unsqueeze(1)};
    for (std::size_t i = 3; i < op->schema().arguments().size(); ++i) {
      stack.push_back(*op->schema().arguments()[i].default_value());
    }
    op->callBoxed(stack);
    return stack.at(0).toTensor();
  };
  satur::torch_watch watching = satur::watch(*model);
  step(watching, attention().sum());
  std::ostringstream text;
  text << watching;
  INFO(text.str());
  REQUIRE(watching.unseen().size() == 1);
  CHECK(watching.unseen()[0].operation == "aten::_scaled_dot_product_flash_attention_for_cpu");
  CHECK(watching.unseen()[0].reason.find("setSDPUseFlash(false)") != std::string::npos);
  CHECK(watching.rows().empty());
  at::globalContext().setSDPUseFlash(false);
  step(watching, attention().sum());
  at::globalContext().setSDPUseFlash(true);
  REQUIRE(watching.rows().size() == 1);
  CHECK(watching.rows().at("softmax_1").rows == 6);
  CHECK(watching.unseen().size() == 1);
}

TEST_CASE("the values of what is recorded are libtorch's") {
  torch::Tensor const z = torch::linspace(-6, 6, 201, torch::kDouble);
  std::vector<double> const in(z.data_ptr<double>(), z.data_ptr<double>() + z.numel());
  auto const same = [&](char const* name, std::vector<c10::IValue> inputs, torch::Tensor const& theirs) {
    CAPTURE(name);
    inputs.insert(inputs.begin(), c10::IValue(z));
    auto const act = satur::detail::torch_activation<double>(std::string("aten::") + name, inputs);
    REQUIRE(act.has_value());
    for (std::size_t i = 0; i < in.size(); ++i) {
      CHECK(act->value(in[i]) == doctest::Approx(theirs[static_cast<std::int64_t>(i)].item<double>()).epsilon(1e-7));
    }
  };
  CHECK(!satur::detail::torch_activation<double>("aten::elu", std::vector<c10::IValue>{z, 0.5, 2.0, 0.5}));
  same("elu", {0.5, 2.0, 1.0}, torch::elu(z, 0.5, 2.0, 1.0));
  same("celu_", {0.5}, torch::celu(z, 0.5));
  same("leaky_relu", {0.1}, torch::leaky_relu(z, 0.1));
  same("hardtanh", {-2.0, 1.0}, torch::hardtanh(z, -2, 1));
  same("hardsigmoid", {}, torch::hardsigmoid(z));
  same("hardswish", {}, torch::hardswish(z));
  same("gelu", {"tanh"}, torch::gelu(z, "tanh"));
  same("gelu", {"none"}, torch::gelu(z));
  same("mish", {}, torch::mish(z));
  same("silu", {}, torch::silu(z));
  same("softplus", {2.0, 20.0}, torch::softplus(z, 2));
  same("log_sigmoid", {}, torch::log_sigmoid(z));
  same("softshrink", {0.3}, torch::softshrink(z, 0.3));
  same("hardshrink", {0.3}, torch::hardshrink(z, 0.3));
}

TEST_CASE("sampling: nothing is called in other steps, and a gradient is of the step of its z") {
  torch::manual_seed(4);
  net model;
  satur::monitor mon({.sampling = {.every = 3}});
  satur::torch_watch watching = satur::watch(mon, model);
  torch::Tensor kept; // the graph of step 0, sent backward in step 3
  for (int i = 0; i < 7; ++i) {
    CHECK(mon.sampling_now() == (i % 3 == 0));
    CHECK(at::getStepCallbacksUnlessEmpty(at::RecordScope::FUNCTION).has_value() == mon.sampling_now());
    torch::Tensor const loss = model.forward(torch::randn({4, 5})).sum();
    if (i == 0) {
      kept = model.fc1->weight.sum() + torch::tanh(model.fc1(torch::randn({2, 5}))).sum();
    } else if (i == 3) {
      kept.backward();
    }
    step(watching, loss);
  }
  CHECK(mon.at("fc1").total().gradient.count == 3 * 4 * 8);
  CHECK(mon.at("fc1").total().saturation.count == 3 * 4 * 8 + 2 * 8);
  CHECK(mon.at("fc2").total().saturation.count == 3 * 4 * 6);
}

TEST_CASE("evaluation is no part of training; the monitor's eval records it") {
  net model;
  torch::Tensor const x = torch::randn({4, 5});
  satur::monitor mon;
  {
    satur::torch_watch watching = satur::watch(mon, model);
    CHECK_THROWS_AS(satur::torch_watch(mon, model), std::logic_error);
    step(watching, model.forward(x).sum());
    {
      torch::NoGradGuard const values;
      model.forward(x);
    }
    model.eval();
    model.forward(x);
    model.train();
    CHECK(mon.at("fc1").current().saturation.count == 0);
    REQUIRE(watching.unseen().size() == 2);
    CHECK(watching.unseen()[0].count == 2);
    CHECK(watching.unseen()[0].reason.find("monitor.eval()") != std::string::npos);
    mon.eval();
    watching.begin_step();
    model.eval();
    for (int batch = 0; batch < 2; ++batch) {
      watching.begin_step();
      model.forward(x);
    }
    watching.end_step();
    CHECK(mon.at("fc1").total(satur::phase::eval).saturation.count == 64);
    CHECK(mon.at("fc1").total().saturation.count == 32);
    CHECK(mon.size() == 2);
  }
  CHECK(!at::getStepCallbacksUnlessEmpty(at::RecordScope::FUNCTION).has_value());
  torch::Tensor loss;
  {
    satur::torch_watch const again = satur::watch(mon, model);
    loss = model.forward(x).sum();
  }
  loss.backward(); // hooks of a watch that has ended do nothing
  CHECK(mon.at("fc1").current().gradient.count == 0);
}
