// The learner's experiment: what the common keys copy on its page.
"use strict";
(function () {
  function text(id) { return document.getElementById(id).textContent; }
  convscope.own.address = function () { return document.querySelector(".address [aria-current]").textContent; };
  convscope.own.command = function () { return text("page-command"); };
  convscope.own.python = function () { return text("page-python"); };
})();
