// Any channel, drawn from its layer's numbers: unit.html#017:281&rank=3
"use strict";
convscope.whenReady(function () {
  var el = convscope.el, svg = convscope.svg, number = convscope.number, index = convscope.store.index;
  var byId = function (id) { return document.getElementById(id); };
  var WIDE = 227, THUMB = 76, BARS = [5, 10, 20, 50, 100, 200], data = null, layer = null, channel = 0, rank = 1, zoom = 0;
  var KIND = { height: 56, width: 300, strongest: 9 };

  function problem(title, text, links) {
    byId("problem").replaceChildren(el("div", { class: "error" }, [el("b", {}, title), text].concat(links || [])));
    document.querySelector(".unit-page").hidden = true;
  }
  function near(found) {
    return index.layers.slice(0, 6).map(function (one) { return el("a", { href: convscope.layerLink(one) }, one.name + " "); });
  }
  function open() {
    var given = convscope.read(), match = /^(\d+):(\d+)$/.exec(given.address || "");
    layer = match && index.layers.filter(function (one) { return one.number === Number(match[1]); })[0];
    if (!layer) return problem("No channel is named in the address", "Write unit.html#, a layer's number, a colon and a channel; or choose a layer: ", near());
    channel = Number(match[2]);
    rank = Math.max(1, Number(given.rank) || 1);
    if (channel >= layer.channels) return problem("Channel " + channel + " is out of range", layer.name + " has " + layer.channels + " channels, numbered 0 to " + (layer.channels - 1) + ". ", [el("a", { href: convscope.layerLink(layer) }, layer.name)]);
    byId("problem").replaceChildren();
    document.querySelector(".unit-page").hidden = false;
    if (convscope.store.layers[layer.number]) return draw();
    convscope.load("data/" + convscope.code(layer.number) + ".js", function (there) {
      if (there) draw(); else problem("The numbers of " + layer.name + " are missing", "data/" + convscope.code(layer.number) + ".js is not in this folder. Copy the whole report, not single pages.");
    });
  }

  function draw() {
    data = convscope.store.layers[layer.number];
    var one = data.units[channel], name = data.name + ":" + channel;
    rank = Math.min(rank, Math.max(1, one.top.length));
    document.title = name + ", " + index.title + ", convscope";
    byId("name").replaceChildren(data.name + ":", el("b", {}, String(channel)));
    byId("badge").replaceChildren.apply(byId("badge"), one.b.map(function (badge) {
      var look = convscope.badge(badge);
      return badge[2] === null ? look : el("a", { href: convscope.unitLink(layer.number, badge[2]) }, look);
    }));
    turn("before", channel - 1);
    turn("after", channel + 1);
    fill(byId("at-layer"), data.name, convscope.layerLink(data));
    fill(byId("at-channel"), String(channel), convscope.unitLink(layer.number, channel));
    byId("where-layer").textContent = data.name;
    byId("where-place").textContent = "channel " + channel;
    rail();
    triptych(one);
    synthesis();
    nine(one);
    readings(one);
  }
  function fill(link, text, href) { link.textContent = text; link.href = href; }
  function turn(id, to) {
    var link = byId(id), there = to >= 0 && to < data.units.length;
    link.hidden = !there;
    if (there) link.href = convscope.unitLink(layer.number, to);
  }
  // The rail was written for no layer in particular: open the group of this one.
  function rail() {
    document.querySelectorAll(".rail .sub").forEach(function (row) { row.parentNode.remove(); });
    document.querySelectorAll(".rail .row").forEach(function (row) { row.removeAttribute("aria-current"); row.classList.remove("in"); });
    var group = index.layers.filter(function (one) { return one.group === layer.group; });
    var head = document.querySelector('.rail .row[href$="/' + CSS.escape(group[0].slug) + '.html"]');
    if (group.length === 1) head.setAttribute("aria-current", "true"); else head.classList.add("in");
    if (group.length > 1) group.slice().reverse().forEach(function (one) {
      var dead = (one.kinds.dead || []).length;
      head.parentNode.after(el("li", {}, el("a", { class: "row sub", href: convscope.layerLink(one), "aria-current": one === layer ? "true" : null }, [
        el("span", { class: "name" }, one.short), dead ? el("span", { class: "badge dead" }, dead + " dead") : null, el("span", { class: "n" }, String(one.channels))])));
    });
    var here = document.querySelector(".rail [aria-current]");
    if (here) here.scrollIntoView({ block: "nearest" });
  }

  // Pieces of pictures: a view box on an image, enlarged without smoothing.
  function piece(href, width, height, view, side, pixel, label) {
    return svg("svg", { class: pixel ? "pixel" : null, width: side, height: side, viewBox: view.join(" "), role: label ? "img" : null, "aria-label": label || null, "aria-hidden": label ? null : "true" },
      svg("image", { href: href, width: width, height: height }));
  }
  function frame(row) { return { y: row[4], x: row[5], height: data.frame[0], width: data.frame[1] }; }
  function square(row) {
    var one = frame(row), side = Math.max(one.height, one.width);
    return [one.x - Math.floor((side - one.width) / 2), one.y - Math.floor((side - one.height) / 2), side, side];
  }
  function photo(row, side, thumb) {
    var size = convscope.store.images.size, one = frame(row);
    var rects = convscope.box(Math.max(0, one.y), Math.max(0, one.x), Math.min(size[0], one.y + one.height), Math.min(size[1], one.x + one.width));
    var view = svg("svg", { class: "boxed" + (thumb ? " thumb" : "") + (size[1] < side ? " pixel" : ""), width: side, height: side, viewBox: "0 0 " + size[1] + " " + size[0], role: "img", "aria-label": "Image " + row[1] + (convscope.label(row[1]) ? ", " + convscope.label(row[1]) : "") + ", with the box that the cell sees" },
      [svg("image", { href: convscope.picture(row[1]), width: size[1], height: size[0] })].concat(rects));
    return view;
  }
  function patch(row, side, label) {
    var size = convscope.store.images.size;
    return piece(convscope.picture(row[1]), size[1], size[0], square(row), side, side > square(row)[2], label);
  }
  function projection(one, place, side, label) {
    var sheet = data.sheet, step = sheet.tile + sheet.gap;
    var view = [(place % sheet.across) * step, Math.floor(place / sheet.across) * step, sheet.tile, sheet.tile];
    return piece(convscope.root + one.s, sheet.size[1], sheet.size[0], view, side, side > sheet.tile, label);
  }
  function whole(pixels, room) { return Math.max(1, Math.floor(room / pixels)); }
  function figure(name, measure, content) {
    return el("figure", {}, [el("div", { class: "frame" }, content), el("figcaption", {}, [el("b", {}, name), el("span", {}, measure)])]);
  }
  function chip(text) { return el("span", { class: "chip" }, text); }
  function undrawn(row) {
    if (!data.units[channel].s) return "not in this report";
    if (row[6] === 0) return "projection zero: driven by its bias";
    if (row[6] === null) return index.complete ? "not projected" : "not projected yet";
    return "";
  }

  function triptych(one) {
    var place = byId("triptych"), row = one.top[rank - 1];
    document.querySelectorAll(".of-ranks").forEach(function (node) { node.hidden = !row; });
    byId("nothing").hidden = !!row;
    if (!row) return byId("nothing").replaceChildren.apply(byId("nothing"), bold(one.say));
    var side = Math.max(data.frame[0], data.frame[1]), factor = whole(side, WIDE), stored = data.sheet.field, larger = whole(stored, WIDE);
    var shown = Math.min(side * factor, WIDE), where = data.maps.indexOf("no map") < 0 ? " at cell (" + row[2] + ", " + row[3] + ")" : "";
    var length = BARS.reduce(function (best, one) { return Math.abs(one * factor - 60) < Math.abs(best * factor - 60) ? one : best; });
    var inset = Math.max(0, Math.round((WIDE - shown) / 2)) + 10;
    var bar = svg("svg", { class: "ring", width: WIDE, height: WIDE, "aria-hidden": "true" }, [0, 1].map(function (top) {
      return svg("line", { x1: inset, x2: inset + length * factor, y1: WIDE - inset, y2: WIDE - inset, stroke: top ? "#fff" : "#000", "stroke-width": top ? 2 : 4 });
    }));
    var lack = undrawn(row);
    place.replaceChildren(
      figure("Image", (convscope.label(row[1]) || "image " + row[1]) + ", " + number(row[0]) + where, photo(row, WIDE)),
      figure("Patch", data.frame[0] + " \u00d7 " + data.frame[1] + " px, \u00d7" + factor + "; bar " + length + " px", [patch(row, shown, "Patch of rank " + rank), bar]),
      figure("Projection", lack ? "" : "full scale \u00b1" + number(row[6]) + (data.area ? ", averaged" : "") + ", \u00d7" + (data.area ? larger : factor),
        lack ? chip(lack) : projection(one, rank - 1, data.area ? stored * larger : shown, "Projection of rank " + rank)));
    place.querySelector(".ring").style.position = "absolute";
  }
  // What the network drew for this channel, where it was asked to.
  function synthesis() {
    var place = byId("drawn"), made = data.drawn && data.drawn.units[channel];
    if (!place) return;
    place.hidden = !made;
    if (!made) return;
    var high = data.drawn.size[0], wide = data.drawn.size[1], side = Math.max(high, wide), factor = side > WIDE ? WIDE / side : whole(side, WIDE);
    var measure = high + " \u00d7 " + wide + " px, " + (side > WIDE ? "smaller" : "\u00d7" + factor);
    byId("drawn-picture").replaceChildren(figure("Synthesis", made.i ? measure : "", made.i
      ? el("img", { class: factor > 1 ? "pixel" : null, src: convscope.root + made.i, width: Math.round(wide * factor), height: Math.round(high * factor), alt: made.a })
      : chip("no start woke it")));
    byId("drawn-says").replaceChildren.apply(byId("drawn-says"), bold(made.say));
    byId("drawn-made").textContent = made.t;
    byId("drawn-numbers").replaceChildren.apply(byId("drawn-numbers"), made.n.map(function (pair) {
      return el("tr", {}, [el("td", {}, pair[0]), el("td", {}, number(pair[1]))]);
    }));
  }
  function nine(one) {
    byId("nine").replaceChildren.apply(byId("nine"), one.top.map(function (row, place) {
      var at = place + 1 === rank, lack = undrawn(row), name = convscope.label(row[1]);
      return el("a", { href: convscope.unitLink(layer.number, channel) + (place ? "&rank=" + (place + 1) : ""), "aria-current": at ? "true" : null, tabindex: at ? "0" : "-1" }, [
        el("span", { class: "rank" }, [el("b", {}, String(place + 1)), el("span", {}, number(row[0]))]),
        photo(row, THUMB, true), patch(row, THUMB),
        lack ? el("span", { class: "blank" }, el("span", {}, row[6] === 0 ? "zero" : !one.s ? "left out" : index.complete ? "none" : "waiting")) : projection(one, place, THUMB),
        el("span", { class: "class" }, name || "image " + row[1])
      ]);
    }));
  }

  function bold(text) {
    return text.split(/(\d+(?:[.,]\d+)*(?: %)?)/).map(function (part, place) {
      return place % 2 ? el("b", {}, part) : document.createTextNode(part);
    });
  }
  function readings(one) {
    byId("reading").replaceChildren.apply(byId("reading"), bold(one.say));
    histogram(one);
    classes(one);
    byId("command").textContent = command();
  }
  function histogram(one) {
    var bins = [], total = 0, zero = 0, edges = index.edges;
    one.h.slice(1).forEach(function (amount, after) {
      var place = one.h[0] + after;
      total += amount;
      if (edges[place + 1] !== null && edges[place + 1] <= 0) zero += amount;
      bins.push({ low: edges[place], high: edges[place + 1], n: amount });
    });
    var lit = bins.filter(function (bin) { return bin.n && (data.signed || bin.high === null || bin.high > 0); });
    byId("histogram-panel").hidden = !lit.length;
    if (!lit.length) return;
    var used = bins.slice(bins.indexOf(lit[0]), bins.indexOf(lit[lit.length - 1]) + 1), most = Math.max.apply(null, used.map(function (bin) { return bin.n; }));
    var ninth = one.top.length ? one.top[one.top.length - 1][0] : Infinity, step = KIND.width / used.length;
    var rects = used.map(function (bin, place) {
      var high = bin.n ? Math.max(1, Math.sqrt(bin.n / most) * KIND.height) : 0, strong = bin.high === null || bin.high > ninth;
      return svg("rect", { class: strong ? "b1" : "b2", x: place * step, y: KIND.height - high, width: Math.max(1, step - 1), height: high });
    });
    rects.push(svg("rect", { class: "axis", x: 0, y: KIND.height, width: KIND.width, height: 1 }));
    var low = used[0].low === null ? "lowest" : number(used[0].low), said = total.toLocaleString("en-US") + " cells" + (zero && !data.signed ? ", " + convscope.percent(zero / total) + " of them at zero" : "");
    byId("histogram-note").textContent = "\u221a counts, half-octave bins";
    byId("histogram").replaceChildren(
      svg("svg", { width: KIND.width, height: KIND.height + 2, viewBox: "0 0 " + KIND.width + " " + (KIND.height + 2), preserveAspectRatio: "none", role: "img", "aria-label": "Histogram of " + said + "; highest " + number(one.m) }, rects),
      el("p", { class: "labels" }, [el("span", {}, low), el("span", { class: "of-all" }, said), el("span", {}, number(one.m))]),
      el("details", {}, [el("summary", {}, "numbers"), el("table", {}, used.map(function (bin) {
        return el("tr", {}, [el("td", {}, (bin.low === null ? "below" : number(bin.low)) + " to " + (bin.high === null ? "above" : number(bin.high))), el("td", {}, bin.n.toLocaleString("en-US"))]);
      }))]));
  }
  function classes(one) {
    byId("classes-panel").hidden = !one.cls.length;
    var most = Math.max.apply(null, one.cls.map(function (pair) { return pair[1]; }).concat(1e-30));
    byId("classes").replaceChildren.apply(byId("classes"), one.cls.map(function (pair) {
      return el("div", { class: "class-row" }, [
        el("span", {}, index.classes[pair[0]]),
        svg("svg", { width: 96, height: 8, "aria-hidden": "true" }, [svg("rect", { class: "trough", width: 96, height: 8 }), svg("rect", { class: "b1", width: Math.max(0, 96 * pair[1] / most), height: 8 })]),
        el("span", {}, number(pair[1]))
      ]);
    }));
  }
  function address() { return data ? data.name + ":" + channel : index.title; }
  function quoted(text) { return /^[\w.\/:-]+$/.test(text) ? text : "'" + text.replace(/'/g, "'\\''") + "'"; }
  function command() {
    if (!data || !index.figure || !data.units[channel].top.length) return index.command;
    var words = { layer: quoted(data.name), channel: channel, file: data.slug + "-" + channel + ".png" };
    return index.figure.replace(/\{(layer|channel|file)\}/g, function (_, key) { return words[key]; });
  }
  convscope.own.address = address;
  convscope.own.command = command;
  convscope.own.python = function () {
    return index.python.replace("atlas.layers[0]", "atlas.layer(" + JSON.stringify(data.name) + ")").replace(".value)", ".value[" + channel + "])");
  };

  // Full size: the patch and its projection at the largest whole factor.
  function full() {
    var one = data.units[channel], row = one.top[rank - 1], old = byId("full");
    if (!row || !one.s) return;
    var side = Math.max(data.frame[0], data.frame[1]), best = whole(side, Math.min(innerHeight - 40, innerWidth / 2 - 12));
    zoom = Math.max(1, Math.min(zoom || best, 40));
    var dialog = old || el("dialog", { id: "full", "aria-label": "Full size" });
    if (!old) { document.body.append(dialog); dialog.addEventListener("close", function () { zoom = 0; }); dialog.addEventListener("click", function () { dialog.close(); }); }
    dialog.replaceChildren(el("div", { class: "pair" }, [patch(row, side * zoom, "Patch"), undrawn(row) ? null : projection(one, rank - 1, side * zoom, "Projection")]),
      el("p", {}, address() + ", rank " + rank + ", \u00d7" + zoom + (row[6] ? ", full scale \u00b1" + number(row[6]) : "")));
    if (!dialog.open) dialog.showModal();
  }
  function isFull() { return byId("full") && byId("full").open; }
  function step(by) {
    var to = Math.min(Math.max(channel + by, 0), data.units.length - 1);
    if (to !== channel) location.hash = convscope.code(layer.number) + ":" + to + (rank > 1 ? "&rank=" + rank : "");
  }
  function toRank(to) {
    var top = data.units[channel].top.length;
    if (to < 1 || to > top) return;
    location.hash = convscope.code(layer.number) + ":" + channel + (to > 1 ? "&rank=" + to : "");
  }
  function toLayer(by) {
    var place = index.layers.indexOf(layer) + by, other = index.layers[place];
    if (other) location.hash = convscope.code(other.number) + ":" + Math.min(channel, other.channels - 1);
  }
  convscope.onKey(function (event) {
    if (!data) return false;
    var by = { ArrowRight: 1, l: 1, j: 1, ArrowDown: 1, ArrowLeft: -1, h: -1, k: -1, ArrowUp: -1, L: 3, J: 3, H: -3, K: -3 }[event.key];
    var inNine = event.target.closest && event.target.closest("#nine");
    if (by && (isFull() || (inNine && /^Arrow/.test(event.key)))) { toRank(rank + by); return true; }
    if (by && /^Arrow(Up|Down)$/.test(event.key) && !event.shiftKey) return false;
    if (by) { step(event.shiftKey && Math.abs(by) === 1 ? 3 * by : by); return true; }
    if (event.key === "n" || event.key === "p") { toRank(rank + (event.key === "n" ? 1 : -1)); return true; }
    if (event.key === "[" || event.key === "]") { toLayer(event.key === "[" ? -1 : 1); return true; }
    if (event.key === "f") { if (isFull()) byId("full").close(); else full(); return true; }
    if (isFull() && (event.key === "+" || event.key === "-")) { zoom += event.key === "+" ? 1 : -1; full(); return true; }
    if (event.key === "Escape" && !isFull()) { location.href = convscope.layerLink(layer) + "#at=" + channel; return true; }
    return false;
  });
  window.addEventListener("hashchange", function () {
    var held = document.activeElement && document.activeElement.closest && document.activeElement.closest("#nine");
    open();
    if (held) { var stop = document.querySelector("#nine a[aria-current]"); if (stop) stop.focus(); }
    if (isFull()) full();
  });
  open();
});
