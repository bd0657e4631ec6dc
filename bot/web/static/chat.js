// Sends without loading the page anew. Without this script every form does the same by itself.
(() => {
  "use strict";

  const log = document.getElementById("log");
  const composer = document.getElementById("composer");
  const field = document.getElementById("message");
  const problem = document.getElementById("problem");
  const state = document.getElementById("state");
  const LOST = "送れませんでした。電波の状態を確かめて、もう一度お試しください。";
  let line = Promise.resolve();

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

  const post = async (form, body) => {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { "Madoguchi-Fragment": "1" },
      body,
    });
    const text = await response.text();
    if (response.status === 422) return { problem: text };
    if (!response.ok) return { problem: LOST };
    return { html: text, erased: response.headers.has("Madoguchi-Erased") };
  };

  // Nothing is lost: the words go back in front of what was typed meanwhile.
  const giveBack = (form, body, text) => {
    problem.textContent = text;
    if (form === composer) {
      field.value = [body.get("message"), field.value].filter(Boolean).join(" ");
      field.setAttribute("aria-invalid", "true");
      field.focus();
    } else {
      delete form.dataset.sent;
    }
  };

  const send = async (form, body) => {
    const slow = setTimeout(() => (state.textContent = "送っています…"), 700);
    const result = await post(form, body).catch(() => ({ problem: LOST }));
    clearTimeout(slow);
    state.textContent = "";
    if (result.problem) {
      giveBack(form, body, result.problem);
      return;
    }
    add(result.html, result.erased);
    focusAfter(form, showNewest("auto"));
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-chat]")) return;
    event.preventDefault();
    if (form === composer && field.value.trim() === "") {
      field.focus();
      return;
    }
    if (form.dataset.sent) return;
    const body = new URLSearchParams(new FormData(form));
    problem.textContent = "";
    field.removeAttribute("aria-invalid");
    if (form === composer) field.value = "";
    else form.dataset.sent = "yes";
    // One after the other: the second question may be about the first answer.
    line = line.then(() => send(form, body));
  });

  showNewest("instant");
})();
