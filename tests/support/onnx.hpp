// Reads what a test needs of ONNX's files: the one operator of a model with its attributes, and tensors of float. A
// protobuf message is a sequence of fields: a key (number * 8 + kind), then a varint, 4 or 8 bytes, or a length and
// bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace test::onnx {

struct tensor {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

struct node {
  std::string operation;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::map<std::string, double> numbers; ///< attributes that are numbers
  std::map<std::string, std::string> words;
  std::map<std::string, std::vector<std::int64_t>> lists;     ///< attributes that are lists of whole numbers
  std::map<std::string, std::vector<std::string>> word_lists; ///< and of words
  std::map<std::string, tensor> constants;                    ///< inputs that the model itself holds
  std::int64_t opset = 0;

  /// The list, or `otherwise` if there is none.
  [[nodiscard]] std::vector<std::int64_t> list(std::string const& name, std::vector<std::int64_t> otherwise) const {
    auto const at = lists.find(name);
    return at == lists.end() ? otherwise : at->second;
  }
  [[nodiscard]] std::string word(std::string const& name, std::string const& otherwise) const {
    auto const at = words.find(name);
    return at == words.end() ? otherwise : at->second;
  }
  [[nodiscard]] double number(std::string const& name, double otherwise) const {
    auto const at = numbers.find(name);
    return at == numbers.end() ? otherwise : at->second;
  }
};

/// The fields of a message, one after the other.
class fields {
public:
  explicit fields(std::string_view message) : left_(message) {}
  bool next() {
    if (left_.empty()) {
      return false;
    }
    std::uint64_t const key = varint();
    number = key >> 3;
    switch (key & 7) {
    case 0:
      integer = varint();
      break;
    case 1:
      bytes = take(8);
      break;
    case 2:
      bytes = take(varint());
      break;
    case 5:
      bytes = take(4);
      break;
    default:
      throw std::runtime_error("a protobuf field of an unknown kind");
    }
    kind = key & 7;
    return true;
  }
  /// All integers of a repeated field: packed, or this one.
  [[nodiscard]] std::vector<std::uint64_t> integers() const {
    if (kind == 0) {
      return {integer};
    }
    std::vector<std::uint64_t> all;
    fields packed(bytes);
    while (!packed.left_.empty()) {
      all.push_back(packed.varint());
    }
    return all;
  }

  std::uint64_t number = 0;
  std::uint64_t kind = 0;
  std::uint64_t integer = 0;
  std::string_view bytes;

private:
  std::string_view take(std::uint64_t n) {
    if (n > left_.size()) {
      throw std::runtime_error("a protobuf message ends too early");
    }
    std::string_view const taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      auto const byte = static_cast<unsigned char>(take(1).front());
      value |= static_cast<std::uint64_t>(byte & 0x7fu) << shift;
      if (byte < 0x80u) {
        return value;
      }
    }
  }
  std::string_view left_;
};

inline std::string bytes_of(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline std::vector<float> floats_in(std::string_view bytes) {
  std::vector<float> all(bytes.size() / sizeof(float));
  if (!all.empty()) {
    std::memcpy(all.data(), bytes.data(), all.size() * sizeof(float));
  }
  return all;
}

/// A TensorProto; none if its numbers are not float.
inline std::optional<tensor> tensor_in(std::string_view message) {
  tensor t;
  std::uint64_t type = 0;
  for (fields f(message); f.next();) {
    if (f.number == 1) { // dims
      for (std::uint64_t const extent : f.integers()) {
        t.shape.push_back(static_cast<std::size_t>(extent));
      }
    } else if (f.number == 2) { // data_type
      type = f.integer;
    } else if (f.number == 4 || f.number == 9) { // float_data, raw_data
      auto const more = floats_in(f.bytes);
      t.values.insert(t.values.end(), more.begin(), more.end());
    }
  }
  return type == 1 ? std::optional(t) : std::nullopt;
}

/// The operator of a ModelProto; none if it has several.
inline std::optional<node> only_node(std::string_view model) {
  node n;
  std::size_t count = 0;
  for (fields m(model); m.next();) {
    if (m.number == 8) { // opset_import
      for (fields o(m.bytes); o.next();) {
        n.opset = o.number == 2 ? static_cast<std::int64_t>(o.integer) : n.opset;
      }
    }
    if (m.number != 7) { // graph
      continue;
    }
    for (fields g(m.bytes); g.next();) {
      if (g.number == 5) { // initializer
        std::string name;
        for (fields t(g.bytes); t.next();) {
          name = t.number == 8 ? std::string(t.bytes) : name;
        }
        if (auto const held = tensor_in(g.bytes)) {
          n.constants[name] = *held;
        }
      }
      if (g.number != 1) { // node
        continue;
      }
      ++count;
      for (fields f(g.bytes); f.next();) {
        if (f.number == 1) {
          n.inputs.emplace_back(f.bytes);
        } else if (f.number == 2) {
          n.outputs.emplace_back(f.bytes);
        } else if (f.number == 4) {
          n.operation = f.bytes;
        } else if (f.number == 5) { // attribute
          std::string name;
          for (fields a(f.bytes); a.next();) {
            if (a.number == 1) {
              name = a.bytes;
            } else if (a.number == 2) {
              n.numbers[name] = static_cast<double>(floats_in(a.bytes).at(0));
            } else if (a.number == 3) {
              n.numbers[name] = static_cast<double>(static_cast<std::int64_t>(a.integer));
            } else if (a.number == 4) {
              n.words[name] = a.bytes;
            } else if (a.number == 8) {
              for (std::uint64_t const one : a.integers()) {
                n.lists[name].push_back(static_cast<std::int64_t>(one));
              }
            } else if (a.number == 9) {
              n.word_lists[name].emplace_back(a.bytes);
            }
          }
        }
      }
    }
  }
  return count == 1 ? std::optional(n) : std::nullopt;
}

/// A model of one operator, its inputs and what they give. An input that is left out, or is not of float, is empty.
struct example {
  std::string name;
  node operation;
  std::vector<std::optional<tensor>> inputs;
  std::vector<std::optional<tensor>> outputs; ///< one for each of operation.outputs, empty where that has no name
};

/// The examples of single operators whose name `wanted` accepts, in the folder of ONNX's test vectors.
template <class Wanted> std::vector<example> examples_in(std::filesystem::path const& vectors, Wanted const& wanted) {
  std::vector<example> all;
  for (char const* const family : {"node", "pytorch-converted", "pytorch-operator"}) {
    std::filesystem::path const folder = vectors / family;
    if (!std::filesystem::is_directory(folder)) {
      continue;
    }
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
      std::string const model = bytes_of(entry.path() / "model.onnx");
      std::filesystem::path const data = entry.path() / "test_data_set_0";
      auto const operation = only_node(model);
      if (!operation || !wanted(operation->operation)) {
        continue;
      }
      // A tensor that has a name is in the next file; one without is left out.
      auto const read = [&](std::vector<std::string> const& names, std::string const& kind) {
        std::vector<std::optional<tensor>> found;
        std::size_t file = 0;
        for (std::string const& name : names) {
          std::filesystem::path const at = data / (kind + "_" + std::to_string(file) + ".pb");
          auto const held = operation->constants.find(name);
          if (kind == "input" && held != operation->constants.end()) {
            found.emplace_back(held->second);
          } else if (!name.empty() && std::filesystem::exists(at)) {
            found.push_back(tensor_in(bytes_of(at)));
            ++file;
          } else {
            found.emplace_back();
          }
        }
        return found;
      };
      all.push_back({entry.path().filename().string(), *operation, read(operation->inputs, "input"),
                     read(operation->outputs, "output")});
    }
  }
  return all;
}

} // namespace test::onnx
