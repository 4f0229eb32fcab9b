#!/usr/bin/env bash
# Opens a page of write_html in headless Chromium: no error, hover, keys, sorting and the theme work; and takes pictures.
#   tests/page_in_browser.sh PAGE [DIR]    pictures go to DIR (build/page): light, dark, and 400 pixels wide
#   tests/page_in_browser.sh               makes the page of the main job first
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source cmake/scripts.sh
need build browser
pictures=${2-build/page}
mkdir -p "$pictures"
page=${1-}
if [ -z "$page" ]; then
  page=$pictures/main_job.html
  ./examples/run.sh --html "$page" >"$pictures/main_job.txt"
fi
page=$(realpath "$page")

browser() {
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$(realpath "$pictures")/profile" "$@" 2>"$pictures/browser.txt"
}

# What a reader does, as a script that runs after the page's own.
watched=$(realpath "$pictures")/watched.html
awk '
  /<script>/ && !seen { seen = 1; sub(/<script>/, "<script>window.faults=[];onerror=function(m){faults.push(m)};console.error=function(m){faults.push(String(m))};</script><script>") }
  { print }
' "$page" | sed 's|</body></html>||' >"$watched"
cat >>"$watched" <<'SCRIPT'
<script>
function must(holds, what) { if (!holds) { faults.push(what); } }
try {
var chart = document.querySelector("svg[data-x]");
var box = chart.getBoundingClientRect();
chart.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width / 2, clientY: box.top + 20, bubbles: true }));
var tip = document.querySelector(".tip");
must(tip && /^step \d+\n/.test(tip.textContent), "hover shows no numbers");
chart.dispatchEvent(new PointerEvent("pointerleave"));
must(!document.querySelector(".tip"), "the numbers stay after the pointer left");
chart.focus();
must(document.activeElement === chart, "a chart takes no focus");
chart.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
var first = document.querySelector(".tip").textContent;
chart.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
must(document.querySelector(".tip").textContent !== first, "the arrow keys do not move");
chart.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
must(!document.querySelector(".tip"), "Escape does not close");
var table = document.querySelector("table.sort"), heads = Array.from(table.tHead.rows[0].cells);
var column = heads.findIndex(function (h) { return h.textContent === "mean_slope"; });
function values() { return Array.from(table.tBodies[0].rows).map(function (r) { return r.cells[column].dataset.v; }).filter(Boolean).map(Number); }
function ascending(v) { return v.every(function (x, i) { return i === 0 || v[i - 1] <= x; }); }
heads[column].click();
must(values().length > 1 && ascending(values()), "the table is not sorted");
heads[column].dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
must(ascending(values().reverse()), "the table is not sorted backward by the Enter key");
var before = getComputedStyle(document.body).backgroundColor;
document.getElementById("theme").click();
must(getComputedStyle(document.body).backgroundColor !== before, "the theme does not change");
must(document.documentElement.scrollWidth <= innerWidth, "the page is wider than the window");
must(performance.getEntriesByType("resource").length === 0, "the page loads something");
} catch (error) { faults.push(String(error)); }
document.body.innerHTML = "<p id=outcome>" + (faults.length ? faults.join("; ") : "as it should be") + "</p>";
</script></body></html>
SCRIPT
for width in 1200 500; do # the narrowest window that Chromium opens
  outcome=$(browser --window-size=$width,900 --virtual-time-budget=3000 --dump-dom "file://$watched" | sed -n 's|.*<p id="outcome">\(.*\)</p>.*|\1|p')
  if [ "$outcome" != "as it should be" ]; then
    say "$page at $width pixels: ${outcome:-the browser did not run; see $pictures/browser.txt}"
    exit 1
  fi
done

browser --window-size=1200,4200 --screenshot="$pictures/light.png" "file://$page"
browser --window-size=1200,4200 --blink-settings=preferredColorScheme=0 --screenshot="$pictures/dark.png" "file://$page"
# A frame of 400 pixels: the window itself cannot be that narrow.
printf '<!DOCTYPE html><style>body{margin:0}iframe{border:0;width:400px;height:4200px}</style><iframe src="file://%s"></iframe>' "$page" >"$pictures/narrow.html"
browser --window-size=500,4200 --allow-file-access-from-files --screenshot="$pictures/narrow.png" "file://$(realpath "$pictures")/narrow.html"
rm -r "$pictures/profile"
say "$page: no error; hover, keys, sorting and theme work; pictures in $pictures"
