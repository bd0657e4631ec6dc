"""A new city's skeleton: its profile, addresses, tables and drafts, beside the common entries.

The drafts say honestly that a thing is not entered yet and whom to ask; they are overdue for review
from the first day, so that the freshness list names them until staff have written them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.content.classes import HEADER
from bot.content.kinds import reference
from bot.content.loader import load
from bot.content.sources import Plan, Section, read_sources, render, section_key
from bot.core.knowledge import Content
from bot.core.text import fold, squeeze
from bot.errors import ContentError
from bot.services.editing import Value, edit_item, values_of, written_item
from bot.services.importing import facts_in

_ID = re.compile(r"[a-z][a-z0-9-]{1,31}")
_TAKEN = {"common", "cities", "classes", "glossary", "sources", "translations"}
_SITE = re.compile(r"https://[A-Za-z0-9][!-~]*")
_LINKS, _SEGMENTS = "knowledge/links.yaml", "intents/segments.yaml"
_OFFICES = {"市": "役所", "区": "役所", "町": "役場", "村": "役場"}
_PLACE = "確認前の下書き"
_SOME_PREFECTURE = "都道府県"  # reads well in 「〇〇の担当窓口」 until staff name theirs
# id, title, topic, what the first sentence is about, how residents ask.
_DRAFTS = (
    ("class", "スマホ教室", "class", "スマホ教室・デジタル相談", "スマホ教室はどこ|スマホの使い方を教えてほしい|スマホを習いたい|デジタル相談はありますか|パソコン教室|すまほきょうしつ"),
    ("eapply", "ネットでできる手続き", "procedure", "ネットでできる手続きの一覧", "ネットでできる手続きはどれ|電子申請でできることは|オンライン申請の一覧|家からできる申請|スマホで申請できるもの|ねっとでてつづき"),
    ("mynumber", "マイナンバーカードの窓口", "mynumber", "マイナンバーカードの受け取り・更新の窓口", "マイナンバーカードの窓口はどこ|マイナンバーカードの受け取り場所|カードの更新はどこでする|マイナカードの休日窓口|暗証番号を忘れたときの窓口|まいなんばーのまどぐち"),
    ("payment", "市の支払いの方法", "payment", "キャッシュレスなど支払いの方法", "市税をスマホで払える|キャッシュレスで払える|窓口でカードは使える|納付書の払い方|手数料の払い方|きゃっしゅれす"),
    ("channel", "市のLINE・SNS・広報", "channel", "公式のLINE・SNS・広報", "市のLINEはある|公式のSNSを知りたい|広報はどこで読める|市のアプリはある|お知らせの受け取り方|しのらいん"),
    ("disaster", "防災の情報・ハザードマップ", "disaster", "防災の情報とハザードマップ", "ハザードマップはどこ|避難所を知りたい|防災の情報はどこ|防災アプリはある|避難場所の地図|はざーどまっぷ"),
    ("facility", "公共のWi-Fi・施設の予約", "facility", "公共のWi-Fiと施設の予約", "市のWi-Fiが使える所|公民館の予約|施設をネットで予約したい|体育館の予約|無料のWi-Fiはどこ|しせつのよやく"),
    ("counter", "市の窓口の使い方", "counter", "窓口の予約や書かない窓口", "窓口の予約はできる|書かない窓口はある|窓口の待ち時間|窓口はどこに行けばいい|相談の予約|まどぐちのよやく"),
)  # fmt: skip


@dataclass(frozen=True)
class NewCity:
    """What staff say of their city. Empty `plan` and `site` are filled in later."""

    id: str
    name: str
    prefecture: str = ""
    site: str = ""
    plan: str = ""
    kana: str = ""

    @property
    def plan_title(self) -> str:
        """The plan's title, or one that stands for it."""
        return self.plan or f"{self.name}の計画"

    @property
    def office(self) -> str:
        """八王子市役所, 〇〇町役場."""
        return self.name + _OFFICES.get(self.name[-1:], "")


def skeleton(city: NewCity, files: Mapping[str, bytes], today: date) -> dict[str, bytes]:
    """Path below the content directory -> its new bytes; changed files are edited, not rewritten.

    Raises ContentError for what is no city, or one whose files are there already.
    """
    content = load(files).draft
    _refuse(city, files, content)
    drafts = _drafts(city, content, today)
    found = {
        f"knowledge/cities/{city.id}.yaml": _profile(city),
        f"knowledge/{city.id}/drafts.yaml": _drafts_file(city, drafts),
        f"knowledge/classes/{city.id}.csv": _table(),
    }
    if read_sources(files).plans:  # else nothing is proved here at all
        found[f"knowledge/sources/{city.id}.yaml"] = _sources(city, drafts)
    if _LINKS in files:
        found[_LINKS] = _links(city, files[_LINKS], content)
    if _SEGMENTS in files:
        found[_SEGMENTS] = _segments(city, files[_SEGMENTS])
    return {path: data for path, data in found.items() if data != files.get(path)}


def next_steps(city: NewCity, content: Content) -> list[str]:
    """What staff do now, in order; `content` is the content with the new city in it."""
    missing = "" if city.prefecture else "都道府県・"
    steps = [
        f"knowledge/cities/{city.id}.yaml に、{missing}代表電話・受付時間・計画の名前を書く",
        f"knowledge/{city.id}/drafts.yaml の下書き{len(_DRAFTS)}件を、市の事実に書きかえる（review_by も先の日にする）",
    ]
    for link, what in (("city_top", "市の公式ページ"), ("pref_top", "県・都の公式ページ")):
        target = content.links.get(link)
        if target is not None and target.for_city(city.id) is None:
            steps.append(
                f"{_LINKS} の {link} の urls に、{what}のアドレスを「{city.id}: https://…」の形で足す"
            )
    steps += [
        f"knowledge/classes/{city.id}.csv に、教室の日程を書く（Excelで開けます）",
        f"knowledge/sources/{city.id}.yaml に、計画の章と、答えに使う数字・名前を書く",
        f"今あるFAQがあれば madoguchi import-faq FAQ.csv --city {city.id} で取り込む",
        f"{_SEGMENTS} の districts に地区を書く（地区ごとのお知らせを出すとき）",
        "knowledge/common/ の「ネット申請は計画では予定」などは元の5市の計画のもの。自分の市の状態を knowledge/ に書く",
        "madoguchi check で点検する",
        f"madoguchi ask スマホ教室はありますか --city {city.id} でためす",
        f"MADOGUCHI_CITY={city.id} にして、まどぐちを始める",
    ]
    return steps


def _refuse(city: NewCity, files: Mapping[str, bytes], content: Content) -> None:
    if not _ID.fullmatch(city.id) or city.id in _TAKEN:
        raise ContentError(
            f"id「{city.id}」は使えません。半角の英小文字で始め、英小文字・数字・「-」で32字までにしてください。例：minato"
        )
    if city.name[-1:] not in _OFFICES:
        raise ContentError(f"名前「{city.name}」は、市・区・町・村まで書いてください。例：湊市")
    if city.site and not _SITE.fullmatch(city.site):
        raise ContentError(f"アドレス「{city.site}」は https:// で始まる半角の形で書いてください。")
    mine = (f"knowledge/{city.id}/", f"knowledge/classes/{city.id}/")
    single = {f"knowledge/{room}/{city.id}.yaml" for room in ("cities", "sources")}
    there = [
        path
        for path in sorted(files)
        if path.startswith(mine) or path in {*single, f"knowledge/classes/{city.id}.csv"}
    ]
    if there or city.id in content.cities:
        what = there[0] if there else city.id
        raise ContentError(f"「{what}」はもうあります。何も変えていません。ほかの id にするか、そのファイルを直してください。")  # fmt: skip
    if city.name in {each.name for each in content.cities.values()}:
        raise ContentError(f"「{city.name}」はもうあります。何も変えていません。")


def _profile(city: NewCity) -> bytes:
    short = city.name[:-1]
    names = (city.name, short, city.kana, city.id)
    values: dict[str, Value] = {
        "id": city.id,
        "name": city.name,
        "names": tuple(dict.fromkeys(filter(None, (*names, f"{city.id} city")))),
        "prefecture": city.prefecture or _SOME_PREFECTURE,
        "plan": city.plan_title,
    }
    head = (
        f"# {city.name}の名前・計画の名前・連絡先。電話や受付時間は、出典があるものだけ書きます。"
        "直したら「madoguchi check」か画面の「点検」を押してください。\n"
    )
    lines = [line[2:] for line in written_item(values).splitlines()]
    contact = ["contacts:", "  - id: main", f"    name: {city.office}", '    phone: ""', '    hours: ""']  # fmt: skip
    mark = reference(f"knowledge/cities/{city.id}.yaml")
    return "\n".join([mark, head.rstrip("\n"), *lines, *contact, ""]).encode()


def _drafts(city: NewCity, content: Content, today: date) -> list[dict[str, Value]]:
    """The drafts; a phrase that the common content knows already is left to it."""
    entries = (e.questions for e in content.entries.values() if e.visible_in(city.id))
    intents = (i.examples for i in content.intents.values() if i.visible_in(city.id))
    known = {squeeze(fold(phrase)) for each in (*entries, *intents) for phrase in each}
    found = []
    for name, title, topic, about, phrases in _DRAFTS:
        asked = [f"{city.name}の{title}", *phrases.split("|")]
        values: dict[str, Value] = {
            "id": f"{city.id}-{name}",
            "title": title,
            "city": city.id,
            "topic": topic,
            "questions": tuple(p for p in asked if squeeze(fold(p)) not in known),
            "answer": f"{{city}}の{about}は、まだこの案内に登録されていません。市の公式ページか窓口で確認してください。",
            "links": ("city_top",) if city.site else (),
            "status": "reference",
            "plan_status": "reference",
            "as_of": f"{today.year}年{today.month}月",
            "source": f"{city.plan_title} {_PLACE}",
            "review_by": (today - timedelta(days=1)).isoformat(),
        }
        found.append({key: value for key, value in values.items() if value})
    return found


def _drafts_file(city: NewCity, drafts: list[dict[str, Value]]) -> bytes:
    head = (
        f"{reference(f'knowledge/{city.id}/drafts.yaml')}\n"
        f"# {city.name}の下書き。市の事実に書きかえ、話題ごとのファイルに分けてください（書き方は docs/content-guide.md）。\n"
        "# 書きかえたら、as_of・source・review_by も直します。要らないものは消してかまいません。\n"
    )
    items = [f"\n{written_item(values)}  covers: []\n" for values in drafts]
    return (head + "".join(items)).encode()


def _sources(city: NewCity, drafts: list[dict[str, Value]]) -> bytes:
    said = "\n".join(f"{v['title']}\n{v['answer']}\n{v['as_of']}" for v in drafts)
    section = Section(_PLACE, 1, facts_in(said))
    plan = Plan(
        f"knowledge/sources/{city.id}.yaml", city.plan_title, {section_key(_PLACE): section}
    )
    head = (
        "# 出典にある数字・日付・名前（答えの裏付けの点検に使います。計画の文は書きません）。\n"
        "# 章ごとに「- name: 1章」と facts（数字・日付・名前）を足してください。\n"
    )
    return render(plan, head).encode()


def _table() -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(HEADER)
    return ("\ufeff" + out.getvalue()).encode()


def _links(city: NewCity, data: bytes, content: Content) -> bytes:
    """The city's address, and its prefecture's where another city of it has one."""
    alike = [each.id for each in content.cities.values() if each.prefecture == city.prefecture]
    prefecture = content.links.get("pref_top")
    of_alike = [prefecture.urls[each] for each in alike if prefecture and each in prefecture.urls]
    for link, url in (("city_top", city.site), ("pref_top", of_alike[0] if of_alike else "")):
        target = content.links.get(link)
        if url and target is not None and not target.url:
            before = values_of(data, link).get("urls", {})
            urls = {**before, city.id: url} if isinstance(before, Mapping) else {city.id: url}
            data = edit_item(data, link, {"urls": urls})
    return data


def _segments(city: NewCity, data: bytes) -> bytes:
    """A place for the city's districts, as a comment: nothing is known of them yet."""
    example = (
        f"  # {city.name}の地区を書いたら、行の先頭の「# 」を消してください。\n"
        f"  # - city: {city.id}\n  #   complete: false\n  #   choices:\n  #     - label: 〇〇地区\n"
    ).encode()
    found = re.search(rb"(?m)^districts:[^\S\n]*\r?\n", data)
    return data[: found.end()] + example + data[found.end() :] if found else data
