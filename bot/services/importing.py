"""A city's existing FAQ as entries to be reviewed, with what is doubtful about them listed first.

Each row becomes an entry whose source is the FAQ itself: its figures and names are noted in
knowledge/sources/, so that a later edit that changes a number is noticed. The day of review lies in
the past: every entry waits at the top of the freshness list until somebody has looked at it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.content.figures import facts_of
from bot.content.kinds import reference
from bot.content.names import names_of
from bot.content.shapes import ANSWER_LIMIT, PHRASE_LIMIT, TITLE_LIMIT
from bot.content.sources import (
    FACT_LIMIT,
    Plan,
    Section,
    read_sources,
    render,
    section_key,
)
from bot.core.guard import mask
from bot.core.knowledge import Content
from bot.core.nearness import NEAR_DUPLICATE, closest, plain
from bot.errors import ContentError
from bot.services.editing import Value, written_item
from bot.services.tables import read_table

MAX_ROWS = 2_000
_PER_FILE = 200
_LINKS = "knowledge/links.yaml"
_HEADINGS = {
    "question": (
        "質問",
        "問い",
        "問",
        "q",
        "question",
        "よくある質問",
        "質問内容",
        "件名",
        "タイトル",
    ),
    "answer": ("回答", "答え", "答", "a", "answer", "回答内容", "内容", "本文"),
    "url": ("url", "アドレス", "リンク", "参照url", "ページ", "ホームページ", "関連リンク", "link"),
    "section": ("担当", "担当課", "課", "所管", "所管課", "部署", "問い合わせ先", "section"),
    "category": ("分類", "カテゴリ", "カテゴリー", "ジャンル", "category", "話題"),
}
# The first that stands in category, section or question decides.
_TOPICS = (
    ("mynumber", "マイナンバー|個人番号"),
    ("disaster", "防災|災害|避難|地震|台風|罹災"),
    ("child", "子育て|保育|児童|妊|出産|乳幼児|子ども|こども"),
    ("care", "介護|高齢|年金|福祉|障"),
    ("school", "学校|教育|図書|入学|給食"),
    ("health", "健康|健診|検診|予防接種|医療|国保|保険"),
    ("car", "自動車|軽自|バイク|原付"),
    ("payment", "税|納付|支払|料金|手数料|口座"),
    ("transport", "水道|下水|道路|バス|交通|駐輪|駐車|公園|住宅"),
    ("tourism", "観光|文化|祭|スポーツ"),
    ("business", "事業|企業|産業|入札|農|商工"),
    ("facility", "施設|会館|予約|センター"),
    ("procedure", "証明|届|申請|戸籍|住民票|印鑑|引っ越|引越|転入|転出|ごみ|ゴミ"),
)
_ADDRESS = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True)
class Import:
    """New and changed files (path -> bytes), how many entries, and what to look at (Japanese)."""

    files: Mapping[str, bytes]
    entries: int
    doubts: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    line: int
    question: str
    answer: str
    url: str
    section: str
    topic: str


def import_faq(
    data: bytes, files: Mapping[str, bytes], content: Content, city: str, today: date
) -> Import:
    """The FAQ in `data` (CSV) as entries of `city`. Raises ContentError for what is no FAQ."""
    if city not in content.cities:
        raise ContentError(f"市「{city}」のファイル（knowledge/cities/{city}.yaml）がありません。")
    making = _Making(files, content, city, today)
    making.run(_rows(data))
    return making.result()


def _rows(data: bytes) -> list[_Row]:
    table = read_table(data, _HEADINGS, ("question", "answer"))
    if len(table.rows) > MAX_ROWS:
        raise ContentError(f"{MAX_ROWS:,}行までです。ファイルを分けてください。")
    found = []
    for line, row in zip(table.lines, table.rows, strict=True):
        words = " ".join(row.get(key, "") for key in ("category", "section", "question"))
        topic = next((t for t, pattern in _TOPICS if re.search(pattern, words)), "counter")
        url = _ADDRESS.search(row.get("url", ""))
        found.append(
            _Row(
                line,
                " ".join(row["question"].split()),
                row["answer"].strip(),
                url[0] if url else "",
                row.get("section", ""),
                topic,
            )
        )
    return found


class _Making:
    def __init__(
        self, files: Mapping[str, bytes], content: Content, city: str, today: date
    ) -> None:
        self.content = content
        self.city = city
        self.today = today
        self.old = files
        self.title = f"{content.cities[city].name}の既存のFAQ"
        self.source = self._free(f"knowledge/sources/faq-{city}", files)
        if self.source != f"knowledge/sources/faq-{city}.yaml":
            self.title += f"（{today.isoformat()}の{len(files)}）"
        self.links: dict[str, tuple[str, str]] = {}  # address -> id, item as text
        self.items: list[tuple[_Row, dict[str, Value]]] = []
        self.sections: dict[str, Section] = {}
        self.doubts: list[str] = []
        self.skipped: list[str] = []
        self.phrases = {
            plain(phrase): item.title
            for item in content.entries.values()
            if item.visible_in(city)
            for phrase in item.questions
        } | {
            plain(phrase): item.title
            for item in content.intents.values()
            for phrase in item.examples
        }

    def run(self, rows: list[_Row]) -> None:
        """Each row in turn; a phrase that is there already is left out and named."""
        for row in rows:
            if not row.question or not row.answer:
                self.skipped.append(f"{row.line}行目：質問か回答がありません。")
                continue
            spelled = plain(row.question)
            if spelled in self.phrases:
                other = self.phrases[spelled]
                self.skipped.append(
                    f"{row.line}行目：「{row.question}」は「{other}」にもうあります。"
                )
                continue
            known = list(self.phrases)
            near = closest(spelled, known, least=NEAR_DUPLICATE)
            if near is not None:
                other = self.phrases[known[near]]
                self.doubts.append(
                    f"{row.line}行目：「{row.question}」は「{other}」とほとんど同じです。まとめられないか見てください。"
                )
            self.phrases[spelled] = row.question
            self._add(row)

    def result(self) -> Import:
        """The files to save."""
        files: dict[str, bytes] = {}
        for start in range(0, len(self.items), _PER_FILE):
            path = self._free(f"knowledge/{self.city}/faq-{start // _PER_FILE + 1:02}", self.old)
            parts = [
                f"{reference(path)}\n",
                f"# {self.title}から取り込みました（{self.today}）。見直したら review_by を先の日にしてください。\n",
            ]
            for row, values in self.items[start : start + _PER_FILE]:
                note = f"# 担当：{' '.join(row.section.split())}\n" if row.section else ""
                parts.append("\n" + note + written_item(values) + "  covers: []\n")
            files[path] = "".join(parts).encode()
        if self.items and read_sources(self.old).plans:  # else nothing is proved here at all
            plan = Plan(self.source, self.title, self.sections)
            header = "# 取り込んだFAQにある数字・日付・名前（答えの裏付けの点検に使います）。\n"
            files[self.source] = render(plan, header).encode()
        if self.links:
            before = self.old.get(_LINKS, b"").rstrip(b"\r\n")
            added = "".join(f"\n{text}" for _, text in self.links.values())
            files[_LINKS] = (before + b"\n" if before else b"") + added.encode()
        return Import(files, len(self.items), tuple(self.doubts), tuple(self.skipped))

    def _add(self, row: _Row) -> None:
        number = len(self.items) + 1
        answer = self._answer(row)
        title = row.question.rstrip("？?。")
        if len(title) > TITLE_LIMIT:
            title = title[: TITLE_LIMIT - 1] + "…"
        phrase = row.question
        if len(phrase) > PHRASE_LIMIT:
            phrase = phrase[:PHRASE_LIMIT]
            self.doubts.append(f"{row.line}行目：質問が長いので{PHRASE_LIMIT}字に縮めました。")
        name = f"{row.line}行目"
        self.sections[section_key(name)] = Section(name, 1, facts_in(f"{title}\n{answer}"))
        values: dict[str, Value] = {
            "id": self._id(number),
            "title": title,
            "city": self.city,
            "topic": row.topic,
            "questions": (phrase,),
            "answer": answer,
            "status": "in_operation",
            "plan_status": "reference",
            "as_of": f"{self.today.year}年{self.today.month}月",
            "source": f"{self.title} {name}",
            "review_by": (self.today - timedelta(days=1)).isoformat(),
        }
        self.sections[section_key(name)] = Section(
            name, 1, facts_in(f"{title}\n{answer}\n{values['as_of']}")
        )
        if row.url and (link := self._link(row)):
            values["links"] = (link,)
        self.items.append((row, values))

    def _answer(self, row: _Row) -> str:
        masked = mask(row.answer)
        text = row.answer.replace("{", "｛").replace("}", "｝")
        if "my_number" in masked.kinds:
            text = mask(text).text
            self.doubts.append(f"{row.line}行目：回答に12けた以上の番号があったので、隠しました。")
        text = "\n".join(line.strip() for line in text.splitlines() if line.strip())
        if len(text) <= ANSWER_LIMIT:
            return text
        self.doubts.append(
            f"{row.line}行目：回答が長いので、文の切れ目で{ANSWER_LIMIT}字までに縮めました。"
        )
        cut = text[: ANSWER_LIMIT - 20]
        end = max(cut.rfind("。"), cut.rfind("\n"))
        return (
            cut[: end + 1] if end > 50 else cut + "…"
        ).rstrip() + "\nくわしくは市に確認してください。"

    def _link(self, row: _Row) -> str:
        """The link's id; one address stands in knowledge/links.yaml only once."""
        known = {link.url: link.id for link in self.content.links.values() if link.url}
        known |= {
            url: link.id for link in self.content.links.values() for url in link.urls.values()
        }
        url = row.url.replace("http://", "https://", 1)
        if url in known:
            return known[url]
        if url not in self.links:
            item = f"{self.city}_faq_{len(self.links) + 1:04}"
            while item in self.content.links:
                item += "x"
            values: dict[str, Value] = {"id": item, "label": "くわしいページ", "kind": "city"}
            self.links[url] = (item, written_item({**values, "url": url}))
        return self.links[url][0]

    def _id(self, number: int) -> str:
        name = f"{self.city}-faq-{number:04}"
        while name in self.content.entries:
            number += MAX_ROWS
            name = f"{self.city}-faq-{number:04}"
        return name

    def _free(self, stem: str, files: Mapping[str, bytes]) -> str:
        path, number = f"{stem}.yaml", 2
        while path in files:
            path, number = f"{stem}-{number}.yaml", number + 1
        return path


def facts_in(text: str) -> tuple[str, ...]:
    """The figures, dates and names of a text, as knowledge/sources/ holds them."""
    found = [*map(str, facts_of(text)), *names_of(text)]
    return tuple(dict.fromkeys(each[:FACT_LIMIT] for each in found))
