"""What approval fixes for good: the messages, whom they are for, their name in statistics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.attributes import CityCatalog
from bot.core.segment_rules import parse_rule, rule_data
from bot.core.segments import Rule


class _AnyCity(CityCatalog):
    """Takes every value: what was approved stays readable when choices change afterwards."""

    def knows(self, attribute: str, value: str) -> bool:
        return True


_ANY_CITY = _AnyCity({})


@dataclass(frozen=True)
class Target:
    """Whom an announcement is for.

    `rule` is what is asked of residents (an emergency's without topics and life stages).
    `received`: instead, those who got that announcement. `broadcast`: LINE's own everyone.
    """

    rule: Rule | None = None
    received: int | None = None
    broadcast: bool = False


@dataclass(frozen=True)
class Frozen:
    """What approval fixed for good: messages by language, whom it is for, its statistics unit."""

    messages: Mapping[str, list[dict[str, Any]]]
    target: Target
    unit: str

    def to_json(self) -> str:
        """As it is stored."""
        rule = rule_data(self.target.rule) if self.target.rule is not None else None
        target = {"rule": rule, "received": self.target.received}
        return json.dumps(
            {
                "messages": self.messages,
                "target": {**target, "broadcast": self.target.broadcast},
                "unit": self.unit,
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Frozen:
        """The inverse of `to_json`, whatever choices the city has stopped to offer since."""
        data = json.loads(text)
        target = data["target"]
        rule = None
        if target["rule"] is not None:
            rule = parse_rule(target["rule"], _ANY_CITY).rule
        return cls(
            data["messages"],
            Target(rule, target["received"], target["broadcast"]),
            data["unit"],
        )
