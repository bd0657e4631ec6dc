"""A small made-up city's content as files, good by default; a test overrides what matters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.bench.hamlet import wording

CITY = """\
id: minato
name: 湊市
names: [湊市, みなと]
prefecture: 海山県
plan: 湊市デジタル計画
contacts:
  - id: main
    name: 湊市役所
    phone: 099-111-2222
  - id: digital
    name: 湊市 デジタル課
    phone: 099-111-3333
"""
OTHER_CITY = """\
id: yamate
name: 山手市
names: [山手市]
prefecture: 海山県
plan: 山手市デジタル方針
contacts:
  - id: main
    name: 山手市役所
    phone: 099-444-5555
"""
LINKS = """\
- id: city_top
  label: 市の公式ページ
  kind: city
  urls:
    minato: https://minato.example.jp/
    yamate: https://yamate.example.jp/
- id: nation
  label: 国のページ
  kind: nation
  url: https://nation.example.jp/
"""
COMMON = """\
- id: library-card
  title: 図書館カードの作り方
  city: common
  topic: school
  questions:
    - 図書館カードを作りたい
    - 本を借りるカード
    - 貸出券の作り方
    - 図書館の会員になりたい
    - としょかんカード
  answer: |-
    図書館カードは、図書館の窓口で作れます。
    {city}に住む人が対象です。
  details:
    fee: 手数料は無料です。
  links: [nation]
  status: in_operation
  plan_status: in_operation
  as_of: 2026年4月
  source: 湊市デジタル計画 1章
  review_by: 2027-03-31
  covers: [library-card]
  related: [bicycle-registration]

- id: bicycle-registration
  title: 自転車の防犯登録
  city: common
  topic: safety
  questions:
    - 自転車の登録をしたい
    - 防犯登録
    - 自転車の盗難に備えたい
    - 自転車の登録を消す
    - じてんしゃのとうろく
  answer: 自転車の防犯登録は、自転車店でできます。
  status: in_operation
  plan_status: in_operation
  as_of: 2026年4月
  source: 湊市デジタル計画 2章
  review_by: 2027-03-31
  covers: []
"""
MINATO = """\
- id: minato-ferry
  title: 渡し船のデジタル券
  city: minato
  topic: transport
  questions:
    - 渡し船の券をスマホで買いたい
    - 渡し船の電子チケット
    - 船の切符
    - フェリーの券
    - わたしぶね
  answer: 渡し船のデジタル券は、2026年の計画では導入の予定です。今は窓口で券を買ってください。
  links: [city_top]
  contact: digital
  status: planned
  plan_status: planned
  as_of: 2026年4月
  source: 湊市デジタル計画 3章
  review_by: 2027-03-31
  covers: [minato-ferry]
"""
YAMATE = """\
- id: yamate-cablecar
  title: ケーブルカーの回数券
  city: yamate
  topic: transport
  questions:
    - ケーブルカーの回数券を買いたい
    - ケーブルカーの料金
    - ケーブルカーの割引
    - 回数券はどこで買える
    - けーぶるかー
  answer: ケーブルカーの回数券は、駅の窓口で買えます。
  status: in_operation
  plan_status: in_operation
  as_of: 2026年4月
  source: 山手市デジタル方針 1章
  review_by: 2027-03-31
  covers: [yamate-cablecar]
"""
INTENTS = """\
- id: greeting
  title: あいさつ
  examples: [こんにちは, おはようございます]
  answer: こんにちは。{city}の案内です。
  tests:
    こんにちは！: greeting
- id: handoff
  title: 職員に聞きたい
  examples: [職員に聞きたい, 人と話したい]
  action: handoff
- id: menu
  title: メニュー
  examples: [メニュー, 一覧を見たい]
  choices: [library-card, greeting]
  action: menu
"""
EMERGENCIES = """\
- id: emergency-fire
  title: 火事・救急のとき
  signs: [家|部屋|台所 燃えて|火事, 火事]
  calm: [火事の保険, 火災保険]
  answer: すぐに119番に電話してください。
  phones:
    - name: 消防・救急
      phone: "119"
  tests: [火事です, 台所が燃えています]
  calm_tests: [火事の保険の手続き]
"""
LEXICON = "自転車,チャリ\t==\t自転車\n"


def content(changes: Mapping[str, str | bytes | None] | None = None) -> dict[str, bytes]:
    """The good files with `changes`: path -> other text, None = the file is not there."""
    files: dict[str, str | bytes | None] = {
        "knowledge/cities/minato.yaml": CITY,
        "knowledge/cities/yamate.yaml": OTHER_CITY,
        "knowledge/links.yaml": LINKS,
        "knowledge/common/life.yaml": COMMON,
        "knowledge/minato/transport.yaml": MINATO,
        "knowledge/yamate/transport.yaml": YAMATE,
        "knowledge/lexicon.tsv": LEXICON,
        "intents/basic.yaml": INTENTS,
        "intents/emergencies.yaml": EMERGENCIES,
        "intents/wording/ja.yaml": wording(),
    }
    files |= changes or {}
    return {
        path: text.encode() if isinstance(text, str) else text
        for path, text in files.items()
        if text is not None
    }


def replaced(text: str, old: str, new: str) -> str:
    """`text` with its one `old` replaced; fails where the text does not hold it."""
    assert old in text, f"{old!r} is not in the text"
    return text.replace(old, new, 1)


def line_of(text: str, words: str) -> int:
    """The number of the first line that holds `words`."""
    return text[: text.index(words)].count("\n") + 1


def write(directory: Path, files: Mapping[str, bytes]) -> Path:
    """The files in a directory, as an installation has them."""
    for path, data in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return directory
