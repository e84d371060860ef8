// The page follows the files: it is loaded anew when the server says that one was saved.
"use strict";
{
  const shown = document.currentScript.dataset.version;
  let source = null;
  const listen = () => {
    source = new EventSource("/changes?after=" + encodeURIComponent(shown));
    source.onmessage = (event) => {
      if (event.data !== shown) {
        source.close();
        location.reload();
      }
    };
  };
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
  listen();
}
