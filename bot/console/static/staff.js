// Makes the console quicker to use. Without this script every form does the same by itself.
(() => {
  "use strict";

  document.documentElement.classList.add("js");

  const said = document.querySelector("[data-focus]");
  if (said) said.focus();

  // --- how long an answer is ---

  for (const area of document.querySelectorAll("textarea[data-limit]")) {
    const count = document.querySelector(`[data-count="${area.id}"]`);
    const limit = Number(area.dataset.limit);
    const show = () => {
      const length = [...area.value.trim()].length;
      count.textContent = `${length}字／${limit}字まで`;
      count.classList.toggle("over", length > limit);
    };
    area.addEventListener("input", show);
    show();
  }

  // --- a text with line numbers, colours and problems beside its lines ---

  const box = document.querySelector("[data-code]");
  const source = box && box.querySelector("textarea");
  const PIECES = /^(\s*(?:- +)*)([^\s:#"'[{][^:#]*)(:(?=\s|$))(.*)$/;

  const piece = (text, kind) => {
    const span = document.createElement("span");
    span.textContent = text;
    if (kind) span.className = kind;
    return span;
  };

  const coloured = (text) => {
    if (/^\s*#/.test(text)) return [piece(text, "tok-note")];
    const found = PIECES.exec(text);
    if (!found) {
      const dash = /^(\s*(?:- +)*)(.*)$/.exec(text);
      return [piece(dash[1], "tok-mark"), piece(dash[2])];
    }
    const [, lead, key, colon, rest] = found;
    return [piece(lead, "tok-mark"), piece(key + colon, "tok-key"), piece(rest)];
  };

  const problems = () => {
    const at = new Map();
    for (const each of document.querySelectorAll("#results [data-line]")) {
      const line = Number(each.dataset.line);
      if (line && !at.has(line)) {
        at.set(line, { bad: !each.classList.contains("warn"), text: each.textContent });
      }
    }
    return at;
  };

  const code = () => {
    const back = document.createElement("pre");
    back.setAttribute("aria-hidden", "true");
    box.prepend(back);
    box.classList.add("lit");
    const draw = () => {
      const at = problems();
      back.replaceChildren(
        ...source.value.split("\n").map((text, place) => {
          const line = document.createElement("span");
          line.dataset.n = place + 1;
          line.append(...coloured(text));
          const wrong = at.get(place + 1);
          if (wrong) {
            line.className = wrong.bad ? "bad" : "warned";
            line.append(piece(`← ${wrong.text.replace(/^\d+行目：/, "")}`, "note-beside"));
          }
          return line;
        }),
      );
      follow();
    };
    const follow = () => {
      back.scrollTop = source.scrollTop;
      back.scrollLeft = source.scrollLeft;
    };
    source.addEventListener("input", draw);
    source.addEventListener("scroll", follow);
    draw();
    return draw;
  };

  const goto = (line) => {
    const lines = source.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    source.focus();
    source.setSelectionRange(start, start + (lines[line - 1] || "").length);
    source.scrollTop = Math.max(0, (line - 6) * 24);
  };

  const lineHere = () => source.value.slice(0, source.selectionStart).split("\n").length;

  // --- the keys that may stand here ---

  const completion = () => {
    const keys = box.dataset.keys.split(" ").filter(Boolean);
    let list = null;
    let chosen = 0;
    const word = () => /[a-z_]*$/.exec(source.value.slice(0, source.selectionStart))[0];
    const close = () => {
      if (list) list.remove();
      list = null;
      source.removeAttribute("aria-activedescendant");
      source.removeAttribute("aria-controls");
    };
    const mark = () => {
      [...list.children].forEach((each, place) => {
        each.setAttribute("aria-selected", place === chosen);
        if (place === chosen) {
          source.setAttribute("aria-activedescendant", each.id);
          each.scrollIntoView({ block: "nearest" });
        }
      });
    };
    const take = (key) => {
      const typed = word();
      const at = source.selectionStart;
      source.setRangeText(`${key}: `, at - typed.length, at, "end");
      close();
      source.focus();
      source.dispatchEvent(new Event("input"));
    };
    const open = () => {
      close();
      const found = keys.filter((key) => key.startsWith(word()));
      if (!found.length) return;
      list = document.createElement("ul");
      list.className = "offers";
      list.id = "offers";
      list.setAttribute("role", "listbox");
      list.setAttribute("aria-label", "使えるキー");
      found.forEach((key, place) => {
        const each = document.createElement("li");
        each.id = `offer-${place}`;
        each.setAttribute("role", "option");
        each.textContent = key;
        each.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(key);
        });
        list.append(each);
      });
      box.append(list);
      const top = (lineHere() + 0.5) * 24 - source.scrollTop;
      list.style.top = `${Math.min(top, source.clientHeight - 100)}px`;
      list.style.left = "4.5rem";
      source.setAttribute("aria-controls", "offers");
      chosen = 0;
      mark();
    };
    source.addEventListener("keydown", (event) => {
      if (event.ctrlKey && event.code === "Space") {
        event.preventDefault();
        open();
        return;
      }
      if (!list) return;
      const size = list.children.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        chosen = (chosen + (event.key === "ArrowDown" ? 1 : size - 1)) % size;
        mark();
      } else if (event.key === "Enter") {
        event.preventDefault();
        take(list.children[chosen].textContent);
      } else if (event.key === "Escape") {
        close();
      }
    });
    source.addEventListener("input", () => list && open());
    source.addEventListener("blur", close);
  };

  let draw = () => {};
  if (source) {
    draw = code();
    completion();
    const wanted = Number(document.getElementById("line").value);
    if (wanted) goto(wanted);
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-goto]");
      if (!link) return;
      event.preventDefault();
      goto(Number(link.dataset.goto));
    });
  }

  // --- check, try and compare without leaving the page ---

  const results = document.getElementById("results");

  const swap = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.getElementById("results");
    if (!fresh) return false;
    results.replaceChildren(...fresh.childNodes);
    const form = document.getElementById("editor");
    for (const old of form.querySelectorAll('input[name="said"]')) old.remove();
    form.prepend(...page.querySelectorAll('#editor input[name="said"]'));
    const wrong = page.querySelector("main > [data-focus]");
    const shown = document.querySelector("main > [data-focus]");
    if (shown) shown.remove();
    if (wrong) document.querySelector("h1").after(wrong);
    return true;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    if (source) document.getElementById("line").value = lineHere();
    if (!form.matches("[data-partial]") || !button || button.hasAttribute("data-whole")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, button));
    results.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(form.action, { method: "POST", body });
      const html = await response.text();
      // Signed out, or somebody else was quicker: the whole page says so.
      if (response.redirected || response.status === 409 || !swap(html)) {
        form.dataset.partial = "";
        form.removeAttribute("data-partial");
        form.requestSubmit(button);
        return;
      }
      draw();
      const ask = document.getElementById("ask");
      if (button.value === "ask") ask.value = "";
      else if (button.value !== "forget") {
        document.querySelector("#report, #h-problems").scrollIntoView({ block: "nearest" });
      }
    } finally {
      results.setAttribute("aria-busy", "false");
    }
  });

  // Enter in the question field asks; in any other field it checks.
  const ask = document.getElementById("ask");
  if (ask) {
    ask.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      ask.form.requestSubmit(ask.form.querySelector('button[value="ask"]'));
    });
  }

  // --- the segment builder says its rule and counts while it is being built ---

  const live = document.querySelector("[data-live]");
  let waiting = 0;
  let asking = null;

  const show = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const old of document.querySelectorAll("[data-swap]")) {
      const fresh = page.getElementById(old.id);
      if (fresh && fresh.innerHTML !== old.innerHTML) old.replaceChildren(...fresh.childNodes);
    }
  };

  const count = async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    const body = new URLSearchParams(new FormData(live));
    body.set("do", "count");
    try {
      const signal = asking.signal;
      const response = await fetch(live.action, { method: "POST", body, signal });
      // Signed out: the next button that is pressed says so.
      if (response.ok && !response.redirected) show(await response.text());
    } catch (error) {
      if (error.name !== "AbortError") asking = null;
    }
  };

  if (live) {
    const later = (event) => {
      if (["name", "why"].includes(event.target.name) || event.target.name.endsWith(".new")) return;
      clearTimeout(waiting);
      waiting = setTimeout(count, 300);
    };
    live.addEventListener("input", later);
    live.addEventListener("change", later);
    live.addEventListener("submit", () => clearTimeout(waiting));
  }

  // --- who writes for long stays signed in: the server hears of no typing by itself ---

  const STILL_HERE = 5 * 60 * 1000;
  const account = document.querySelector(".who a");
  let heard = Date.now();
  document.addEventListener("input", () => {
    if (!account || Date.now() - heard < STILL_HERE) return;
    heard = Date.now();
    fetch(account.href, { method: "HEAD" }).catch(() => {});
  });
})();
