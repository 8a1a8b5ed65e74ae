// The page of a layer: views, sorting, sizes, the cards beyond the first 48, linked ranks, keys.
"use strict";
convscope.whenReady(function () {
  var el = convscope.el, svg = convscope.svg, grid = document.getElementById("cards");
  var number = Number(grid.dataset.layer), data = convscope.store.layers[number];
  if (!data) return;
  var STEP = 48, SHOWN = { S: 36, M: 52 }, sheet = data.sheet;
  var DEFAULT = { view: "both", sort: "telling", size: innerWidth < 364 ? "S" : "M", show: "all" };
  var state = Object.assign({}, DEFAULT), list = [], made = 0;
  var count = document.getElementById("count"), none = document.getElementById("none");
  var drawn = data.drawn ? data.drawn.units : {}, marks = { weaker: 1, silent: 1, diverged: 1 };
  var sentinel = document.getElementById("sentinel"), filters = document.getElementById("filters");

  function score(channel) { return drawn[channel] && drawn[channel].w !== null ? drawn[channel].w : -1; }
  function isDrawn() { return state.view === "synthesis"; }
  function channels() {
    var order = data.order.slice(), units = data.units;
    if (isDrawn()) order = order.filter(function (channel) { return drawn[channel]; });
    if (state.sort === "score") order.sort(function (a, b) { return score(b) - score(a) || a - b; });
    if (state.sort === "number") order.sort(function (a, b) { return a - b; });
    if (state.sort === "peak") order.sort(function (a, b) { return units[b].m - units[a].m || a - b; });
    if (state.sort === "fires") order.sort(function (a, b) { return units[b].on - units[a].on || a - b; });
    return state.show === "all" ? order : order.filter(function (channel) {
      return marks[state.show] ? (drawn[channel] || {}).k === state.show : units[channel].k.indexOf(state.show) >= 0;
    });
  }
  // Where things lie at the size shown; at S and M the gaps are those of the drawn design.
  function shape() {
    var tile = SHOWN[state.size], gap = tile ? Math.max(1, Math.round(2 * tile / 52)) : sheet.gap;
    var middle = tile ? Math.max(2, Math.round(6 * tile / 52)) : sheet.middle;
    var block = sheet.across * (tile || sheet.tile) + (sheet.across - 1) * gap;
    return { tile: tile || sheet.tile, gap: gap, middle: middle, block: block, height: block, width: 2 * block + middle };
  }

  function card(channel) {
    var one = isDrawn() ? synthesis(channel) : data.units[channel], link = convscope.unitLink(number, channel);
    var plate = el("a", { class: "plate", tabindex: "-1", href: link }, [
      one.s ? el("img", { class: one.x ? "pixel" : null, src: convscope.root + one.s, alt: one.a, loading: "lazy", decoding: "async" }) : svg("svg", { class: "plain", role: "img", "aria-label": one.a }),
      one.c ? el("span", { class: one.s ? "chip left" : "chip" }, one.c) : null
    ]);
    return el("article", { class: "card " + one.k[0].replace(/ /g, "-"), id: "c" + channel }, [
      el("div", { class: "top" }, [
        el("h2", {}, el("a", { href: link }, String(channel)))
      ].concat(one.b.map(convscope.badge), [
        one.mark ? el("span", { class: "badge", "data-show": one.mark, title: one.say }, one.mark) : null,
        el("span", { class: "peak" }, one.p)
      ])),
      plate, el("p", { class: "foot", title: one.say && isDrawn() ? one.say : null }, one.f)
    ]);
  }
  // The same words for a card that shows the synthesized picture.
  function synthesis(channel) {
    var one = data.units[channel], made = drawn[channel];
    return { k: one.k, b: one.b, s: made.i, a: made.a, p: made.p, f: made.f, mark: made.k, say: made.say, x: zoom() > 1, c: made.i ? "" : "no start woke it" };
  }
  function zoom() {
    var most = Math.max(data.drawn.size[0], data.drawn.size[1]), room = shape().block;
    return most > room ? room / most : Math.floor(room / most);
  }
  function fit(node) {
    var picture = node.querySelector(".plate > img, .plate > .plain");
    var made = isDrawn() && picture.tagName === "IMG", side = isDrawn() ? shape().block : shape().width;
    if (made) picture.classList.toggle("pixel", zoom() > 1);
    picture.setAttribute("width", made ? Math.round(data.drawn.size[1] * zoom()) : side);
    picture.setAttribute("height", made ? Math.round(data.drawn.size[0] * zoom()) : shape().height);
    node.querySelector("h2 a").tabIndex = -1;
  }
  function more() {
    list.slice(made, made + STEP).forEach(function (channel) { var node = card(channel); fit(node); grid.append(node); });
    made = Math.min(made + STEP, list.length);
    said();
  }
  function near() {
    if (state.view === "filters" || !sentinel) return;
    while (made < list.length && sentinel.getBoundingClientRect().top < innerHeight + 900) more();
  }
  function said() {
    var all = data.units.length, kind = state.show === "all" ? "" : " " + state.show;
    count.textContent = made + " of " + list.length + (isDrawn() && !kind ? " synthesized" : kind) + (kind || list.length < all ? ", " + all + " in all" : "");
  }
  function measure() {
    var now = shape(), narrow = state.view !== "both";
    grid.style.setProperty("--block", now.block + "px");
    grid.style.setProperty("--middle", now.middle + "px");
    grid.style.setProperty("--card", (narrow ? Math.max(now.block + 6, 116) : now.width + 6) + "px");
  }
  function draw() {
    list = channels(); made = 0;
    grid.replaceChildren();
    dress();
    more();
    none.hidden = list.length > 0;
    rove(0);
  }
  function dress() {
    grid.dataset.view = document.body.dataset.view = state.view;
    grid.dataset.size = state.size;
    measure();
    grid.querySelectorAll(".card").forEach(fit);
    document.querySelectorAll("[data-view][aria-pressed]").forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.view === state.view)); });
    document.querySelectorAll("[data-size][aria-pressed]").forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.size === state.size)); });
    document.getElementById("sort").value = state.sort;
    if (document.getElementById("show")) document.getElementById("show").value = state.show;
    if (filters) filters.classList.toggle("on", state.view === "filters");
    document.querySelector(".tools").dataset.now = state.view;
  }
  function keep() {
    var kept = {};
    Object.keys(DEFAULT).forEach(function (key) { if (state[key] !== DEFAULT[key]) kept[key] = state[key]; });
    var here = current();
    if (here) kept.at = here.id.slice(1);
    convscope.write(kept, ["view", "sort", "size", "show", "at"]);
  }
  function set(key, value, redraw) {
    var here = current(), was = isDrawn(), at;
    state[key] = value;
    if (redraw || was !== isDrawn()) {
      draw();
      at = here ? list.indexOf(Number(here.id.slice(1))) : -1;
      if (at >= 0) go(at);
    } else { dress(); rove(0, true); }
    near();
    keep();
  }

  // One tab stop for the whole grid.
  function cards() { return [].slice.call(grid.querySelectorAll(".card")); }
  function current() { return document.activeElement && document.activeElement.closest ? document.activeElement.closest("#cards .card") : null; }
  function rove(place, same) {
    var all = cards(), marked = same ? grid.querySelector("h2 a[tabindex='0']") : null;
    all.forEach(function (node) { node.querySelector("h2 a").tabIndex = -1; });
    var stop = marked || (all[place] && all[place].querySelector("h2 a"));
    if (stop) stop.tabIndex = 0;
    return stop;
  }
  function go(place) {
    while (place >= made && made < list.length) more();
    var stop = rove(Math.max(0, Math.min(place, made - 1)));
    if (!stop) return;
    stop.focus({ preventScroll: true });
    stop.closest(".card").scrollIntoView({ block: "nearest" });
    keep();
  }
  function columns() { return getComputedStyle(grid).gridTemplateColumns.split(" ").length; }
  var views = ["both", "projections", "patches", data.drawn ? "synthesis" : "", "", "filters"];
  convscope.onKey(function (event) {
    var here = current(), place = here ? cards().indexOf(here) : -1, wide = columns();
    var by = { ArrowRight: 1, l: 1, ArrowLeft: -1, h: -1, ArrowDown: wide, j: wide, ArrowUp: -wide, k: -wide, PageDown: 3 * wide, PageUp: -3 * wide, L: 3, H: -3 }[event.key];
    var letter = /^[hjklHL]$/.test(event.key);
    if (by !== undefined && (here || letter)) { go(place < 0 ? 0 : place + (event.shiftKey && Math.abs(by) === 1 ? 3 * by : by)); return true; }
    if (here && event.key === "Home") { go(0); return true; }
    if (here && event.key === "End") { go(list.length - 1); return true; }
    if (here && event.key === "Escape") { document.activeElement.blur(); return true; }
    if (event.key === "[" || event.key === "]") {
      var turn = document.querySelector(event.key === "[" ? ".turn [rel=prev]" : ".turn [rel=next]");
      if (turn) location.href = turn.href;
      return true;
    }
    var view = views[Number(event.key) - 1];
    if (view && (view !== "filters" || filters)) { set("view", view); return true; }
    return false;
  });
  document.querySelectorAll(".tools [data-view]").forEach(function (b) { b.addEventListener("click", function () { set("view", b.dataset.view); }); });
  document.querySelectorAll(".tools [data-size]").forEach(function (b) { b.addEventListener("click", function () { set("size", b.dataset.size); }); });
  ["sort", "show"].forEach(function (id) {
    var select = document.getElementById(id);
    if (select) select.addEventListener("change", function () { set(id, select.value, true); });
  });
  grid.addEventListener("click", function (event) {
    var badge = event.target.closest(".badge");
    if (badge) set("show", badge.dataset.show, true);
  });

  // Linked ranks: a tile under the pointer rings itself and its twin in the other block.
  function ranked(plate, event) {
    var bounds = plate.querySelector("img").getBoundingClientRect(), now = shape(), step = now.tile + now.gap;
    var x = event.clientX - bounds.left, y = event.clientY - bounds.top;
    if (x >= now.block + now.middle) x -= now.block + now.middle;
    var column = Math.floor(x / step), row = Math.floor(y / step);
    return column >= 0 && row >= 0 && column < sheet.across && row < sheet.across ? row * sheet.across + column : -1;
  }
  function ring(plate, rank) {
    var now = shape(), step = now.tile + now.gap, rects = [];
    var x = (rank % sheet.across) * step, y = Math.floor(rank / sheet.across) * step;
    [0, now.block + now.middle].forEach(function (shift) {
      rects = rects.concat(convscope.box(y, x + shift, y + now.tile, x + shift + now.tile));
    });
    plate.append(svg("svg", { class: "ring", width: now.width, height: now.height, "aria-hidden": "true" }, rects));
  }
  function clear(node) {
    var old = node.querySelector(".ring");
    if (old) old.remove();
    node.querySelector(".foot").textContent = data.units[Number(node.id.slice(1))].f;
    delete node.dataset.rank;
  }
  grid.addEventListener("pointermove", function (event) {
    var plate = event.target.closest(".plate"), node = plate && plate.closest(".card");
    if (!node || isDrawn() || !plate.querySelector("img")) return;
    var rank = ranked(plate, event), row = data.units[Number(node.id.slice(1))].top[rank];
    if (String(rank) === node.dataset.rank) return;
    clear(node);
    if (!row) return;
    node.dataset.rank = rank;
    ring(plate, rank);
    var link = convscope.unitLink(number, node.id.slice(1)) + (rank ? "&rank=" + (rank + 1) : "");
    plate.href = link;
    node.querySelector(".foot").textContent = ["rank " + (rank + 1), convscope.number(row[0]), convscope.label(row[1])].filter(Boolean).join(" \u00b7 ");
  });
  grid.addEventListener("pointerout", function (event) {
    var node = event.target.closest(".card");
    if (node && !isDrawn() && !node.contains(event.relatedTarget)) clear(node);
  });
  grid.addEventListener("focusin", function () { keep(); });

  convscope.own.address = function () { var here = current(); return data.name + (here ? ":" + here.id.slice(1) : ""); };
  convscope.own.python = function () { return convscope.store.index.python.replace("atlas.layers[0]", "atlas.layer(" + JSON.stringify(data.name) + ")"); };

  function start() {
    var given = convscope.read(), redraw = false;
    var allowed = { view: ["both", "projections", "patches"].concat(data.drawn ? ["synthesis"] : [], filters ? ["filters"] : []), sort: ["telling", "peak", "number", "fires", "score"], size: ["S", "M", "L"], show: ["all", "live"].concat(Object.keys(marks), [].map.call(document.querySelectorAll("#show option"), function (o) { return o.value; })) };
    Object.keys(DEFAULT).forEach(function (key) { if (allowed[key].indexOf(given[key]) >= 0) state[key] = given[key]; });
    if (!data.drawn && (state.sort === "score" || marks[state.show])) state = Object.assign({}, DEFAULT);
    redraw = state.sort !== DEFAULT.sort || state.show !== DEFAULT.show || isDrawn();
    list = channels(); made = Math.min(STEP, list.length);
    if (redraw) draw(); else { dress(); rove(0); }
    if (given.at && list.indexOf(Number(given.at)) >= 0) go(list.indexOf(Number(given.at)));
  }
  start();
  if (sentinel) new IntersectionObserver(near, { rootMargin: "900px" }).observe(sentinel);
});
