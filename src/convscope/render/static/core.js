// What every page of the report shares: data, words, keys, copying, theme, dialogs.
"use strict";
var convscope = (function () {
  var page = document.documentElement, root = page.dataset.root || "";
  var store = { layers: {}, index: null, images: null }, waiting = [], keys = [];
  var SVG = "http://www.w3.org/2000/svg";

  function el(name, attributes, children) {
    return fill(document.createElement(name), attributes, children);
  }
  function svg(name, attributes, children) {
    return fill(document.createElementNS(SVG, name), attributes, children);
  }
  // Text is only ever set as text, never as markup.
  function fill(node, attributes, children) {
    Object.keys(attributes || {}).forEach(function (key) {
      if (attributes[key] !== null && attributes[key] !== undefined) node.setAttribute(key, attributes[key]);
    });
    [].concat(children === undefined ? [] : children).forEach(function (child) {
      if (child) node.append(child);
    });
    return node;
  }
  function box(y0, x0, y1, x1) {
    var place = { x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) };
    return [svg("rect", Object.assign({ class: "under" }, place)), svg("rect", Object.assign({ class: "over" }, place))];
  }
  function number(value) {
    if (value === null || !isFinite(value)) return "no number";
    var size = Math.abs(value), text;
    if (size >= 100) text = Math.round(size).toLocaleString("en-US");
    else if (size && size < 1e-4) text = size.toExponential(1);
    else text = String(Number(size.toPrecision(3)));
    return (value < 0 && text !== "0" ? "\u2212" : "") + text;
  }
  function percent(share) {
    if (share > 0 && share < 0.001) return "< 0.1 %";
    if (share < 1 && share >= 0.9995) return "> 99.9 %";
    return (100 * share).toFixed(1).replace(/\.0$/, "") + " %";
  }
  function code(layer) { return String(layer).padStart(3, "0"); }
  function badge(one) {
    return el("span", { class: "badge " + one[0].replace(/ /g, "-"), "data-show": one[0] }, one[1]);
  }
  function label(image) { return (store.images && store.images.labels[image]) || ""; }
  function picture(image) { return root + store.images.path.replace("{}", String(image).padStart(6, "0")); }
  function unitLink(layer, channel) { return root + "unit.html#" + code(layer) + ":" + channel; }
  function layerLink(one) { return root + "layer/" + one.slug + ".html"; }

  // Fragments: an address first, then &key=value; unknown keys are ignored, defaults left out.
  function read() {
    var found = {}, parts = location.hash.slice(1).split("&");
    parts.forEach(function (part) {
      var at = part.indexOf("=");
      if (at > 0) { try { found[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1)); } catch (error) { return; } }
      else if (part) found.address = part;
    });
    return found;
  }
  function write(values, order) {
    var parts = values.address ? [values.address] : [];
    order.forEach(function (key) { if (values[key]) parts.push(key + "=" + encodeURIComponent(values[key])); });
    history.replaceState(history.state, "", "#" + parts.join("&"));
  }

  function say(text) { document.getElementById("live").textContent = text; }
  function copy(text, what) {
    function done() { say("Copied " + what + "."); }
    if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(text).then(done, byHand); } else byHand();
    function byHand() {
      var area = el("textarea", { class: "sr" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      done();
    }
  }
  function theme() {
    var dark = page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    page.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("convscope-theme", page.dataset.theme); } catch (error) { return; }
  }
  function open(id) {
    var dialog = document.getElementById(id);
    if (dialog.open) dialog.close(); else dialog.showModal();
  }
  var own = { address: null, command: null, python: null };
  var actions = {
    theme: theme,
    help: function () { open("help"); },
    made: function () { open("made"); },
    link: function () {
      var name = own.address ? own.address() : store.index.title;
      var file = location.pathname.split("/").slice(root ? -2 : -1).join("/") + location.hash;
      copy(location.protocol === "file:" ? name + " (" + file + ")" : location.href, name);
    },
    command: function () { copy(own.command ? own.command() : store.index.command, "the command"); },
    python: function () { copy(own.python ? own.python() : store.index.python, "the Python"); }
  };
  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-do],[data-copy]");
    if (!target) return;
    event.preventDefault();
    if (target.dataset.copy) copy(target.dataset.copy, "the command");
    else actions[target.dataset.do]();
  });

  var letters = true;
  try { letters = localStorage.getItem("convscope-letters") !== "off"; } catch (error) { letters = true; }
  var choice = document.getElementById("letters");
  choice.checked = letters;
  choice.addEventListener("change", function () {
    letters = choice.checked;
    try { localStorage.setItem("convscope-letters", letters ? "on" : "off"); } catch (error) { return; }
  });
  var common = { d: theme, "?": actions.help, i: actions.made, y: actions.link, Y: actions.python };
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key.length === 1 && !letters) return;
    if (document.querySelector("dialog[open]:not(#full)") && event.key !== "?" && event.key !== "i") return;
    for (var i = 0; i < keys.length; i++) if (keys[i](event)) { event.preventDefault(); return; }
    if (common[event.key]) { event.preventDefault(); common[event.key](); }
  });

  function load(file, done) {
    var script = el("script", { src: root + file });
    script.addEventListener("load", function () { done(true); });
    script.addEventListener("error", function () { done(false); });
    document.head.append(script);
  }
  function ready() {
    if (!store.index) return;
    waiting.splice(0).forEach(function (then) { then(); });
  }
  return {
    el: el, svg: svg, box: box, number: number, percent: percent, code: code, badge: badge, label: label, picture: picture,
    unitLink: unitLink, layerLink: layerLink, read: read, write: write, say: say, copy: copy, load: load,
    root: root, store: store, own: own, letters: function () { return letters; },
    onKey: function (handler) { keys.push(handler); },
    whenReady: function (then) { waiting.push(then); if (document.readyState === "complete") ready(); },
    layer: function (at, data) { store.layers[at] = data; },
    index: function (data) { store.index = data; },
    images: function (data) { store.images = data; },
    ready: ready
  };
})();
document.addEventListener("DOMContentLoaded", convscope.ready);
