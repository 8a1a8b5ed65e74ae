// Runs before the first paint, so that the page never flashes in the other theme.
(function () {
  var page = document.documentElement, chosen = null;
  page.classList.add("js");
  try { chosen = localStorage.getItem("convscope-theme"); } catch (error) { chosen = null; }
  if (chosen === "light" || chosen === "dark") page.dataset.theme = chosen;
})();
