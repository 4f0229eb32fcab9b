#!/bin/sh
# Checks the layering of satur's headers: check_layers.sh INCLUDE_DIR
#   a header includes its own row or a row above it, and there are no cycles;
#   tensor/compat.hpp alone names xtensor's headers, simd/ alone xsimd or the compiler's vector types;
#   adapt/ alone names Eigen's, libtorch's and MPI's, each of its headers one of them; it has no umbrella;
#   what is in a namespace of satur is in its ABI namespace;
#   error.hpp alone throws and catches; NaN and infinity are told by their bits;
#   each header of a family is in its umbrella, and each umbrella in satur.hpp;
#   a folder holds at most 14 headers (lists of one of a kind excepted), a header at most 250 lines; every row has a header.
# check_layers.sh --self-test DIR: every one of these rules detects a header that breaks it.
set -eu

check() { # INCLUDE_DIR [complete]: whether every row must have a header
  (cd "$1" && find satur -name '*.hpp' | LC_ALL=C sort) | awk -v root="$1" -v complete="${2-}" '
    function fail(message) { print message; failures++ }

    function folder(header) { # satur/math/exp.hpp -> math, satur/math.hpp -> math
      sub(/^satur\//, "", header)
      if (header ~ /\//) sub(/\/.*/, "", header); else sub(/\.hpp$/, "", header)
      return header
    }

    function follow(header,    i, n, next_headers) { # depth first; a header met again on the way down closes a cycle
      state[header] = "open"
      n = split(includes[header], next_headers, " ")
      for (i = 1; i <= n; ++i) {
        if (state[next_headers[i]] == "open") fail(header ": includes " next_headers[i] ", which leads back to it")
        else if (state[next_headers[i]] == "") follow(next_headers[i])
      }
      state[header] = "done"
    }

    BEGIN {
      split("version 0 config 0 error 0 simd 1 math 1 text 1 activation 2 array 2 statistics 2 rule 3 format 3 record 3 observe 4 " \
            "gated 5 rowwise 5 reading 5 initializer 5 theory 5 monitor 6 finding 7 testing 7 report 8 tensor 8 layer 9 loss 9 optimizer 9 " \
            "adapt 10 deprecated 10 diagnostic 10 satur 11", words, " ")
      for (i = 1; i in words; i += 2) row[words[i]] = words[i + 1]
      most_headers = 14
      most_lines = 250
    }

    {
      header = $0
      own = folder(header)
      headers[++count] = header
      exists[header] = 1
      if (header == "satur/adapt.hpp") fail(header ": each bridge is included by its own header; there is no umbrella")
      if (!(own in row)) fail(header ": " own " has no row in the design; give it one in tests/check_layers.sh")
      once = 0
      in_comment = 0
      lines = 0
      place = header
      sub(/\/[^\/]*$/, "", place)
      if (place != "satur" && ++held[place] == most_headers + 1 && place !~ /^satur\/(activation|initializer|layer|rule)$/)
        fail(place ": holds more than " most_headers " headers; split the folder by idea")
      populated[own] = 1
      while ((getline line < (root "/" header)) > 0) {
        ++lines
        if (line ~ /^#pragma once/) once = 1
        included = ""
        if (match(line, /^[ \t]*#[ \t]*include[ \t]*[<"][^>"]*[>"]/)) {
          included = substr(line, RSTART, RLENGTH)
          sub(/^[^<"]*[<"]/, "", included)
          sub(/[>"]$/, "", included)
          if (line ~ /"/ && included !~ /^satur\//) fail(header ": includes \"" included "\", which lacks satur/ in front")
        }
        if (included ~ /^satur\//) {
          includes[header] = includes[header] " " included
          other = folder(included)
          if (own in row && other in row) {
            if (row[other] > row[own] && header ~ /\/.*\//) # an umbrella may include what lies below it
              fail(header ": row " row[own] " includes " included " of row " row[other])
            if (own == "report" && other == "tensor") fail(header ": report needs no xtensor, so not " included)
            if ((other == "adapt" || other == "testing") && own != other)
              fail(header ": " other " is opt-in, so no header includes " included)
          }
        }
        if (included ~ /^(xtensor|xtensor-blas|xtl|xflens)\// && header != "satur/tensor/compat.hpp")
          fail(header ": tensor/compat.hpp alone includes " included)
        party = included ~ /^(unsupported\/)?Eigen\// ? "Eigen" : included ~ /^(torch|ATen|c10|caffe2)\// ? "libtorch" : \
                included == "mpi.h" ? "MPI" : included ~ /^armadillo/ ? "Armadillo" : ""
        if (party != "" && own != "adapt") fail(header ": adapt/ alone includes " included)
        if (party != "" && (header in bridged) && bridged[header] != party)
          fail(header ": bridges " bridged[header] ", so it does not include " included)
        if (party != "") bridged[header] = party
        code = line
        if (in_comment) { if (!sub(/^.*\*\//, "", code)) code = ""; else in_comment = 0 }
        sub(/\/\/.*/, "", code)
        gsub(/\/\*[^*]*\*\//, "", code)
        if (code ~ /\/\*/) { sub(/\/\*.*/, "", code); in_comment = 1 }
        gsub(/"([^"\\]|\\.)*"/, "", code)
        if (code ~ /(<xsimd\/|(^|[^A-Za-z_])xsimd::|vector_size|__m(128|256|512)|<immintrin|<arm_neon)/ &&
            header !~ /^satur\/simd\//)
          fail(header ": simd/ alone names xsimd or vector types: " line)
        # clang takes "namespace satur::detail" for one outside of the inline namespace, g++ for the one inside.
        if (code ~ /^ *namespace satur::/ && code !~ /^namespace satur::(inline SATUR_ABI::|process )/)
          fail(header ": write namespace satur::inline SATUR_ABI::…: " line)
        if (code ~ /(^|[^A-Za-z_])(throw|try|catch)([^A-Za-z_]|$)/ && header != "satur/error.hpp")
          fail(header ": error.hpp alone throws and catches (detail::raise, with_words_of): " line)
        if (code ~ /std::(isnan|isinf|isfinite|isnormal|fpclassify)([^A-Za-z_]|$)/)
          fail(header ": -ffast-math answers that without looking; by the bits (detail::is_nan, is_finite): " line)
      }
      close(root "/" header)
      if (lines > most_lines) fail(header ": " lines " lines, allowed are " most_lines "; does it hold two ideas?")
      if (!once) fail(header ": #pragma once is missing")
    }

    END {
      for (i = 1; i <= count; ++i) {
        n = split(includes[headers[i]], list, " ")
        for (k = 1; k <= n; ++k) if (!(list[k] in exists)) fail(headers[i] ": includes " list[k] ", which does not exist")
        if (state[headers[i]] == "") follow(headers[i])
      }
      for (i = 1; i <= count; ++i) {
        parts = split(headers[i], path, "/")
        umbrella = parts > 2 ? "satur/" path[2] ".hpp" : "satur/satur.hpp"
        if (umbrella == headers[i] || path[2] ~ /^adapt/ || headers[i] == "satur/testing.hpp" || headers[i] ~ /\/detail\//) continue
        if (parts == 2 && row[folder(headers[i])] < 1 && !(umbrella in exists)) continue
        reached = reach(umbrella) (path[2] == "observe" ? reach("satur/diagnostic.hpp") : "")
        if (index(reached, " " headers[i] " ") == 0) fail(headers[i] ": not reached from " umbrella)
      }
      for (name in row)
        if (complete && !(name in populated) && name != "adapt") fail(name ": the row has no header")
      if (failures) { print failures " failures in " count " headers"; exit 1 }
      print count " headers keep to their rows"
    }

    function reach(header) { # every header that this one brings in, itself included
      if (!(header in reached_from)) { seen = " "; walk(header); reached_from[header] = seen }
      return reached_from[header]
    }
    function walk(header,    i, n, list) {
      if (index(seen, " " header " ")) return
      seen = seen header " "
      n = split(includes[header], list, " ")
      for (i = 1; i <= n; ++i) walk(list[i])
    }
  '
}

self_test() { # DIR
  rm -rf "$1/layers_self_test"
  mkdir -p "$1/layers_self_test"
  cd "$1/layers_self_test"
  good() {
    rm -rf satur
    mkdir -p satur/math satur/activation satur/diagnostic satur/tensor satur/report satur/testing satur/adapt
    put() { printf '#pragma once\n%s\n' "$2" >"satur/$1"; }
    put version.hpp ''
    put math/exp.hpp '#include <satur/version.hpp>'
    put math.hpp '#include <satur/math/exp.hpp>'
    put activation/tanh.hpp '#include <satur/math/exp.hpp>'
    put activation.hpp '#include <satur/activation/tanh.hpp>'
    put diagnostic.hpp '#include <satur/activation.hpp>'
    put tensor/compat.hpp '#include <xtensor/xtensor.hpp>'
    put tensor.hpp '#include <satur/tensor/compat.hpp>'
    put report.hpp '#include <satur/diagnostic.hpp>'
    put adapt/eigen.hpp '#include <satur/math.hpp>
#include <Eigen/Core>
#include <Eigen/Dense>' # reached from no umbrella
    put satur.hpp '#include <satur/math.hpp>
#include <satur/report.hpp>
#include <satur/tensor.hpp>'
  }
  must_fail() { # MESSAGE [complete]
    if output=$(check "$PWD" "${2-}"); then
      echo "not caught: $1"
      exit 1
    fi
    case $output in *"$1"*) ;; *)
      echo "expected '$1' in: $output"
      exit 1
      ;;
    esac
    good
  }
  good
  check "$PWD"
  put math/exp.hpp '#include <satur/activation/tanh.hpp>' && must_fail 'row 1 includes satur/activation/tanh.hpp of row 2'
  put math/exp.hpp '#include <satur/math.hpp>' && must_fail 'which leads back to it'
  put activation/tanh.hpp '#include <xtensor/xtensor.hpp>' && must_fail 'tensor/compat.hpp alone includes'
  put activation/tanh.hpp 'using b = xsimd::batch<float>;' && must_fail 'simd/ alone names'
  put activation/tanh.hpp 'namespace satur::detail {' && must_fail 'write namespace satur::inline SATUR_ABI'
  put activation/tanh.hpp 'int f() { throw 1; }' && must_fail 'error.hpp alone throws'
  put activation/tanh.hpp 'bool f(double x) { return std::isnan(x); }' && must_fail 'by the bits'
  put testing/ulp.hpp 'bool f(double x) { return std::isfinite(x); }' && must_fail 'by the bits'
  put activation/relu.hpp '' && must_fail 'satur/activation/relu.hpp: not reached from satur/activation.hpp'
  put loss.hpp '' && must_fail 'satur/loss.hpp: not reached from satur/satur.hpp'
  put report/csv.hpp '#include <satur/tensor.hpp>' && must_fail 'report needs no xtensor'
  put tensor.hpp '#include <satur/tensor/lost.hpp>' && must_fail 'which does not exist'
  put math.hpp '#include <Eigen/Core>' && must_fail 'adapt/ alone includes Eigen/Core'
  put report.hpp '#include <torch/torch.h>' && must_fail 'adapt/ alone includes torch/torch.h'
  put tensor.hpp '#include <mpi.h>' && must_fail 'adapt/ alone includes mpi.h'
  put adapt/torch.hpp '#include <ATen/ATen.h>
#include <mpi.h>' && must_fail 'bridges libtorch, so it does not include mpi.h'
  put adapt.hpp '#include <satur/adapt/eigen.hpp>' && must_fail 'there is no umbrella'
  put report.hpp '#include <satur/adapt/eigen.hpp>' && must_fail 'adapt is opt-in'
  put novel.hpp '' && must_fail 'novel has no row'
  put math.hpp '#include "math/exp.hpp"' && must_fail 'lacks satur/ in front'
  : >satur/math/exp.hpp && must_fail '#pragma once is missing'
  must_fail 'text: the row has no header' complete
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do put "math/f$i.hpp" ''; done && must_fail 'holds more than 14 headers'
  put math/exp.hpp "$(seq 250 | sed 's|^|// |')" && must_fail '251 lines, allowed are 250'
  echo "every rule catches its breach"
}

case ${1-} in
--self-test) self_test "$2" ;;
*) check "${1:?check_layers.sh INCLUDE_DIR}" complete ;;
esac
