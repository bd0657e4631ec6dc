"""Made-up sessions for tests: no city ships any."""

from __future__ import annotations

import csv
import io

from bot.content.classes import HEADER

PATH = "knowledge/classes/minato.csv"
FULL = {
    "全国地方公共団体コード": "999999",
    "ID": "1",
    "地方公共団体名": "海山県湊市",
    "イベント名": "はじめてのスマートフォン教室",
    "開始日": "2026-12-03",
    "開始時間": "10:00",
    "終了時間": "11:30",
    "説明": "電話と地図の使い方を学びます。",
    "対象": "60歳以上の人",
    "料金(基本)": "0",
    "連絡先名称": "デジタル課",
    "連絡先電話番号": "099-111-3333",
    "連絡先内線番号": "12",
    "場所名称": "中央公民館",
    "所在地_連結表記": "海山県湊市港町1-2",
    "定員": "20",
    "参加申込終了日": "2026-11-30",
    "参加申込終了時間": "17:00",
    "参加申込方法": "電話",
    "URL": "https://minato.example.jp/class",
    "備考": "飲み物を持ってきてください。",
}


def row(**cells: str) -> dict[str, str]:
    """A session by column; without any the full one."""
    return cells or FULL


def table(*rows: dict[str, str], header: list[str] | None = None, encoding: str = "utf-8") -> bytes:
    """The rows as a CSV with the standard's columns."""
    names = header or HEADER
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)
