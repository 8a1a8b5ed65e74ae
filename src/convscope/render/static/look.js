// The comparison page: reading maps by pointing at them, and walking from look to look.
"use strict";
(function () {
  var maps = {}, line = document.getElementById("reading"), seen = document.querySelector("#seen svg");
  var first = line.textContent, home = document.getElementById("field");
  convscope.maps = function (data) { maps = data; };

  // Cell of a map under a place given as shares of the picture's sides.
  function cell(map, y, x) {
    var box = map.box, row = Math.floor((y - box[0]) / (box[2] - box[0]) * map.rows.length);
    var column = Math.floor((x - box[1]) / (box[3] - box[1]) * map.rows[0].length);
    return row < 0 || column < 0 || row >= map.rows.length || column >= map.rows[0].length ? null : [row, column];
  }
  function read(ground, event) {
    var map = maps[ground.dataset.map], place = ground.getBoundingClientRect();
    if (!map) return;
    var found = cell(map, (event.clientY - place.top) / place.height, (event.clientX - place.left) / place.width);
    if (!found) { rest(); return; }
    var value = map.rows[found[0]][found[1]], sign = value > 0 && map.unit !== "activation" ? "+" : "";
    line.textContent = map.name + ", cell (" + found[0] + ", " + found[1] + "): " + sign + convscope.number(value) + " " + map.unit;
    mark(map, found);
  }
  // The square or the field that the value is of, on the image.
  function mark(map, found) {
    var old = document.getElementById("pointed");
    if (old) old.remove();
    if (!map.fields) return;
    var view = seen.viewBox.baseVal, top = map.fields[0][found[0]], left = map.fields[1][found[1]], size = map.fields[2];
    var y0 = Math.max(0, top) * view.height, x0 = Math.max(0, left) * view.width;
    var y1 = Math.min(1, top + size[0]) * view.height, x1 = Math.min(1, left + size[1]) * view.width;
    seen.append(convscope.svg("g", { id: "pointed" }, convscope.box(y0, x0, y1, x1)));
    if (home) home.setAttribute("visibility", "hidden");
  }
  function rest() {
    var old = document.getElementById("pointed");
    if (old) old.remove();
    if (home) home.removeAttribute("visibility");
    line.textContent = first;
  }
  document.querySelectorAll("[data-map]").forEach(function (ground) {
    ground.addEventListener("pointermove", function (event) { read(ground, event); });
    ground.addEventListener("pointerdown", function (event) { read(ground, event); });
    ground.addEventListener("pointerleave", rest);
  });

  function step(by) {
    var panels = Array.from(document.querySelectorAll(".panel"));
    var at = panels.findIndex(function (one) { return one.getBoundingClientRect().top > 50; });
    if (at < 0) at = panels.length;
    var here = panels[at] && panels[at].getBoundingClientRect().top < 70;
    var next = Math.max(0, Math.min(panels.length - 1, by > 0 ? at + (here ? 1 : 0) : at - 1));
    panels[next].scrollIntoView();
  }
  convscope.onKey(function (event) {
    if (event.key !== "n" && event.key !== "p") return false;
    step(event.key === "n" ? 1 : -1);
    return true;
  });
  function text(id) { return document.getElementById(id).textContent; }
  convscope.own.address = function () { return document.querySelector(".address [aria-current]").textContent; };
  convscope.own.command = function () { return text("page-command"); };
  convscope.own.python = function () { return text("page-python"); };
})();
