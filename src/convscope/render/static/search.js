// Search over layers, channels and the classes of strongest images; addresses go straight there.
"use strict";
(function () {
  var el = convscope.el, field = document.getElementById("q"), found = document.getElementById("found");
  var MOST = 6, lines = [], at = -1;

  function marked(text, query) {
    var place = text.toLowerCase().indexOf(query.toLowerCase());
    if (place < 0) return [document.createTextNode(text)];
    return [text.slice(0, place), el("mark", {}, text.slice(place, place + query.length)), text.slice(place + query.length)];
  }
  function byName(name) {
    var index = convscope.store.index, exact = index.layers.filter(function (one) { return one.name === name; });
    return exact[0] || index.layers.filter(function (one) { return one.name.indexOf(name) === 0; })[0];
  }
  function address(query) {
    var match = /^([^:]+):(\d+)(@\d+,\d+)?$/.exec(query), one = match && byName(match[1]);
    if (!one) return [];
    var channel = Number(match[2]);
    if (channel >= one.channels) return [{ text: "Channel " + channel + " is out of range: " + one.name + " has " + one.channels + ", numbered 0 to " + (one.channels - 1) + "." }];
    return [{ text: one.name + ":" + channel, note: "channel", href: convscope.unitLink(one.number, channel) }];
  }
  function layers(query) {
    return convscope.store.index.layers.filter(function (one) { return one.name.toLowerCase().indexOf(query.toLowerCase()) >= 0; })
      .map(function (one) { return { text: one.name, note: one.channels + " channels", href: convscope.layerLink(one) }; });
  }
  function kinds(query) {
    var rows = [];
    convscope.store.index.layers.forEach(function (one) {
      (one.kinds[{ twin: "duplicate", loud: "dominant" }[query] || query] || []).forEach(function (channel) {
        rows.push({ text: one.name + ":" + channel, note: query, href: convscope.unitLink(one.number, channel) });
      });
    });
    return rows;
  }
  function classes(query) {
    var index = convscope.store.index, rows = [];
    var names = index.labels.map(function (name, place) { return [name, place]; })
      .filter(function (pair) { return pair[0].toLowerCase().indexOf(query.toLowerCase()) >= 0; })
      .sort(function (a, b) { return a[0].toLowerCase().indexOf(query.toLowerCase()) - b[0].toLowerCase().indexOf(query.toLowerCase()); }).slice(0, 4);
    names.forEach(function (pair) {
      var most = rows.length + 3;
      index.layers.slice().reverse().forEach(function (one) {
        one.first.forEach(function (place, channel) {
          if (place === pair[1] && rows.length < most) rows.push({ text: pair[0], note: "strongest in " + one.name + ":" + channel, href: convscope.unitLink(one.number, channel) });
        });
      });
    });
    return rows;
  }
  function show() {
    var query = field.value.trim();
    found.replaceChildren();
    lines = []; at = -1;
    if (query && convscope.store.index) {
      [["Channels", address(query).concat(kinds(query.toLowerCase()))], ["Layers", layers(query)], ["Classes", classes(query)]].forEach(function (group) {
        if (!group[1].length) return;
        found.append(el("h3", { role: "presentation" }, group[0] + (group[1].length > MOST ? ", " + MOST + " of " + group[1].length : "")));
        group[1].slice(0, MOST).forEach(function (row) { found.append(line(row, query)); });
      });
      if (!found.children.length) found.append(el("p", {}, "Nothing named \u201c" + query + "\u201d. Write a layer, a channel (" + convscope.store.index.layers[0].name + ":0), a class, or dead."));
      move(1);
    }
    found.hidden = !query;
    field.setAttribute("aria-expanded", String(!found.hidden));
  }
  function line(row, query) {
    if (!row.href) return el("p", {}, row.text);
    var node = el("a", { href: row.href, role: "option", id: "f" + lines.length, tabindex: "-1", "aria-selected": "false" }, [el("span", {}, marked(row.text, query)), el("small", {}, row.note)]);
    node.addEventListener("click", function () { found.hidden = true; });
    lines.push(node);
    return node;
  }
  function move(by) {
    if (!lines.length) return;
    if (lines[at]) lines[at].setAttribute("aria-selected", "false");
    at = (at + by + lines.length) % lines.length;
    lines[at].setAttribute("aria-selected", "true");
    lines[at].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", lines[at].id);
  }
  field.addEventListener("input", show);
  field.addEventListener("focus", function () { field.select(); if (field.value) show(); });
  field.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); move(event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Escape") { found.hidden = true; field.blur(); }
    if (event.key === "Enter") { event.preventDefault(); if (lines[at]) { lines[at].click(); field.blur(); } }
  });
  document.addEventListener("click", function (event) { if (!event.target.closest(".search")) found.hidden = true; });
  document.querySelector("form.search").addEventListener("submit", function (event) { event.preventDefault(); });
  convscope.onKey(function (event) {
    if (event.key !== "/" && event.key !== "g") return false;
    field.focus();
    return true;
  });
})();
