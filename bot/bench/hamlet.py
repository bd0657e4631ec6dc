"""A made-up hamlet's content: small, so that a killed process is back in a second or two."""

from __future__ import annotations

from pathlib import Path

from bot.core.wording import SENTENCES

CITY = "hamlet"
_CITY = """\
id: hamlet
name: 小浜村
names: [小浜村]
prefecture: 海山県
plan: 小浜村デジタル計画
contacts:
  - id: main
    name: 小浜村役場
    phone: 099-111-2222
"""
_ENTRY = """\
- id: {id}
  title: {title}
  city: common
  topic: school
  questions: [{title}を知りたい, {title}について, {title}の方法, {title}を教えて, {title}は]
  answer: {title}は、村の窓口でご案内します。
  status: in_operation
  plan_status: in_operation
  as_of: 2026年4月
  source: 小浜村デジタル計画 1章
  review_by: 2030-03-31
  covers: [{id}]
"""
_TITLES = ("粗大ごみの出し方", "児童手当の申請", "スマホ教室", "引っ越しの手続き", "介護保険の認定")
_INTENTS = """\
- id: greeting
  title: あいさつ
  examples: [こんにちは, おはようございます]
  answer: こんにちは。{city}の案内です。
- id: handoff
  title: 職員に聞きたい
  examples: [職員に聞きたい, 人と話したい]
  action: handoff
- id: menu
  title: メニュー
  examples: [メニュー, 一覧を見たい]
  choices: [entry-0, greeting]
  action: menu
"""
_EMERGENCIES = """\
- id: emergency-fire
  title: 火事・救急のとき
  signs: [家|部屋|台所 燃えて|火事, 火事]
  calm: [火災保険]
  answer: すぐに119番に電話してください。
  phones:
    - name: 消防・救急
      phone: "119"
  tests: [火事です]
  calm_tests: [火災保険の手続き]
"""


def build(directory: Path) -> Path:
    """Write the hamlet's `intents/` and `knowledge/` there."""
    entries = [_ENTRY.format(id=f"entry-{n}", title=title) for n, title in enumerate(_TITLES)]
    files = {
        "knowledge/cities/hamlet.yaml": _CITY,
        "knowledge/links.yaml": "[]\n",
        "knowledge/common/life.yaml": "\n".join(entries),
        "knowledge/lexicon.tsv": "自転車,チャリ\t==\t自転車\n",
        "intents/basic.yaml": _INTENTS,
        "intents/emergencies.yaml": _EMERGENCIES,
        "intents/wording/ja.yaml": wording(),
    }
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return directory


def wording(**changed: str) -> str:
    """A sentence for every key, its places filled in; `changed` says some of them otherwise."""
    said = {
        key: "".join([f"文{n}", *(f"{{{place}}}" for place in sorted(places))])
        for n, (key, places) in enumerate(SENTENCES.items())
    }
    return "".join(f'{key}: "{text}"\n' for key, text in (said | changed).items())
