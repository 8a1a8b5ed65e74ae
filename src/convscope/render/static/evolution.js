// The page of an evolution: one checkpoint is "now", by the slider, the keys, or a picture.
"use strict";
(function () {
  var slider = document.getElementById("slider"), body = document.body;
  var places = slider.dataset.at.split(" ").map(Number), epochs = slider.dataset.epochs.split(" ");
  var start = Number(slider.dataset.start), now = start, reading = document.getElementById("reading");
  var first = reading.textContent, marks = {};
  document.querySelectorAll("[data-at]:not(#slider)").forEach(function (node) {
    (marks[node.dataset.at] = marks[node.dataset.at] || []).push(node);
  });

  function mark(at, is) { (marks[at] || []).forEach(function (node) { node.classList.toggle("now", is); }); }
  function show(at, keep) {
    at = Math.max(0, Math.min(epochs.length - 1, at));
    mark(now, false);
    now = at;
    mark(now, true);
    slider.value = Math.round(1000 * places[now]);
    slider.setAttribute("aria-valuetext", "epoch " + epochs[now]);
    document.getElementById("epoch").textContent = "epoch " + epochs[now];
    document.querySelectorAll("[data-values]").forEach(function (node) {
      node.textContent = node.dataset.values.split("|")[now] || "\u00b7";
    });
    if (!keep) write();
  }
  function view(name, keep) {
    body.dataset.view = name;
    document.querySelectorAll(".segments [data-view]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    });
    if (!keep) write();
  }
  function write() {
    convscope.write({ epoch: now === start ? "" : epochs[now], view: body.dataset.view === "one" ? "one" : "" }, ["epoch", "view"]);
  }
  function nearest(value) {
    var best = 0;
    places.forEach(function (place, at) { if (Math.abs(1000 * place - value) < Math.abs(1000 * places[best] - value)) best = at; });
    return best;
  }
  function read() {
    var asked = convscope.read(), at = epochs.indexOf(asked.epoch);
    view(asked.view === "one" ? "one" : "all", true);
    show(at < 0 ? start : at, true);
  }

  slider.addEventListener("input", function () { show(nearest(Number(slider.value))); });
  var steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -1e6, End: 1e6, PageUp: 1, PageDown: -1 };
  slider.addEventListener("keydown", function (event) {
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(now + steps[event.key]);
  });
  document.querySelectorAll(".segments [data-view]").forEach(function (button) {
    button.addEventListener("click", function () { view(button.dataset.view); });
  });
  document.addEventListener("click", function (event) {
    var cell = event.target.closest("a.cell");
    if (!cell) return;
    event.preventDefault();
    show(Number(cell.dataset.at));
  });
  function told(event) {
    var cell = event.target.closest && event.target.closest("a.cell");
    reading.textContent = cell ? cell.querySelector("svg").getAttribute("aria-label") : first;
  }
  document.addEventListener("pointerover", told);
  document.addEventListener("focusin", told);
  convscope.onKey(function (event) {
    var by = { ArrowLeft: -1, ArrowRight: 1, ",": -1, ".": 1, Home: -1e6, End: 1e6 }[event.key];
    if (event.target.closest && event.target.closest("[tabindex]:not(main)") && /^(Arrow|Home|End)/.test(event.key)) by = 0;
    if (by) { show(now + by); return true; }
    if (event.key !== "1" && event.key !== "2") return false;
    view(event.key === "1" ? "all" : "one");
    return true;
  });
  window.addEventListener("hashchange", read);
  function text(id) { return document.getElementById(id).textContent; }
  convscope.own.address = function () { return document.title.split(",").slice(0, 2).join(",") + ", epoch " + epochs[now]; };
  convscope.own.command = function () { return text("page-command"); };
  convscope.own.python = function () { return text("page-python"); };
  read();
})();
