// Keeps the page honest, in any browser that runs a script at all: a page that has not woken up
// within a few seconds, or that broke later, becomes the page that a browser without scripts has.
// Forms go the plain way then, for nothing listens to a copy of the room.
//
// `handup.isAwake` is set by the room when it follows the class (page.js).
(function () {
  var PATIENCE = 8000;
  // What the room cannot do without; what else is missing has a way around.
  var NEEDED = ["EventSource", "FormData", "MutationObserver", "Promise", "URLSearchParams", "WebAssembly", "fetch"];
  var folder = document.currentScript.getAttribute("data-folder");
  var page = { isAwake: false, isBroken: false, folder: folder, fall: fall };
  window.handup = page;

  function fall() {
    var room = document.querySelector(".room");
    var words = document.getElementById("not-live");
    if (!room || !words || /^(ended|removed|plain)$/.test(room.getAttribute("data-connection"))) return;
    var plain = room.cloneNode(true);
    var focused = Array.prototype.indexOf.call(room.querySelectorAll("*"), document.activeElement);
    var focus = focused < 0 ? null : plain.querySelectorAll("*")[focused];
    each(room, plain, "select", function (from, to) {
      to.value = from.value;
    });
    each(plain, plain, "[aria-busy], [data-settling]", function (control) {
      control.removeAttribute("aria-busy");
      control.removeAttribute("data-settling");
    });
    each(plain, plain, "[data-live]", function (control) {
      control.parentNode.removeChild(control);
    });
    // What listens to the room no longer knows whose turn it is.
    if (page.silence) page.silence();
    plain.setAttribute("data-connection", "plain");
    plain.insertBefore(document.importNode(words.content, true), plain.firstChild);
    room.parentNode.replaceChild(plain, room);
    if (focus) focus.focus();
  }

  function each(from, to, selector, does) {
    var sources = from.querySelectorAll(selector);
    var targets = to.querySelectorAll(selector);
    for (var i = 0; i < sources.length; i++) does(sources[i], targets[i]);
  }

  // After a panic nothing that the module says can be believed.
  function breakDown() {
    page.isBroken = true;
    fall();
  }

  function isOwn(error, file) {
    return (String(error && error.stack) + file).indexOf(folder) >= 0;
  }

  window.addEventListener("error", function (event) {
    if (isOwn(event.error, event.filename)) breakDown();
  });
  window.addEventListener("unhandledrejection", function (event) {
    var error = event.reason;
    var isOfCode = error instanceof TypeError || error instanceof ReferenceError;
    var isPanic = window.WebAssembly && error instanceof WebAssembly.RuntimeError;
    if (isPanic || (isOfCode && isOwn(error, ""))) breakDown();
  });

  for (var i = 0; i < NEEDED.length; i++) {
    if (!(NEEDED[i] in window)) page.isBroken = true;
  }
  if (!page.isBroken) page.module = fetch(folder + "/handup.wasm");
  document.addEventListener("DOMContentLoaded", function () {
    if (page.isBroken) fall();
  });
  setTimeout(function () {
    if (!page.isAwake) fall();
  }, PATIENCE);
})();
