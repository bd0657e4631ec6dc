// Keeps the numbers of a sending fresh. Without this script the button 「いまの数を見る」 does it.
(() => {
  "use strict";

  const EVERY = 2000;

  const look = async () => {
    const old = document.getElementById("progress");
    if (!old || !old.dataset.poll) return;
    if (!document.hidden && !old.contains(document.activeElement)) {
      try {
        const response = await fetch(old.dataset.poll);
        if (!response.ok || response.redirected) return;
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const fresh = page.getElementById("progress");
        if (!fresh) return;
        if (!fresh.dataset.poll) {
          // It is over: what can be done now stands on the whole page.
          location.reload();
          return;
        }
        // The line that is read aloud stays the same element; only its words change.
        const said = old.querySelector('[role="status"]');
        const words = fresh.querySelector('[role="status"]');
        if (said.textContent !== words.textContent) said.textContent = words.textContent;
        words.replaceWith(said);
        old.replaceChildren(...fresh.childNodes);
      } catch {
        // The network is gone for a moment: the next look will tell.
      }
    }
    setTimeout(look, EVERY);
  };

  setTimeout(look, EVERY);
})();
