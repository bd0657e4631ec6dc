"""The calibration plot as SVG, drawn from a table of `training.calibration_table`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SIZE, _MARGIN = 320, 46


def calibration_svg(table: Mapping[str, Any]) -> str:
    """Said probability against the share that was right; a dot's area shows how many messages."""
    total = max(1, sum(row["messages"] for row in table["bins"]))
    dots = "".join(_dot(row, total) for row in table["bins"])
    lines = "".join(_tick(tenth / 5) for tenth in range(6))
    end = _MARGIN + _SIZE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {end + 14} {end + 34}" '
        'font-family="sans-serif" font-size="11" role="img">'
        "<title>自信（横）と実際の正答率（縦）</title>"
        f'<rect width="{end + 14}" height="{end + 34}" fill="#fff"/>{lines}'
        f'<line x1="{_MARGIN}" y1="{_SIZE + 10}" x2="{end}" y2="10" stroke="#888" '
        f'stroke-dasharray="4 3"/>{dots}'
        f'<text x="{_MARGIN + _SIZE / 2}" y="{_SIZE + 46}" text-anchor="middle">'
        f"自信（1番目が正しい確率）　ECE {table['ece']:.3f}</text>"
        f'<text transform="translate(12 {10 + _SIZE / 2}) rotate(-90)" text-anchor="middle">'
        "実際に正しかった割合</text></svg>\n"
    )


def _place(said: float, true: float) -> tuple[float, float]:
    return _MARGIN + said * _SIZE, 10 + (1 - true) * _SIZE


def _dot(row: Mapping[str, Any], total: int) -> str:
    x, y = _place(row["said"], row["true"])
    radius = 3 + 16 * (row["messages"] / total) ** 0.5
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#06a" fill-opacity=".55"/>'


def _tick(value: float) -> str:
    x, y = _place(value, value)
    bottom = 10 + _SIZE
    return (
        f'<line x1="{x}" y1="10" x2="{x}" y2="{bottom}" stroke="#eee"/>'
        f'<line x1="{_MARGIN}" y1="{y}" x2="{_MARGIN + _SIZE}" y2="{y}" stroke="#eee"/>'
        f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{value:.1f}</text>'
        f'<text x="{_MARGIN - 6}" y="{y + 4}" text-anchor="end">{value:.1f}</text>'
    )
