// Makes the announcement pages quicker to use. Without this script every form and button does the same.
(() => {
  "use strict";

  // --- who fills in a field has made the choice it belongs to ---

  const CHOICES = {
    segment_name: ["audience", "saved"],
    rule: ["audience", "rule"],
    send_at: ["when", "at"],
    weekdays: ["when", "repeat"],
    days: ["when", "repeat"],
    at: ["when", "repeat"],
    every: ["when", "repeat"],
  };

  const form = document.getElementById("editor");
  if (form) {
    form.addEventListener("input", (event) => {
      const choice = CHOICES[event.target.name];
      const field = choice && form.querySelector(`[name="${choice[0]}"][value="${choice[1]}"]`);
      if (field && field.type === "radio") field.checked = true;
    });
  }

  // --- the numbers of a sending, kept fresh ---

  const EVERY = 2000;
  // A page that nobody touches must not keep its person signed in for ever.
  const UNTOUCHED = 10 * 60 * 1000;
  let touched = Date.now();
  for (const sign of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    document.addEventListener(sign, () => (touched = Date.now()), { passive: true });
  }

  const look = async () => {
    const old = document.getElementById("progress");
    if (!old || !old.dataset.poll || Date.now() - touched > UNTOUCHED) return;
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
