"""「スマホ教室のお知らせがほしい」「イベントのお知らせを止めて」: settings changed by talking. Pure.

Only a message that says nothing else is taken: a question that merely mentions the same words
must be answered, and nobody's settings may change by accident.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot.core.attributes import (
    CHILD_BIRTH_MONTH,
    DISTRICT,
    LIFE_STAGE,
    TOPICS,
    CityCatalog,
    month_of,
    month_text,
)
from bot.core.changes import MONTHLY_CAP, QUIET_HOURS, Change, is_possible
from bot.core.preferences import Step
from bot.core.text import fold
from bot.core.years import periods

_NEWS = re.compile(r"お知らせ|おしらせ|通知|配信")
_OTHER_NEWS = re.compile(r"情報|ニュース|案内|メッセージ")
_STOP = re.compile(
    r"止めて|とめて|やめて|止めたい|とめたい|やめたい|いらない|いりません|要らない|要りません|不要|必要ない|"
    r"外して|はずして|外したい|解除|停止|オフ|送らないで|送らなくて(?:いい|よい)|消して|削除|取り消し|なくして|受け取らない|受け取りたくない"
)
_WANT = re.compile(
    r"(?:ほしい|欲しい)|受け取りたい|受けとりたい|受取りたい|受け取る|受け取ります|届けて|とどけて|"
    r"送って|知らせて|希望|オンにして|お願いします|選びたい|追加|登録"
)
_HINT = re.compile("|".join(each.pattern for each in (_NEWS, _OTHER_NEWS, _STOP)))
_NAMED = (DISTRICT, LIFE_STAGE, CHILD_BIRTH_MONTH)  # changed by naming them alone
_SET = re.compile(r"にして|にする|に変更|に変えて|に設定|に登録|です$|[はを]?$")
_ONLY = re.compile(r"だけ|のみ")
_FILLER = re.compile(
    r"[\s。、,.!！・～〜「」#]|に関する|関係の|についての|関連の|だけ|のみ|もう|今後|これから|全部|すべて|毎回|"
    r"生まれの子|生まれ|子ども|子供|こども|お子さん|して|ください|下さい|ほしい|欲しい|もらえますか|もらえる|"
    r"お願いします|お願い|おねがい|です|ます|したい|たい|する|ように|まで|以内|から|ので|けど|よ|ね|の|を|が|は|も|に|で|と|や|へ|か|し"
)
_VOLUME_WORDS: Mapping[str, tuple[str, ...]] = {
    QUIET_HOURS: ("受け取らない時間", "止める時間", "静かな時間", "おやすみ時間"),
    MONTHLY_CAP: ("1か月の上限", "月の上限", "上限", "通数", "回数"),
}
_CAP = re.compile(r"(?:毎月|1[かヶカケ]月|ひと月|月)に?(\d{1,2})(?:回|通|件)(?:まで|以内)?")
_PLAIN_CAP = re.compile(r"(\d{1,2})(?:回|通|件|つ)?(?:まで|以内)?")
_HOURS = re.compile(r"(\d{1,2})時(?:から|~|-)(?:翌日?の?|朝の?)?(\d{1,2})時(?:まで|の間)?は?")
_NIGHT = re.compile(r"夜間|夜中|深夜|夜|寝ている間")
_NOTHING = re.compile(r"(?!)")
_DAY = re.compile(r"(?<=月)\s?\d{1,2}日")


@dataclass(frozen=True)
class Wish:
    """What the resident asked for: changes, or else a step to look at.

    Not `sure`: where nobody's settings can be changed the same words are a question.
    """

    changes: tuple[Change, ...] = ()
    step: str = ""
    sure: bool = True


def may_be_wish(text: str, catalog: CityCatalog, asking: str = "") -> bool:
    """False for most messages: then nothing more need be looked at."""
    folded = fold(text)
    return bool(asking or _HINT.search(folded) or _named(_NAMED, catalog).search(folded))


def read_wish(
    text: str, steps: Sequence[Step], catalog: CityCatalog, today: date, asking: str = ""
) -> Wish | None:
    """What a message asks to change; None for one that says anything else.

    In the middle of the step `asking` its choices need no more words. What no chat offers is not
    read. The wish may hold a step to open where the value is not among its choices.
    """
    folded = fold(text)
    reading = _Reading(folded, {step.id: step for step in steps}, catalog, today, asking)
    return reading.volume() or reading.children() or reading.choices() or reading.whole_attribute()


@dataclass(frozen=True)
class _Reading:
    text: str
    steps: Mapping[str, Step]
    catalog: CityCatalog
    today: date
    asking: str

    def choices(self) -> Wish | None:
        """Named choices, wanted or not wanted any more."""
        words = _choice_words(tuple(self.steps.values()), self.asking)
        if not words:
            return None
        pattern = _alternatives(tuple(words))
        found = list(dict.fromkeys(words[word] for word in pattern.findall(self.text)))
        if not found:
            return None
        rest = pattern.sub("#", self.text)
        stop = bool(_STOP.search(rest))
        if not (self._asks_for_news(rest, stop) or self._sets(rest, found) or self._answers(found)):
            return None
        if not self._says_nothing_else(rest, {attribute for attribute, _ in found}):
            return None
        only = not stop and _ONLY.search(rest) and {a for a, _ in found} == {TOPICS}
        first = (Change(TOPICS, on=False),) if only else ()
        changes = (*first, *(Change(a, value, not stop) for a, value in found))
        return Wish(changes, sure=bool(_NEWS.search(rest)))

    def whole_attribute(self) -> Wish | None:
        """「地区を消して」「ジャンルを全部外して」."""
        if not _STOP.search(self.text):
            return None
        for step in self.steps.values():
            names = (step.title, *self._names(step.id))
            rest = _alternatives(names).sub("#", self.text, count=1)
            if rest != self.text and self._says_nothing_else(re.sub("登録|設定", "", rest), set()):
                return Wish((Change(step.id, on=False),))
        return None

    def children(self) -> Wish | None:
        """Birth months: in their step alone, elsewhere with the words 「誕生月」."""
        if CHILD_BIRTH_MONTH not in self.steps:
            return None
        names = _alternatives(self._names(CHILD_BIRTH_MONTH))
        if self.asking != CHILD_BIRTH_MONTH and not names.search(self.text):
            return None
        text = _DAY.sub("", self.text)  # the day is not wanted and not kept
        found = periods(text)
        months = [p for p in found if month_of(p.start) == month_of(p.end)]
        if not months or len(months) < len(found):
            return None
        rest = names.sub("#", text)
        for period in months:
            rest = rest.replace(period.words, "#", 1)
        rest = re.sub("登録|追加|設定", "", rest)
        if not self._says_nothing_else(rest, set()):
            return None
        on = not _STOP.search(rest)
        changes = [Change(CHILD_BIRTH_MONTH, month_text(month_of(p.start)), on) for p in months]
        if all(is_possible(change, self.catalog, self.today) for change in changes):
            return Wish(tuple(changes))
        return Wish(step=CHILD_BIRTH_MONTH)

    def volume(self) -> Wish | None:
        """「通知は月4回まで」「21時から7時までは送らないで」「夜はお知らせを送らないで」."""
        cap, hours = _CAP.search(self.text), _HOURS.search(self.text)
        if self.asking == MONTHLY_CAP and (plain := _PLAIN_CAP.fullmatch(self.text)):
            return self._volume(MONTHLY_CAP, _PLAIN_CAP, str(int(plain[1])))
        about_news = bool(_NEWS.search(self.text) or _STOP.search(self.text))
        if cap and (about_news or self.asking == MONTHLY_CAP):
            return self._volume(MONTHLY_CAP, _CAP, str(int(cap[1])))
        if hours and (about_news or self.asking == QUIET_HOURS):
            value = "-".join(f"{int(hour):02d}:00" for hour in hours.groups())
            return self._volume(QUIET_HOURS, _HOURS, value)
        if _NIGHT.search(self.text) and _NEWS.search(self.text) and _STOP.search(self.text):
            return self._volume(QUIET_HOURS, _NIGHT, "")
        return None

    def _volume(self, name: str, pattern: re.Pattern[str], value: str) -> Wish | None:
        rest = pattern.sub("#", self.text)
        if name not in self.steps or not self._says_nothing_else(rest, {name}):
            return None
        change = Change(name, value)
        if value and self.steps[name].takes(change, self.catalog, self.today):
            return Wish((change,))
        return Wish(step=name)

    # --- what counts ---

    def _names(self, attribute: str) -> tuple[str, ...]:
        """What residents call an attribute."""
        known = self.catalog.attributes.get(attribute)
        return (known.title, *known.words) if known else _VOLUME_WORDS.get(attribute, ())

    def _asks_for_news(self, rest: str, stop: bool) -> bool:
        verb = stop or bool(_WANT.search(rest))
        if _NEWS.search(rest):
            return verb
        # 「防災の情報がほしい」 is a question; without a doubt about settings are only these.
        return bool(_OTHER_NEWS.search(rest)) and (stop or (verb and bool(_ONLY.search(rest))))

    def _sets(self, rest: str, found: Sequence[tuple[str, str]]) -> bool:
        """「地区は南大沢です」「くらしを学生にして」."""
        attribute = found[0][0]
        if attribute not in (DISTRICT, LIFE_STAGE):
            return False
        return bool(_alternatives(self._names(attribute)).search(rest) and _SET.search(rest))

    def _answers(self, found: Sequence[tuple[str, str]]) -> bool:
        return {attribute for attribute, _ in found} == {self.asking}

    def _says_nothing_else(self, rest: str, attributes: set[str]) -> bool:
        for attribute in attributes:
            if names := self._names(attribute):
                rest = _alternatives(names).sub("", rest)
        for pattern in (_NEWS, _OTHER_NEWS, _STOP, _WANT, _SET, _FILLER):
            rest = pattern.sub("", rest)
        return not rest


@lru_cache(maxsize=64)
def _choice_words(steps: tuple[Step, ...], asking: str) -> Mapping[str, tuple[str, str]]:
    """Folded word -> step and choice; a word that two steps share means neither, or this one."""
    found: dict[str, tuple[str, str]] = {}
    shared = set()
    for step in steps:
        for choice in step.choices:
            for word in map(fold, (choice.label, *choice.words)):
                target = (step.id, choice.id)
                if asking == step.id:
                    found[word] = target
                elif found.setdefault(word, target) != target:
                    shared.add(word)
    return {
        word: target for word, target in found.items() if word not in shared or target[0] == asking
    }


def _named(attributes: Iterable[str], catalog: CityCatalog) -> re.Pattern[str]:
    """The names of attributes that the catalog has."""
    known = [catalog.attributes[each] for each in attributes if each in catalog.attributes]
    return _alternatives(tuple(word for each in known for word in (each.title, *each.words)))


@lru_cache(maxsize=256)
def _alternatives(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words, the longest first; nothing where there are none."""
    if not words:
        return _NOTHING
    ordered = sorted(map(re.escape, map(fold, words)), key=len, reverse=True)
    return re.compile("|".join(ordered))
