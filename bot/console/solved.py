"""「解決しましたか」 as staff see it: by answer, by choice, over time. Nothing under five."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.console.charts import HIDDEN, Row, columns, row
from bot.console.stats_charts import Chart
from bot.services.helpfulness import FEW, Verdicts, verdicts
from bot.store.reactions import Choice


@dataclass(frozen=True)
class Chosen:
    """A question back: what was offered, and what was chosen how often; '' is none of them."""

    offered: tuple[str, ...]
    picked: tuple[tuple[str, int], ...]
    count: int


def chosen_of(choices: Sequence[Choice], title: Callable[[str], str]) -> list[Chosen]:
    """The choices with titles, most chosen first."""
    return [
        Chosen(
            tuple(map(title, each.shown)),
            tuple((title(item) if item else "", n) for item, n in each.chosen.most_common()),
            each.chosen.total(),
        )
        for each in choices
    ]


def not_few(number: int) -> str:
    """A number as staff may see it."""
    return row("", number).shown


def solved_chart(by_day: Mapping[str, Counter[str]], first: date, days: int) -> Chart:
    """The share that an answer helped, by day or week."""
    step = 1 if days <= 7 else 7
    periods = [_period(by_day, first + timedelta(days=n), step) for n in range(0, days, step)]
    title = "解決しましたか"
    rows = [Row(p.item, p.percent if p.count >= FEW else None if p.count else 0) for p in periods]
    table = [_cells(each) for each in periods if each.count]
    note = "棒は、「解決した」「解決しない」を押した人のうち、解決した人の割合（%）です。"
    head = ("日" if step == 1 else "週", "解決した割合（%）", "解決した", "解決しない")
    return Chart("solved", title, head, table, columns(rows, title, 100), note)


def _period(by_day: Mapping[str, Counter[str]], start: date, step: int) -> Verdicts:
    total: Counter[str] = Counter()
    for n in range(step):
        total.update(by_day.get((start + timedelta(days=n)).isoformat(), Counter()))
    return verdicts(f"{start.month}/{start.day}{'' if step == 1 else '〜'}", total)


def _cells(each: Verdicts) -> tuple[str, ...]:
    if each.count < FEW:
        return (each.item, HIDDEN, HIDDEN, HIDDEN)
    return (each.item, str(each.percent), not_few(each.solved), not_few(each.unsolved))
