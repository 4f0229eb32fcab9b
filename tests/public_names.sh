#!/bin/sh
# Prints every public name of satur's headers, one a line, separated by tabs: name, kind, header, first sentence of its
# doc comment. public_names.sh INCLUDE_DIR [HEADER…]
# Public is what is declared in namespace satur or one inside it, but for namespaces called detail. Declarations at
# namespace scope begin in the first column (clang-format), so that no parser is needed.
set -eu
cd "$1"
shift
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046 # header names have no spaces
  set -- $(find satur -name '*.hpp' | LC_ALL=C sort)
fi
exec awk '
  function open_namespaces(line,    words, n, i) { # "namespace satur { inline namespace SATUR_ABI { namespace theory {"
    gsub(/inline |SATUR_ABI|[{]/, " ", line)
    gsub(/namespace|::/, " ", line)
    n = split(line, words, " ")
    for (i = 1; i <= n; ++i) scope[++depth] = words[i]
    return n
  }
  function inside(    i, path) { # "theory::" within satur::theory, "-" where the names are no one else'"'"'s business
    path = ""
    for (i = 1; i <= depth; ++i) {
      if (scope[i] == "detail") return "-"
      if (i > 1) path = path scope[i] "::"
    }
    return depth == 0 || scope[1] != "satur" ? "-" : path
  }
  function sentence(    text, at) { # the first of the comment
    text = comment
    sub(/^\\file [^ ]+ +/, "", text)
    at = match(text, /[.:](  *[A-Z{]| *$)/)
    if (at) text = substr(text, 1, at - 1) "."
    gsub(/\|/, "\\|", text)
    sub(/ +$/, "", text)
    return text
  }
  function found(name, kind,    where) {
    where = inside()
    if (where == "-" || name == "" || name ~ /^operator/ || seen[FILENAME, where name]++) return
    printf "%s%s\t%s\t%s\t%s\n", where, name, kind, FILENAME, sentence()
  }

  FNR == 1 { depth = groups = forward = 0; comment = ""; declaration = "" }
  /^(inline )?namespace [a-z_]+( *=|.*;$)/ && !/[{]/ { next }
  /^(inline )?namespace / && /[{]/ { line = $0; sub(/ *\/\/.*/, "", line); opened[++groups] = open_namespaces(line); comment = ""; next }
  /^}+ \/\/ namespace/ { if (groups > 0) depth -= opened[groups--]; comment = ""; next }
  /^\/\/\// { line = $0; sub(/^\/\/\/ ?/, "", line); if (line == "") blank = 1; if (!blank) comment = comment (comment == "" ? "" : " ") line; next }
  /^(template <[^>]*> )?(struct|class) [a-z_]+;$/ && comment == "" { forward = FNR; declaration = ""; comment = ""; next }
  /^}$/ && forward == FNR - 1 { depth -= opened[groups--]; next } # a namespace of nothing but forward declarations
  /^(public|protected|private):/ { declaration = ""; comment = ""; next }
  /^$/ { comment = ""; blank = 0; declaration = ""; next }
  /^#define SATUR_[A-Z_0-9]+/ { next }
  /^[#}]/ || /^ / || /^\/\// {
    if (pending && /^ /) { declaration = declaration " " $0; if ($0 ~ /[;{(=]/) take() }
    next # below template<...>: a requires clause
  }
  { declaration = declaration (declaration == "" ? "" : " ") $0; pending = !/^template <.*>$/; if ($0 !~ /^template/ || /[;{]$/ ) { if ($0 ~ /[;{(=]/) take() } }

  function take(    text, name) {
    text = declaration
    blank = pending = 0
    gsub(/decltype\(auto\)/, "auto", text)
    while (match(text, /\[\[[^]]*\]\]/)) text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
    while (match(text, /template *<[^<>]*(<[^<>]*(<[^<>]*>[^<>]*)*>[^<>]*)*>/)) text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
    sub(/^ +/, "", text)
    if (text ~ /^(friend|using namespace|static_assert|extern|explicit|SATUR_DIAGNOSTIC)/) { declaration = ""; comment = ""; return }
    if (text ~ /(^| )concept /) { sub(/.*concept +/, "", text); sub(/[^a-z_0-9A-Z].*/, "", text); found(text, "concept") }
    else if (text ~ /^using [a-zA-Z_0-9]+ *=/) { sub(/^using +/, "", text); sub(/ *=.*/, "", text); found(text, "type") }
    else if (text ~ /^using /) { sub(/;.*/, "", text); sub(/.*::/, "", text); found(text, "name") }
    else if (text ~ /^(struct|class|enum class|enum) /) {
      kind = text ~ /enum/ ? "enumeration" : "type"
      specialization = text
      sub(/^.*(struct|class|enum) +/, "", text)
      if (text ~ /^[a-zA-Z_0-9]+</) { declaration = ""; comment = ""; return }
      sub(/[^a-z_0-9A-Z].*/, "", text)
      found(text, kind)
    } else {
      name = text
      if (name ~ /^[^(]*=/ || name !~ /\(/ || name ~ /^(inline )?constexpr [^(]*[{]/) { # a constant
        sub(/ *[=;{].*/, "", name)
        sub(/.*[ &*>]/, "", name)
        found(name, "constant")
      } else {
        sub(/ *\(.*/, "", name)
        if (name ~ />$/) { declaration = ""; comment = ""; return }
        sub(/.*[ &*]/, "", name)
        if (name !~ /::/ && name ~ /^[a-z_]/) found(name, "function")
      }
    }
    declaration = ""
    comment = ""
  }
' "$@"
