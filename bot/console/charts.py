"""Bar charts as SVG, drawn on the server; each stands beside a table with the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

FEW = 5  # groups smaller than this are hidden: they could be somebody
HIDDEN = "5未満"
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 220, 44, 28
_ROW = 30


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


def columns(rows: Sequence[Row], title: str) -> Markup:
    """Upright bars: days or hours. Hidden numbers are drawn as a dotted stub."""
    top = max((r.number or 0 for r in rows), default=0) or 1
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
        name = each.name if len(each.name) <= 14 else f"{each.name[:13]}…"
        text = '<text class="tick" x="{}" y="{}" text-anchor="{}">{}</text>'
        parts.append(Markup(text).format(196, y + 20, "end", name))
        parts.append(
            Markup('<rect class="{}" x="204" y="{}" width="{:.1f}" height="20"></rect>').format(
                "bar few" if each.number is None else "bar", y + 4, max(1.0, width)
            )
        )
        parts.append(Markup(text).format(f"{212 + width:.1f}", y + 20, "start", each.shown))
    return _svg(_WIDTH, max(_ROW, len(rows) * _ROW), title, parts)


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
