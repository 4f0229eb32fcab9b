/// \file report/html/assets.hpp  The style sheet and the script of a page.
#pragma once

#include "satur/config.hpp"

#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// Colors follow the reader's setting; the page's button sets data-theme.
inline constexpr std::string_view page_style = R"css(
:root{--bg:#fff;--fg:#1c2330;--soft:#5a6475;--line:#dde2ea;--card:#f6f8fb;--bar:#9db8e8;--alarm:#c0282d;--warning:#a65f00;--note:#2b62b8;color-scheme:light}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){--bg:#12161d;--fg:#e6eaf1;--soft:#9aa6b8;--line:#2b3442;--card:#1a202a;--bar:#3d5f99;--alarm:#ff7a7d;--warning:#f0b04f;--note:#82b1ff;color-scheme:dark}}
:root[data-theme=dark]{--bg:#12161d;--fg:#e6eaf1;--soft:#9aa6b8;--line:#2b3442;--card:#1a202a;--bar:#3d5f99;--alarm:#ff7a7d;--warning:#f0b04f;--note:#82b1ff;color-scheme:dark}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:1rem 1rem 3rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2.2rem 0 .4rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:.2rem 0}
p{margin:.3rem 0 .6rem;max-width:75ch}.soft,figcaption,caption{color:var(--soft)}
.verdict{font-size:1.15rem;margin:.6rem 0}
.finding{border-left:4px solid var(--note);background:var(--card);padding:.5rem .8rem;margin:.6rem 0}
.finding.alarm{border-color:var(--alarm)}.finding.warning{border-color:var(--warning)}
.finding b{color:var(--note)}.finding.alarm b{color:var(--alarm)}.finding.warning b{color:var(--warning)}
.scroll{overflow-x:auto}.wide svg{min-width:520px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.4rem 0}
caption{text-align:left;padding:.2rem 0}
th,td{padding:.15rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--bg)}th[role]{cursor:pointer}th[aria-sort=ascending]::after{content:" \25B2"}th[aria-sort=descending]::after{content:" \25BC"}
figure{margin:.6rem 0;position:relative}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:.8rem}.grid figure{background:var(--card);padding:.5rem;margin:0}
svg{width:100%;height:auto;display:block;font:11px system-ui,sans-serif}
svg text{fill:var(--soft)}svg .l{font-size:12px}svg .n{font-size:10px}
.g{stroke:var(--line)}.a{stroke:var(--soft)}.d{stroke:var(--soft);stroke-dasharray:3 3}.e{stroke:var(--alarm);stroke-dasharray:2 3}
.s{fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}.b{fill:var(--bar)}.f{fill:none;stroke:var(--line)}
.v{fill:none;stroke:var(--fg);stroke-width:1.4}.w{fill:none;stroke:var(--alarm);stroke-width:1.4}
.cursor{stroke:var(--fg);stroke-opacity:.5}
.tip{position:absolute;top:1.4rem;pointer-events:none;background:var(--bg);border:1px solid var(--line);padding:.2rem .5rem;font-size:12px;white-space:pre;z-index:1}
details{margin:.2rem 0 .8rem}summary{cursor:pointer;color:var(--soft)}
dt{font-weight:600;margin-top:.4rem}dd{margin:0 0 0 1.2rem}
button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:4px;padding:.1rem .6rem;float:right}
:focus-visible{outline:2px solid var(--note)}
.h1{stroke-opacity:.06}.h2{stroke-opacity:.12}.h3{stroke-opacity:.18}.h4{stroke-opacity:.24}.h5{stroke-opacity:.3}.h6{stroke-opacity:.36}.h7{stroke-opacity:.42}.h8{stroke-opacity:.5}.h9{stroke-opacity:.56}.h10{stroke-opacity:.62}.h11{stroke-opacity:.7}.h12{stroke-opacity:.76}.h13{stroke-opacity:.82}.h14{stroke-opacity:.88}.h15{stroke-opacity:.94}.h16{stroke-opacity:1}
[class^=h]{fill:none;stroke:var(--alarm);stroke-width:1.02}
@media print{:root,:root[data-theme=dark]{--bg:#fff;--fg:#000;--soft:#444;--line:#ccc;--card:#fff;--bar:#9db8e8;--alarm:#c0282d;--warning:#a65f00;--note:#2b62b8;color-scheme:light}button,.tip{display:none}figure,.finding{break-inside:avoid}body{max-width:none}}
)css";

/// What a picture has that is shown alone: its own background, so that it can be read on any page. After page_style.
inline constexpr std::string_view picture_style = R"css(
svg{background:var(--bg)}svg .k{font-size:14px;font-weight:600;fill:var(--fg)}
)css";

/// Hover and arrow keys over charts, sorting of tables, light and dark. Without it the page is complete.
inline constexpr std::string_view page_script = R"js(
(function () {
  var doc = document, root = doc.documentElement;
  var button = doc.getElementById("theme");
  button.hidden = false;
  button.onclick = function () {
    var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  };
  doc.querySelectorAll("table.sort").forEach(function (table) {
    var heads = table.tHead.rows[0].cells, body = table.tBodies[0];
    Array.prototype.forEach.call(heads, function (head, column) {
      function key(row) {
        var cell = row.cells[column], text = cell.dataset.v === undefined ? cell.textContent : cell.dataset.v;
        return text === "" || isNaN(text) ? (column === 0 ? text : -Infinity) : Number(text);
      }
      function sort() {
        var down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        Array.prototype.forEach.call(heads, function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down < 0 ? "descending" : "ascending");
        Array.prototype.slice.call(body.rows).sort(function (a, b) {
          var x = key(a), y = key(b);
          return down * (x < y ? -1 : x > y ? 1 : 0);
        }).forEach(function (row) { body.appendChild(row); });
      }
      head.tabIndex = 0;
      head.setAttribute("role", "button");
      head.onclick = sort;
      head.onkeydown = function (e) { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); sort(); } };
    });
  });
  function digits(x) {
    var size = Math.abs(x);
    return size !== 0 && (size < 1e-3 || size >= 1e6) ? x.toExponential(2) : String(Number(x.toPrecision(4)));
  }
  doc.querySelectorAll("svg[data-x]").forEach(function (svg) {
    var x = svg.dataset.x.split(" ").map(Number), yData = svg.dataset.y.split(" "), y = yData.map(Number);
    var log = yData[4] === "log", lines = [], stops = {};
    svg.querySelectorAll("path[data-name]").forEach(function (path) {
      var points = [], pattern = /[ML](-?[\d.]+) (-?[\d.]+)/g, d = path.getAttribute("d"), m;
      while ((m = pattern.exec(d))) { points.push([Number(m[1]), Number(m[2])]); stops[m[1]] = 1; }
      lines.push({ name: path.dataset.name, points: points });
    });
    var places = Object.keys(stops).map(Number).sort(function (a, b) { return a - b; });
    if (!places.length) { return; }
    var figure = svg.closest("figure"), tip = null, line = null, at = -1;
    function value(p) {
      var share = (p - y[2]) / (y[3] - y[2]);
      return log ? y[0] * Math.pow(y[1] / y[0], share) : y[0] + share * (y[1] - y[0]);
    }
    function hide() { if (tip) { tip.remove(); line.remove(); tip = line = null; at = -1; } }
    function show(i) {
      hide();
      at = Math.max(0, Math.min(places.length - 1, i));
      var px = places[at], step = x[0] + (px - x[2]) / (x[3] - x[2]) * (x[1] - x[0]);
      var text = "step " + Math.round(step);
      lines.forEach(function (l) {
        l.points.forEach(function (p) { if (p[0] === px) { text += "\n" + l.name + "  " + digits(value(p[1])); } });
      });
      line = doc.createElementNS(svg.namespaceURI, "line");
      line.setAttribute("class", "cursor");
      line.setAttribute("x1", px); line.setAttribute("x2", px);
      line.setAttribute("y1", y[2]); line.setAttribute("y2", y[3]);
      svg.appendChild(line);
      tip = doc.createElement("div");
      tip.className = "tip";
      tip.setAttribute("role", "status");
      tip.textContent = text;
      figure.appendChild(tip);
      var left = px / svg.viewBox.baseVal.width * svg.clientWidth + 10;
      tip.style.left = Math.max(0, Math.min(left, svg.clientWidth - tip.offsetWidth)) + "px";
    }
    svg.onpointermove = function (e) {
      var box = svg.getBoundingClientRect(), px = (e.clientX - box.left) / box.width * svg.viewBox.baseVal.width, best = 0;
      places.forEach(function (p, i) { if (Math.abs(p - px) < Math.abs(places[best] - px)) { best = i; } });
      show(best);
    };
    svg.onpointerleave = hide;
    svg.onblur = hide;
    svg.onkeydown = function (e) {
      var step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
      if (e.key === "Escape") { hide(); }
      if (step) { e.preventDefault(); show(at < 0 ? (step > 0 ? 0 : places.length - 1) : at + step); }
    };
  });
})();
)js";

} // namespace satur::inline SATUR_ABI::detail
