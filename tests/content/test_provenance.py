"""Each figure, date and name of an answer is proven by its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content.loader import Loaded, load, read_files
from bot.content.problems import errors
from bot.content.provenance import check, check_against, write_facts
from bot.content.sources import read_sources

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"

PLAN_TEXT = """\
港市デジタル計画
令和4年8月

目次
1 手続　　3
2 広報　　5

1 手続
令和3（2021）年9月から、24 手續をオンライン化しています。目標は 令和7年度に100手続です。
「みなとポータル」は港デジタル協議会が運営します。

2 広報
市公式LINEの登録者は1.4万人で、最も多いのは30歳代（41.2%）です。
"""
PLAN_FILE = """\
plan: 港市デジタル計画
seed: minato.txt
cover:
  - 表紙
scan_errors:
  '手續': '手続'
sections:
  - name: 表紙
    from: ['\\A']
    to: '^目次'
    facts:
      - 2022年8月
  - name: 第1章 手続
    from: ['^1 手続$']
    to: '^2 広報'
    facts:
      - 2021年9月
      - 24手続
      - 2025年度
      - 100手続
      - みなとポータル
      - 港デジタル協議会
  - name: 第2章 広報
    from: ['^1 手続$', '^2 広報$']
    facts:
      - 14000人
      - 30代
      - 41.2%
      - 1位
      - LINE
"""
TODAY_FILE = """\
plan: 2026年11月の確認
sections:
  - name: みなとペイ
    certainty: verify
    facts:
      - 2025年4月30日
      - みなとペイ
"""
ENTRY = """\
- id: minato-online
  title: ネット申請
  city: minato
  topic: procedure
  questions: [ネット申請]
  answer: {answer}
  as_of: {as_of}
  status: in_operation
  plan_status: in_operation
  source:
    - {source}
{more}  review_by: 2027-03-31
  covers: [minato-online]
"""
CITY = """\
id: minato
name: 港市
prefecture: 海県
plan: 港市デジタル計画
contacts:
  - id: main
    name: 港市役所
    phone: ""
"""


def files(
    answer: str,
    source: str = "港市デジタル計画 第1章 手続",
    *,
    as_of: str = "2022年8月",
    more: str = "",
    plan: str = PLAN_FILE,
) -> dict[str, bytes]:
    texts = {
        "knowledge/cities/minato.yaml": CITY,
        "knowledge/minato/online.yaml": ENTRY.format(
            answer=answer, source=source, as_of=as_of, more=more
        ),
        "knowledge/sources/minato.yaml": plan,
        "knowledge/sources/today.yaml": TODAY_FILE,
        "knowledge/sources/words.yaml": "words: [オンライン, 担当課]\n",
    }
    return {path: text.encode() for path, text in texts.items()}


def problems(found: dict[str, bytes], seeds: Path | None = None) -> list[str]:
    loaded = load(found)
    listed = check_against(loaded, found, seeds) if seeds else check(loaded, found)
    return [str(problem) for problem in listed]


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A folder with the made-up plan's full text."""
    (tmp_path / "minato.txt").write_text(PLAN_TEXT, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "answer",
    [
        "2022年の計画では、令和3年9月から24の手続きがオンラインでできます（2021年度）。",
        "「みなとポータル」は港デジタル協議会のしくみです。目標は2025年度に100手続です。",
        "港市の担当課へ。海県ではありません。",
    ],
)
def test_what_stands_in_the_cited_section_is_proven(answer: str, seeds: Path) -> None:
    assert problems(files(answer)) == []
    assert problems(files(answer), seeds) == []


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        ("25手続ができます。", "25手続"),
        ("24件ができます。", "24件"),
        ("2020年9月からです。", "2020年9月"),
        ("2021年10月からです。", "2021年10月"),
        ("2021年9月1日からです。", "2021年9月1日"),
        ("目標は2026年度です。", "2026年度"),
        ("41.2%の人が使います。", "41.2%"),  # stands in another section
        ("「みなとカード」で申請します。", "みなとカード"),
        ("LINEで申請します。", "LINE"),
        ("ミナトペイで払えます。", "ミナトペイ"),
        ("石山太郎市長が決めます。", "石山太郎"),
        ("市民課で聞いてください。", "市民課"),
        ("山川市でも使えます。", "山川市"),
        ("042-649-6044に電話してください。", "042-649-6044"),
    ],
)
def test_what_the_cited_section_does_not_say_is_found(answer: str, fact: str, seeds: Path) -> None:
    for found in (problems(files(answer)), problems(files(answer), seeds)):
        assert len(found) == 1, found
        assert found[0].startswith("knowledge/minato/online.yaml:1: answer の")
        assert f"「{fact}」が出典（港市デジタル計画 第1章 手続）に見つかりません。" in found[0]
        assert "outside_source" in found[0]


def test_another_section_proves_its_own(seeds: Path) -> None:
    answer = "LINEの登録は14,000人で、30代が41.2%で1位です。"
    assert problems(files(answer, "港市デジタル計画 第2章 広報"), seeds) == []
    assert len(problems(files(answer), seeds)) == 5


def test_title_details_and_as_of_are_read_too() -> None:
    found = files("ネットでできます。", as_of="2019年", more="  details:\n    fee: 500円です。\n")
    assert [text.split("」")[0] for text in problems(found)] == [
        "knowledge/minato/online.yaml:1: as_of の「2019年",
        "knowledge/minato/online.yaml:1: details の fee の「500円",
    ]


def test_the_year_said_of_the_plan_is_the_year_on_its_cover() -> None:
    assert problems(files("2022年の計画では予定です。")) == []
    (found,) = problems(files("2021年の計画では予定です。", more=OUTSIDE.format("2021年")))
    assert "「2021年の計画」が出典の計画の年月" in found


OUTSIDE = "  outside_source:\n    - fact: {}\n      reason: 全国共通の番号\n"


def test_an_outside_source_proves_its_own_fact_only() -> None:
    assert problems(files("110番に電話してください。", more=OUTSIDE.format("110番"))) == []
    found = problems(files("110番か119番に電話してください。", more=OUTSIDE.format("110番")))
    assert len(found) == 1
    assert "「119番」" in found[0]


def test_an_outside_source_that_no_answer_uses_is_found() -> None:
    (found,) = problems(files("ネットでできます。", more=OUTSIDE.format("110番")))
    assert "outside_source の「110番」は答えに出てきません" in found


def test_a_section_is_cited_in_any_spelling() -> None:
    for source in ("港市デジタル計画 1章 手続", "港市デジタル計画　第１章手続"):
        assert problems(files("24手続です。", source)) == []


def test_a_section_that_does_not_exist_is_named_with_the_nearest() -> None:
    (found,) = problems(files("ネットでできます。", "港市デジタル計画 第3章 手続"))
    assert "章や施策がありません" in found
    assert "港市デジタル計画 第1章 手続" in found
    (found, *_) = problems(files("ネットでできます。", "山市計画 第1章", as_of="今"))
    assert "計画がありません" in found


def test_an_unsure_item_of_today_is_said_with_a_word_of_caution() -> None:
    source = "港市デジタル計画 第1章 手続\n    - 2026年11月の確認 みなとペイ"
    sure = "「みなとペイ」は2025年4月30日に終わりました。"
    (found,) = problems(files(sure, source))
    assert "「確認してください」" in found
    assert problems(files(sure + "市に確認してください。", source)) == []


@pytest.mark.parametrize(
    ("language", "answer"), [("en", "24 procedures"), ("easy_ja", "24の てつづき")]
)
def test_a_translation_brings_no_number_of_its_own(language: str, answer: str) -> None:
    found = files("24手続ができます。")
    path = f"knowledge/translations/{language}/minato/online.yaml"
    text = "- id: minato-online\n  title: online\n  answer: {}\n"
    assert problems({**found, path: text.format(answer).encode()}) == []
    wrong = {**found, path: text.format(answer.replace("24", "26")).encode()}
    (problem,) = problems(wrong)
    assert problem.startswith(f"{path}:1: ")
    assert "「26」" in problem


def test_a_facts_file_holds_only_what_stands_in_its_section(seeds: Path) -> None:
    plan = PLAN_FILE.replace("- 24手続", "- 25手続").replace("- LINE", "- LINE Pay")
    found = problems(files("ネットでできます。", plan=plan), seeds)
    assert [text.split("計画の")[0] for text in found] == [
        "knowledge/sources/minato.yaml:13: facts の「25手続」が",
        "knowledge/sources/minato.yaml:23: facts の「LINE Pay」が",
    ]


def test_a_heading_or_full_text_that_is_not_there_is_a_problem(seeds: Path, tmp_path: Path) -> None:
    plan = PLAN_FILE.replace("'^2 広報$'", "'^2 広告$'")
    (found,) = problems(files("ネットでできます。", plan=plan), seeds)
    assert "「第2章 広報」の見出し" in found
    (found,) = problems(files("ネットでできます。"), tmp_path / "nowhere")
    assert "全文" in found


def test_facts_are_written_from_the_full_text_and_prove_the_same(seeds: Path) -> None:
    answer = "「みなとポータル」は24手続で、港デジタル協議会が動かします。"
    empty = "\n".join(line for line in PLAN_FILE.split("\n") if not line.startswith("      - "))
    found = files(answer, plan=empty.replace("    facts:\n", ""))
    assert problems(found)
    written = write_facts(load(found), found, seeds)
    assert list(written) == ["knowledge/sources/minato.yaml"]
    again = {**found, **{path: text.encode() for path, text in written.items()}}
    assert problems(again) == []
    assert problems(again, seeds) == []
    sections = read_sources(again).plans["港市デジタル計画"].sections
    facts = sections["1章手続"].facts
    assert {"2021年9月", "24手続", "2025年度", "100手続"} < set(facts)
    assert facts[-2:] == ("みなとポータル", "港デジタル協議会")
    assert write_facts(load(again), again, seeds) == written


def test_a_sentence_is_no_fact() -> None:
    sentence = (
        "令和3年9月から24手続をオンライン化し、令和7年度には100手続にすることを目標として、市民の利便性を高めていきます。"
        * 2
    )
    (found,) = problems(files("ネットでできます。", plan=PLAN_FILE + f"      - {sentence}\n"))
    assert "長すぎます" in found


def test_without_any_plan_nothing_is_said_to_be_proven() -> None:
    found = {path: data for path, data in files("9999件").items() if "sources" not in path}
    (problem,) = check(load(found), found)
    assert problem.warning
    assert "点検していません" in problem.text


EMERGENCY = """\
- id: fire
  title: 火事
  signs: [火事]
  answer: 119番に電話してください。30分以内に折り返します。
  phones:
    - name: 消防
      phone: "{phone}"
{source}"""
FIRE = "  outside_source:\n    - fact: '119'\n      reason: 全国共通の番号\n"


def test_a_help_line_has_a_source_of_its_own() -> None:
    path = "intents/emergencies.yaml"
    sound = files("ネットでできます。")
    assert problems({**sound, path: EMERGENCY.format(phone="119", source=FIRE).encode()}) == []
    found = problems({**sound, path: EMERGENCY.format(phone="119", source="").encode()})
    assert [text.split("の出典")[0] for text in found] == [
        f"{path}:4: 「119番」",
        f"{path}:7: 「119」",
    ]
    (other,) = problems({**sound, path: EMERGENCY.format(phone="#7119", source=FIRE).encode()})
    assert other.startswith(f"{path}:7: 「7119」")


def test_a_contact_s_phone_stands_in_the_section_it_cites() -> None:
    sound = files("ネットでできます。")
    cited = CITY.replace(
        'phone: ""', "phone: 042-649-6044\n    source: 港市デジタル計画 第1章 手続"
    )
    path = "knowledge/cities/minato.yaml"
    (found,) = problems({**sound, path: cited.encode()})
    assert "「042-649-6044」の出典がありません" in found
    plan = PLAN_FILE.replace("      - 24手続", "      - 042-649-6044\n      - 24手続")
    assert problems({**files("ネットでできます。", plan=plan), path: cited.encode()}) == []


@pytest.fixture(scope="module")
def shipped() -> tuple[Loaded, dict[str, bytes]]:
    """The project's own content."""
    found = read_files(ROOT)
    return load(found), found


def test_every_shipped_entry_is_proven_by_the_facts(
    shipped: tuple[Loaded, dict[str, bytes]],
) -> None:
    loaded, found = shipped
    assert len(loaded.draft.entries) >= 362
    assert list(map(str, errors(check(loaded, found)))) == []


def test_every_shipped_entry_is_proven_by_the_full_plans(
    shipped: tuple[Loaded, dict[str, bytes]],
) -> None:
    if not SEEDS.is_dir():
        pytest.skip(f"the plans' full texts are not here ({SEEDS}): proven by the facts only")
    assert list(map(str, errors(check_against(*shipped, SEEDS)))) == []
