"""Dialogues that staff can read, played against the shipped content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.content.yamlread import read_yaml
from bot.core.attributes import Profile
from bot.core.changes import with_changes
from bot.core.preferences import lines
from bot.core.replies import Text
from bot.core.resident import Resident
from bot.line.limits import check_messages
from bot.line.render import render
from bot.services.answering import Spoken, speak
from bot.services.library import Library
from tests.conftest import NOW

FOLDER = Path(__file__).parent / "conversations"
KEYS = {
    "says",
    "presses",
    "decision",
    "id",
    "answers",
    "never",
    "buttons",
    "first_button",
    "last_buttons",
    "no_buttons",
    "kept",
    "erased",
    "chosen",
}


def dialogues() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        value, problems = read_yaml(path.name, path.read_bytes())
        assert problems == [], "\n".join(map(str, problems))
        found += [pytest.param(each, id=f"{path.stem}:{each['name']}") for each in value]
    return found


@pytest.mark.parametrize("dialogue", dialogues())
def test_the_dialogue_goes_as_written(library: Library, dialogue: Any) -> None:
    view, state, profile = library.view(dialogue["city"]), None, Profile()
    for turn in dialogue["turns"]:
        assert set(turn) <= KEYS
        resident = someone(profile) if dialogue.get("resident") == "true" else None
        said, pressed = turn.get("says", ""), turn.get("presses", "")
        spoken = speak(view, said, state, NOW, pressed, resident)
        state = spoken.state
        profile = with_changes(profile, spoken.turn.changes)
        wrong = list(complaints(turn, spoken))
        if "chosen" in turn and lines(view, "ja", profile) != turn["chosen"]:
            wrong.append(f"chosen: {lines(view, 'ja', profile)}")
        assert wrong == [], f"「{turn.get('says', '')}」: " + "; ".join(wrong)


def someone(profile: Profile) -> Resident:
    """A resident on LINE who has chosen `profile`."""
    return Resident(lambda: profile, lambda number: None)


def complaints(turn: Any, spoken: Spoken) -> list[str]:
    """What differs from what the dialogue expects, in words."""
    answered, said = spoken.turn, words_of(spoken)
    first = answered.candidates[0].id if answered.candidates else ""
    buttons = [button.label for button in answered.reply.quick_replies]
    wrong = [f"LINE refuses: {each}" for each in check_messages(render(answered.reply))]
    if turn.get("decision", answered.decision) != answered.decision:
        wrong.append(f"{answered.decision}, not {turn['decision']} ({first}: {said[:60]})")
    if turn.get("id", first) != first:
        wrong.append(f"{first}, not {turn['id']}")
    wrong += [
        f"「{words}」 is missing in 「{said}」"
        for words in turn.get("answers", ())
        if words not in said
    ]
    wrong += [f"「{words}」 is said" for words in turn.get("never", ()) if words in said]
    wrong += [
        f"no button 「{each}」 in {buttons}"
        for each in turn.get("buttons", ())
        if each not in buttons
    ]
    if "first_button" in turn and buttons[:1] != [turn["first_button"]]:
        wrong.append(f"first button of {buttons}")
    last = turn.get("last_buttons", [])
    if last and buttons[-len(last) :] != last:
        wrong.append(f"last buttons of {buttons}")
    wrong += [f"button 「{each}」" for each in turn.get("no_buttons", ()) if each in buttons]
    made = answered.reaction
    kept = "・".join([made.kind, made.item, *made.shown]) if made else "nothing"
    if turn.get("kept", kept) != kept:
        wrong.append(f"kept {kept}")
    if answered.erase != (turn.get("erased") == "true"):
        wrong.append("erased" if answered.erase else "not erased")
    return wrong


def words_of(spoken: Spoken) -> str:
    parts = spoken.turn.reply.parts
    return "\n".join(p.text if isinstance(p, Text) else f"{p.title}\n{p.body}" for p in parts)


def test_there_are_dialogues_for_every_city() -> None:
    cities = {parameter.values[0]["city"] for parameter in dialogues()}
    assert cities == {"hachinohe", "goshogawara", "yachiyo", "hachioji", "onojo"}
    assert len(dialogues()) >= 25
