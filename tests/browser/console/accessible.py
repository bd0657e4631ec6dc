"""What can be checked of accessibility: axe-core, names, labels, headings, contrast, width."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

from tests.browser.test_chat_page import CONTRAST, overflow

_NAMES = """() => {
  const wrong = [];
  const seen = new Set();
  for (const each of document.querySelectorAll("[id]")) {
    if (seen.has(each.id)) wrong.push(`id twice: ${each.id}`);
    seen.add(each.id);
  }
  for (const each of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (each.closest("[hidden]") || each.hidden) continue;
    if (!each.labels.length && !each.getAttribute("aria-label")) wrong.push(`no label: ${each.name}`);
    for (const id of (each.getAttribute("aria-describedby") || "").split(" ").filter(Boolean)) {
      if (!document.getElementById(id)) wrong.push(`described by nothing: ${id}`);
    }
  }
  for (const each of document.querySelectorAll("button, a[href], summary")) {
    if (!each.textContent.trim() && !each.getAttribute("aria-label") && each.ariaHidden !== "true") {
      wrong.push(`no name: ${each.outerHTML.slice(0, 80)}`);
    }
  }
  for (const each of document.querySelectorAll("[aria-labelledby]")) {
    if (!document.getElementById(each.getAttribute("aria-labelledby"))) {
      wrong.push(`labelled by nothing: ${each.getAttribute("aria-labelledby")}`);
    }
  }
  for (const each of document.querySelectorAll("table")) {
    if (!each.querySelector("th[scope]")) wrong.push("a table without headings");
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
  let last = 1;
  for (const each of document.querySelectorAll("h1, h2, h3, h4")) {
    const level = Number(each.tagName[1]);
    if (level > last + 1) wrong.push(`heading jumps: ${each.innerText}`);
    last = level;
  }
  return wrong;
}"""
# Only what hinders people: axe calls that serious or critical.
_AXE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter((v) => v.impact === "serious" || v.impact === "critical")
  .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | ")}`)"""
# The words of this field are drawn by the copy behind it, which is looked at too.
_DRAWN = "[...document.querySelectorAll('.code.lit textarea')].map((e) => e.defaultValue.trim())"


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def problems(page: Page) -> list[Any]:
    """Everything wrong with the page as it stands, in both colour schemes."""
    found: list[Any] = page.evaluate(_NAMES)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        drawn = page.evaluate(_DRAWN)
        found += [each for each in page.evaluate(CONTRAST) if each[0] not in drawn]
    page.emulate_media(color_scheme="light")
    page.evaluate(_axe())
    found += page.evaluate(_AXE)
    size = page.viewport_size
    assert size is not None
    for width, zoom in ((320, 100), (375, 200), (1280, 100)):
        page.set_viewport_size({"width": width, "height": 700})
        page.evaluate(f"document.documentElement.style.setProperty('font-size', '{zoom}%')")
        if overflow(page):
            found.append(f"{overflow(page)} px too wide at {width} px and {zoom} %")
    page.evaluate("document.documentElement.style.removeProperty('font-size')")
    page.set_viewport_size(size)
    return found
