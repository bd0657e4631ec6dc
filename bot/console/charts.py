"""Bar charts as SVG, drawn on the server; each stands beside a table with the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

FEW = 5  # groups smaller than this are hidden: they could be somebody
HIDDEN = "5未満"
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 220, 44, 28
_ROW, _TALL = 30, 44


@dataclass(frozen=True)
class Row:
    """One line of a table and one bar; None is a number too small to show."""

    name: str
    number: int | None

    @property
    def shown(self) -> str:
        """The number in words."""
        return HIDDEN if self.number is None else f"{self.number:,}"


def row(name: str, number: int) -> Row:
    """A row whose number is hidden where it could be somebody; 0 is nobody."""
    return Row(name, number if number == 0 or number >= FEW else None)


def columns(rows: Sequence[Row], title: str, top: int = 0) -> Markup:
    """Upright bars: days or hours. Hidden numbers are drawn as a dotted stub.

    `top` is where the scale ends, 0 for the highest bar.
    """
    top = top or max((r.number or 0 for r in rows), default=0) or 1
    step = (_WIDTH - _LEFT) / max(1, len(rows))
    full = _HEIGHT - _BOTTOM - 16
    parts = [_axis(top, full)]
    every = max(1, len(rows) // 12)
    for place, each in enumerate(rows):
        height = full * (each.number or 0) / top if each.number is not None else 4
        x, y = _LEFT + place * step, 16 + full - height
        kind = "bar few" if each.number is None else "bar"
        parts.append(
            Markup(
                '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"></rect>'
            ).format(kind, x + step * 0.1, y, max(1.0, step * 0.8), height)
        )
        if place % every == 0:
            mark = '<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
            parts.append(Markup(mark).format(x + step / 2, _HEIGHT - 8, each.name))
    return _svg(_WIDTH, _HEIGHT, title, parts)


def bars(rows: Sequence[Row], title: str) -> Markup:
    """Lying bars with their names: topics, outcomes."""
    top = max((r.number or 0 for r in rows), default=0) or 1
    parts = []
    for place, each in enumerate(rows):
        y = place * _ROW
        width = 400 * (each.number or 0) / top if each.number is not None else 6
        parts.append(_name(each.name, y))
        parts.append(_bar("bar few" if each.number is None else "bar", 204, y + 4, width, 20))
        parts.append(_said(each.shown, 212 + width, y))
    return _svg(_WIDTH, max(_ROW, len(rows) * _ROW), title, parts)


@dataclass(frozen=True)
class Share:
    """One lying bar of two parts, with a thin one under it where `below` is known."""

    name: str
    good: int
    bad: int
    below: int | None
    shown: str


def shares(rows: Sequence[Share], title: str) -> Markup:
    """What went well and what did not, one under the other, all to one scale."""
    top = max((each.good + each.bad for each in rows), default=0) or 1
    parts = []
    for place, each in enumerate(rows):
        y, scale = place * _ROW, 360 / top
        parts.append(_name(each.name, y))
        parts.append(_bar("bar", 204, y + 3, each.good * scale, 14))
        if each.bad:
            parts.append(_bar("bar bad", 204 + each.good * scale, y + 3, each.bad * scale, 14))
        if each.below is not None:
            parts.append(_bar("bar below", 204, y + 19, each.below * scale, 6))
        x = 212 + (each.good + each.bad) * scale
        parts.append(_said(each.shown, x, y))
    return _svg(_WIDTH, max(_ROW, len(rows) * _ROW), title, parts)


@dataclass(frozen=True)
class Course:
    """One line over days; None where nothing was noted, -1 for a number too small to show."""

    name: str
    points: Sequence[int | None]
    shown: str


def courses(rows: Sequence[Course], title: str) -> Markup:
    """A line for each name, each to a scale of its own that begins at nobody."""
    parts = []
    for place, each in enumerate(rows):
        y = place * _TALL
        parts.append(_name(each.name, y + 8))
        line = '<line class="grid" x1="204" y1="{0}" x2="564" y2="{0}"></line>'
        parts.append(Markup(line).format(y + _TALL - 6))
        parts += _line(each.points, y)
        parts.append(_said(each.shown, 576, y + 8))
    return _svg(_WIDTH, max(_TALL, len(rows) * _TALL), title, parts)


def _line(points: Sequence[int | None], y: int) -> list[Markup]:
    top = max((point or 0 for point in points), default=0) or 1
    step = 360 / max(1, len(points) - 1)
    found: list[Markup] = []
    run: list[str] = []
    for place, point in enumerate([*points, None]):
        if point is not None and point >= 0:
            height = (_TALL - 14) * point / top
            run.append(f"{204 + place * step:.1f},{y + _TALL - 6 - height:.1f}")
            continue
        if len(run) == 1:
            x, _, dot = run[0].partition(",")
            found.append(
                Markup('<circle class="dot" cx="{}" cy="{}" r="3"></circle>').format(x, dot)
            )
        elif run:
            found.append(
                Markup('<polyline class="course" points="{}"></polyline>').format(" ".join(run))
            )
        run = []
        if point is not None:
            found.append(_bar("bar few", 202 + place * step, y + _TALL - 10, 4, 4))
    return found


def _name(name: str, y: float) -> Markup:
    short = name if len(name) <= 14 else f"{name[:13]}…"
    text = '<text class="tick" x="196" y="{}" text-anchor="end">{}</text>'
    return Markup(text).format(y + 20, short)


def _said(text: str, x: float, y: float) -> Markup:
    said = '<text class="tick" x="{:.1f}" y="{}" text-anchor="start">{}</text>'
    return Markup(said).format(x, y + 20, text)


def _bar(kind: str, x: float, y: float, width: float, height: float) -> Markup:
    rect = '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}"></rect>'
    return Markup(rect).format(kind, x, y, max(1.0, width), height)


def _axis(top: int, full: int) -> Markup:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = 16 + full - full * share
        line = '<line class="grid" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"></line>'
        lines.append(Markup(line).format(_LEFT, y, _WIDTH, y))
        text = '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        lines.append(Markup(text).format(_LEFT - 6, y + 4, f"{round(top * share):,}"))
    return Markup("").join(lines)


def _svg(width: int, height: int, title: str, parts: Sequence[Markup]) -> Markup:
    head = '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">'
    said = f"{title}（同じ数字が表にもあります）"
    return Markup("{}{}</svg>").format(
        Markup(head).format(width, height, escape(said)), Markup("").join(parts)
    )
