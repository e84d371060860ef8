// Tells the page that opened this window how connecting went, at the network's own origin alone, and closes it.
"use strict";
const { origin, outcome } = document.currentScript.dataset;
if (window.opener) {
  window.opener.postMessage({ from: "feeds", outcome }, origin);
  window.close();
}
