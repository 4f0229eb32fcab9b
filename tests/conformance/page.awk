# Writes a part of docs/conformance.md from the lines of the programs (conformance.hpp says what stands in them):
#   awk -v part=summary|tables|ours -f page.awk LINES
# summary: a row for each library; tables: a row for each of its functions; ours: fails, and says why, if a row of satur is
# outside of its contract. Besides the programs' lines there may be: missing NAME REASON.
BEGIN {
  FS = "\t"
  split("value slope", kinds, " ")
  split("float double", types, " ")
}

# ulp, as text; infinity is printed in words.
function size(x) { return x == "inf" || x + 0 > 1e300 ? 1e300 : x + 0 }
function ulp(x) { return x >= 1e300 ? "infinite" : x < 9999.5 ? sprintf("%.2f", x) : sprintf("%.1e", x) }
function limit(type) { return type == "double" ? 4 : 2 }
function within(type, worst, zeros, signs, specials) { # zeros: those that count
  return worst <= limit(type) && zeros + signs + specials == 0
}

$1 == "library" {
  name = $2
  full = $2 ($3 == "" ? "" : ", " $3)
  if (!(full in version)) {
    libraries[++n_libraries] = full
    version[full] = $4
    notes[full] = $5
  }
  next
}
$1 == "missing" {
  missing[++n_missing] = $2 ": " $3
  next
}
$1 == "row" {
  activation = $2
  kind = $3 == "slope_y" ? "slope" : $3
  type = $4
  text = $5 ($3 == "slope_y" ? ", from y" : "")
  middle = size($7)
  worst = size($8)

  # for the summary
  ++rows[full]
  if (within(type, worst, $10 - $11, $12, $13)) ++right[full]
  if (middle <= limit(type)) ++right_middle[full]
  if (worst > most[full, kind, type] || !((full, kind, type) in most)) most[full, kind, type] = worst
  if ($10 - $11 > 0) ++with_zeros[full]
  if ($11 > 0) ++with_flushed[full]
  if ($12 > 0) ++with_signs[full]
  if ($13 > 0) ++with_specials[full]
  if ($14 > 0) ++with_place[full]

  if (name == "satur" && !within(type, worst, $10, $12, $13)) {
    wrong[++n_wrong] = full ", " activation ", " $3 ", " type ": " ulp(worst) " ulp at z = " $9 ", " $10 " false zeros, " \
      $12 " wrong signs, " $13 " wrong NaN or infinity"
  }

  # for the tables: the variants of a library share a row, which has the worst of them
  if (!(activation in known)) {
    known[activation] = 1
    activations[++n_activations] = activation
  }
  key = activation SUBSEP kind SUBSEP type
  line = key SUBSEP name SUBSEP text
  if (!(line in row_of)) {
    row_of[line] = ++count[key]
    cell[key, count[key]] = line
    library_of[line] = name
    text_of[line] = text
    highest[line] = -1
  }
  if (worst > highest[line]) {
    highest[line] = worst
    at[line] = $9
  }
  if (middle > middle_of[line] + 0) middle_of[line] = middle
  # Which function it is, the row says; elu and celu, for one, are the same with alpha = 1.
  if (!within(type, worst, $10, $12, $13) && $15 !~ /are different functions$/) cause_of[line] = $15
  if ($10 - $11 > zeros[line] + 0) zeros[line] = $10 - $11
  if ($11 > flushed[line] + 0) flushed[line] = $11
  if ($12 > signs[line] + 0) signs[line] = $12
  if ($13 > specials[line] + 0) specials[line] = $13
  if ($14 > place_matters[line] + 0) place_matters[line] = $14
  next
}
{
  printf "page.awk: line %d is no line of a program: %s\n", NR, $0 >"/dev/stderr"
  bad = 1
  exit
}

function summary(    i, l) {
  print "| library | version | rows | right | accurate for \\|z\\| < 5 | worst ulp: float, value | slope | double, value | slope | rows with false zeros | flushed zeros | wrong signs | NaN or infinity | place |"
  print "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
  for (i = 1; i <= n_libraries; ++i) {
    l = libraries[i]
    printf "| %s | %s | %d | %d | %d | %s | %s | %s | %s | %d | %d | %d | %d | %d |\n", l, version[l], rows[l], right[l], right_middle[l], \
      figure(l, "value", "float"), figure(l, "slope", "float"), figure(l, "value", "double"), figure(l, "slope", "double"), \
      with_zeros[l], with_flushed[l], with_signs[l], with_specials[l], with_place[l]
  }
  print ""
  for (i = 1; i <= n_libraries; ++i) if (notes[libraries[i]] != "") printf "- %s: %s.\n", libraries[i], notes[libraries[i]]
  for (i = 1; i <= n_missing; ++i) printf "- Not on this page: %s.\n", missing[i]
}
function figure(l, kind, type) {
  if ((l, kind, type) in most) return ulp(most[l, kind, type])
  return "-"
}

function tables(    t, k, a, i, key, line) {
  for (t = 1; t <= 2; ++t) for (k = 1; k <= 2; ++k) {
    printf "%s### %s, %s\n\n", (t + k == 2 ? "" : "\n"), (t == 1 ? "Float" : "Double"), kinds[k]
    print "| activation | library | function | worst ulp, \\|z\\| < 5 | worst ulp | at z | false zeros | flushed | wrong signs | NaN or infinity | place | cause |"
    print "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for (a = 1; a <= n_activations; ++a) {
      key = activations[a] SUBSEP kinds[k] SUBSEP types[t]
      for (i = 1; i <= count[key]; ++i) {
        line = cell[key, i]
        gsub(/\|/, "\\|", text_of[line])
        printf "| %s | %s | `%s` | %s | %s | %s | %d | %d | %d | %d | %s | %s |\n", activations[a], library_of[line], text_of[line], \
          ulp(middle_of[line]), ulp(highest[line]), highest[line] == 0 ? "-" : at[line], zeros[line], flushed[line], signs[line], specials[line], \
          place_matters[line] ? "yes" : "-", numbered(cause_of[line])
      }
    }
  }
  if (n_causes > 0) print "\n### Causes\n"
  for (i = 1; i <= n_causes; ++i) printf "%d. %s.\n", i, causes[i]
}
function numbered(cause) {
  if (cause == "") return "-"
  if (!(cause in number)) {
    causes[++n_causes] = cause
    number[cause] = n_causes
  }
  return number[cause]
}

END {
  if (bad) exit 1
  if (part == "summary") summary()
  if (part == "tables") tables()
  if (part == "ours") {
    for (i = 1; i <= n_wrong; ++i) print "outside of the contract: " wrong[i]
    if (!n_activations) print "there are no rows"
    exit n_wrong > 0 || !n_activations
  }
}
