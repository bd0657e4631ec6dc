"""The bot's own sentences: which there are, what stands in their braces, in which language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

JAPANESE = "ja"
_NONE: frozenset[str] = frozenset()

# Key -> the names that may stand in braces. The sentences are in intents/wording/LANGUAGE.yaml.
SENTENCES: Mapping[str, frozenset[str]] = {
    "name": _NONE,
    "choices_prompt": _NONE,
    "none_of_these": _NONE,
    "fallback": _NONE,
    "fallback_near": _NONE,
    "fallback_again": _NONE,
    "empty": _NONE,
    "too_long": _NONE,
    "slow_down": _NONE,
    "contact_title": _NONE,
    "contact_phone": frozenset({"name", "phone"}),
    "contact_no_phone": frozenset({"name"}),
    "handoff": frozenset({"city"}),
    "handoff_button": _NONE,
    "menu_button": _NONE,
    "menu": _NONE,
    "my_number": _NONE,
    "personal": _NONE,
    "facet_unknown": frozenset({"title", "facet", "name"}),
    "facet_online_in_operation": frozenset({"title"}),
    "facet_online_planned": frozenset({"title", "as_of"}),
    "facet_online_under_consideration": frozenset({"title", "as_of"}),
    "elsewhere": frozenset({"city", "other"}),
    "elsewhere_here": frozenset({"city"}),
    "goes_on": frozenset({"title"}),
    "goes_on_ask": frozenset({"name"}),
    "goes_on_which": _NONE,
    "facet_no_context": frozenset({"facet"}),
    "items": _NONE,
    "fee": _NONE,
    "online": _NONE,
    "phone": _NONE,
    "when": _NONE,
    "where": _NONE,
    "who": _NONE,
    "other_than_last": frozenset({"title"}),
    "gone": _NONE,
    "no_such_choice": _NONE,
    "classes": frozenset({"city"}),
    "no_classes": frozenset({"city"}),
    "sessions": frozenset({"city", "count"}),
    "sessions_then": frozenset({"city", "count", "days"}),
    "sessions_other_days": frozenset({"city", "days"}),
    "no_sessions": frozenset({"city"}),
    "sessions_button": _NONE,
    "sessions_more": _NONE,
    "session_when": frozenset({"when"}),
    "session_running": frozenset({"when"}),
    "session_where": frozenset({"where"}),
    "session_target": frozenset({"target"}),
    "session_fee": frozenset({"fee"}),
    "session_capacity": frozenset({"capacity"}),
    "session_apply_until": frozenset({"until"}),
    "session_closed": frozenset({"until"}),
    "session_how": frozenset({"how"}),
    "session_page": _NONE,
    "session_map": _NONE,
    "session_calendar": _NONE,
    "solved_yes": _NONE,
    "solved_no": _NONE,
    "solved": _NONE,
    "unsolved": _NONE,
    "settings": _NONE,
    "settings_button": _NONE,
    "settings_intro": _NONE,
    "settings_elsewhere": _NONE,
    "settings_line": frozenset({"title", "chosen"}),
    "settings_now": frozenset({"chosen"}),
    "settings_none": _NONE,
    "settings_many": _NONE,
    "settings_more_on_web": _NONE,
    "settings_skip": _NONE,
    "settings_next": _NONE,
    "settings_end": _NONE,
    "settings_clear": _NONE,
    "settings_other": _NONE,
    "settings_back": _NONE,
    "settings_older": _NONE,
    "settings_month": frozenset({"year"}),
    "settings_month_year": _NONE,
    "settings_month_label": frozenset({"year", "month"}),
    "settings_month_wrong": _NONE,
    "settings_month_full": frozenset({"count"}),
    "settings_done": _NONE,
    "settings_changed": _NONE,
    "settings_same": _NONE,
    "settings_erase": _NONE,
    "settings_web": _NONE,
    "settings_web_button": _NONE,
    "settings_web_link": _NONE,
    "quiet_hours_title": _NONE,
    "quiet_hours_reason": _NONE,
    "quiet_hours_label": frozenset({"start", "end"}),
    "monthly_cap_title": _NONE,
    "monthly_cap_reason": _NONE,
    "monthly_cap_label": frozenset({"count"}),
    "stop": _NONE,
    "stop_settings": _NONE,
    "why_chosen": _NONE,
    "why_everyone": _NONE,
    "why_changed": _NONE,
    "why_correction": _NONE,
    "why_test": _NONE,
    "why_unknown": _NONE,
    "my_data": frozenset({"days"}),
    "erase_ask": _NONE,
    "erase_yes": _NONE,
    "erase_no": _NONE,
    "erased": _NONE,
    "erase_elsewhere": _NONE,
    "kept": _NONE,
    "language_ask": _NONE,
    "language_set": frozenset({"name"}),
    "note": frozenset({"source", "as_of"}),
    "note_common": frozenset({"as_of"}),
    "old": frozenset({"as_of"}),
    "other_year": frozenset({"asked", "as_of"}),
    "sensitive_alt": _NONE,
    "call": frozenset({"name"}),
    "sticker": _NONE,
    "media": _NONE,
    "location": _NONE,
    "follow": frozenset({"city", "days"}),
    "privacy_button": _NONE,
    "group_joined": _NONE,
    "group_private": _NONE,
    "more_button": _NONE,
}


@dataclass(frozen=True)
class Wording:
    """The sentences of one language; what it lacks is said in Japanese."""

    language: str
    sentences: Mapping[str, str]
    japanese: Mapping[str, str]

    def say(self, key: str, **values: str) -> str:
        """The sentence for `key` with its braces filled."""
        return (self.sentences.get(key) or self.japanese[key]).format(**values)


def wording(sentences: Mapping[str, Mapping[str, str]], language: str) -> Wording:
    """The wording of `language` out of Content.wording."""
    return Wording(language, sentences.get(language, {}), sentences[JAPANESE])
