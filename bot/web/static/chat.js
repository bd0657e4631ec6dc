// Sends without loading the page anew. Without this script every form does the same by itself.
(() => {
  "use strict";

  const log = document.getElementById("log");
  const composer = document.getElementById("composer");
  const field = document.getElementById("message");
  const problem = document.getElementById("problem");
  const LOST = "送れませんでした。電波の状態を確かめて、もう一度お試しください。";
  let waiting = false;

  const exchangesOf = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  const forgetOldButtons = () => {
    for (const choices of log.querySelectorAll(".choices")) choices.remove();
    const newest = document.getElementById("newest");
    if (newest) {
      newest.removeAttribute("id");
      newest.removeAttribute("tabindex");
    }
  };

  const showNewest = (behavior) => {
    const newest = document.getElementById("newest");
    if (newest) newest.scrollIntoView({ block: "start", behavior });
    return newest;
  };

  const add = (html, erased) => {
    forgetOldButtons();
    // Only the greeting stays of what was erased.
    if (erased) for (const old of log.querySelectorAll(".exchange ~ .exchange")) old.remove();
    log.append(exchangesOf(html));
  };

  // On a phone the field must not take the focus by itself: its keyboard would hide the answer.
  const focusAfter = (form, newest) => {
    if (form === composer || matchMedia("(any-pointer: fine)").matches) {
      field.focus({ preventScroll: true });
    } else if (newest) {
      newest.focus({ preventScroll: true });
    }
  };

  const setWaiting = (now) => {
    waiting = now;
    composer.classList.toggle("waiting", now);
  };

  const post = async (form) => {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { "Madoguchi-Fragment": "1" },
      body: new URLSearchParams(new FormData(form)),
    });
    const text = await response.text();
    if (response.status === 422) return { problem: text };
    if (!response.ok) return { problem: LOST };
    return { html: text, erased: response.headers.has("Madoguchi-Erased") };
  };

  const send = async (form) => {
    setWaiting(true);
    problem.textContent = "";
    field.removeAttribute("aria-invalid");
    const sent = field.value;
    const result = await post(form).catch(() => ({ problem: LOST }));
    setWaiting(false);
    if (result.problem) {
      problem.textContent = result.problem;
      if (form === composer) {
        field.setAttribute("aria-invalid", "true");
        field.focus();
      }
      return;
    }
    // What was typed while waiting is not thrown away.
    if (form === composer && field.value === sent) field.value = "";
    add(result.html, result.erased);
    focusAfter(form, showNewest("auto"));
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-chat]")) return;
    event.preventDefault();
    if (waiting) return;
    if (form === composer && field.value.trim() === "") field.focus();
    else send(form);
  });

  showNewest("instant");
})();
