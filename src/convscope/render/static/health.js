// The page of the verdict: one kind of finding at a time; without this script all of them stand there.
"use strict";
convscope.whenReady(function () {
  var buttons = [].slice.call(document.querySelectorAll(".tools [data-kind]")), found = [].slice.call(document.querySelectorAll(".finding"));
  var rest = document.getElementById("rest"), count = document.getElementById("count");
  function show(kind, kept) {
    var shown = found.filter(function (one) { one.hidden = Boolean(kind) && one.dataset.kind !== kind; return !one.hidden; });
    buttons.forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.kind === kind)); });
    if (rest) {
      rest.hidden = !rest.querySelector(".finding:not([hidden])");
      if (kind) rest.open = true;
    }
    if (count) count.textContent = shown.length + " of " + found.length;
    if (!kept) convscope.write({ kind: kind }, ["kind"]);
  }
  buttons.forEach(function (button) { button.addEventListener("click", function () { show(button.dataset.kind); }); });
  convscope.own.address = function () { return convscope.store.index.title + " health"; };
  var given = convscope.read().kind;
  if (buttons.some(function (button) { return given && button.dataset.kind === given; })) show(given, true);
});
