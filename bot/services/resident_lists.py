"""Residents as a CSV file, in and out. A file is taken whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection

from bot.content.problems import Problem
from bot.core.attributes import (
    DISTRICT,
    LANGUAGE,
    MAX_CHILDREN,
    Attributes,
    CityCatalog,
    is_grown,
    month_number,
    month_of,
    month_text,
    unknown_values,
)
from bot.core.segment_rules import DISTRICT_NAMES
from bot.errors import ContentError
from bot.services.residents import is_user_id
from bot.services.segments import JAPAN
from bot.store import attributes, erasures
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

HEADER = ("user_id", "topics", "district", "life_stage", "child_birth_months", "language")
_CHUNK = 500  # residents in one transaction: incoming events share the writer
_SHOWN = 50  # problems listed at once
_MONTHS_AHEAD = 10


@dataclass(frozen=True)
class Imported:
    """What an import did: residents kept, ids left out because they were erased before."""

    residents: int
    erased: int


@dataclass(frozen=True)
class _Line:
    user_id: str
    attributes: Attributes


class ResidentLists:
    """One account's residents as files. `catalog()` is what its city offers at that moment."""

    def __init__(
        self,
        db: Database,
        catalog: Callable[[], CityCatalog],
        clock: Callable[[], datetime],
        account: str = MAIN_ACCOUNT,
    ) -> None:
        self._db = db
        self._catalog = catalog
        self._clock = clock
        self._account = account

    def import_csv(self, path: Path) -> Imported:
        """Take over every line; a known resident gets the line's choices instead of their own.

        Who was erased is left out until they come back by themselves. Raises ContentError with
        the problems by line, nothing imported. Broken off half-way (StoreError) it can be run
        again.
        """
        checking = _Checking(str(path), self._catalog(), self._today())
        for _ in self._lines(path, checking):
            pass
        if checking.problems:
            raise ContentError(_listed(checking.problems))
        kept = erased = 0
        grown = _CHUNK
        lines = self._lines(path, _Checking(str(path), self._catalog(), self._today()))
        while chunk := list(islice(lines, _CHUNK)):
            taken = self._db.write(partial(self._keep, lines=chunk))
            kept, erased = kept + taken, erased + len(chunk) - taken
            if kept >= grown:
                self._db.write(attributes.count_anew)
                grown *= 4
        return Imported(kept, erased)

    def export_csv(self, out: TextIO) -> int:
        """Write every resident by user id; returns how many. `import_csv` takes the result."""
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        written = 0
        with self._db.read() as connection:
            for profiles in attributes.every_profile(connection, self._account):
                writer.writerows(_row(each, found.attributes) for each, found in profiles.items())
                written += len(profiles)
        return written

    def _keep(self, connection: Connection, lines: list[_Line]) -> int:
        known = attributes.load_many(connection, [line.user_id for line in lines], self._account)
        new = (line.user_id for line in lines if line.user_id not in known)
        kept = {*known, *erasures.not_erased(connection, self._account, new)}
        chosen = {line.user_id: line.attributes for line in lines if line.user_id in kept}
        if chosen:
            # 0: no act of the residents', so any unfollow of theirs is later.
            attributes.save_many(connection, chosen, 0, self._account)
        return len(chosen)

    def _lines(self, path: Path, checking: _Checking) -> Iterator[_Line]:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from checking.lines(csv.reader(file, strict=True))
        except UnicodeDecodeError as error:
            text = f"{path}: 文字コードを UTF-8 にして保存し直してください。"
            raise ContentError(text) from error
        except OSError as error:
            text = f"{path} を読めません。場所と権限を確かめてください。"
            raise ContentError(text) from error

    def _today(self) -> date:
        return self._clock().astimezone(JAPAN).date()


class _Checking:
    """Reads lines, keeps what is wrong with them."""

    def __init__(self, path: str, catalog: CityCatalog, today: date) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._catalog = catalog
        self._today = today
        self._seen: dict[bytes, int] = {}
        self._line = 0

    def lines(self, rows: Iterator[list[str]]) -> Iterator[_Line]:
        """Every good line."""
        try:
            header = next(rows, None)
            self._line = 1
            if header != list(HEADER):
                self._wrong(f"1行目を {','.join(HEADER)} にしてください。")
                return
            for self._line, row in enumerate(rows, 2):
                if row and (line := self._read(row)) is not None:
                    yield line
        except csv.Error:
            self._line += 1
            self._wrong('CSVの書き方が正しくありません。引用符 " が閉じているか確かめてください。')

    def _wrong(self, text: str) -> None:
        self.problems.append(Problem(self._path, self._line, text))

    def _read(self, row: list[str]) -> _Line | None:
        """The line, None where something in it is wrong."""
        before = len(self.problems)
        if len(row) != len(HEADER):
            self._wrong(f"列が{len(row)}個あります。{len(HEADER)}個にしてください。")
            return None
        user_id, topics, district, stages, months, language = (cell.strip() for cell in row)
        self._check_id(user_id)
        chosen = Attributes(
            topics=_split(topics),
            district=district,
            life_stages=_split(stages),
            child_birth_months=self._months(_split(months)),
            language=language,
        )
        for attribute, value in unknown_values(chosen, self._catalog):
            self._unknown(attribute, value)
        return _Line(user_id, chosen) if len(self.problems) == before else None

    def _check_id(self, user_id: str) -> None:
        if not is_user_id(user_id):
            # The id itself is not repeated: messages end up in logs and mails.
            self._wrong("user_id は U と、0〜9・a〜f の32文字にしてください。")
            return
        first = self._seen.setdefault(bytes.fromhex(user_id[1:]), self._line)
        if first != self._line:
            self._wrong(f"同じ user_id が{first}行目にもあります。どちらか一方を消してください。")

    def _months(self, texts: Iterable[str]) -> frozenset[int]:
        found = set()
        for text in sorted(texts):
            try:
                month = month_number(text)
            except ValueError:
                self._wrong(f"誕生月「{text}」は 2026-08 の形で書いてください。")
                continue
            if month > month_of(self._today) + _MONTHS_AHEAD:
                self._wrong(f"誕生月「{text}」は先すぎます。年を確かめてください。")
            elif not is_grown(month, self._today):
                found.add(month)
        if len(found) > MAX_CHILDREN:
            self._wrong(f"誕生月は{MAX_CHILDREN}個までにしてください。")
        return frozenset(found)

    def _unknown(self, attribute: str, value: str) -> None:
        title = self._catalog.title(attribute)
        if attribute in (DISTRICT, LANGUAGE) and ";" in value:
            text = f"{title}「{value}」は1つだけ書いてください。"
        elif attribute == DISTRICT and not self._catalog.complete_districts:
            text = f"{title}「{value}」は使えません。{DISTRICT_NAMES}"
        else:
            known = "・".join(choice.id for choice in self._catalog.choices(attribute))
            text = f"{title}に「{value}」はありません。使えるもの：{known}"
        self._wrong(text)


def _split(cell: str) -> frozenset[str]:
    return frozenset(part.strip() for part in cell.split(";")) - {""}


def _row(user_id: str, chosen: Attributes) -> tuple[str, ...]:
    return (
        user_id,
        ";".join(sorted(chosen.topics)),
        chosen.district,
        ";".join(sorted(chosen.life_stages)),
        ";".join(month_text(month) for month in sorted(chosen.child_birth_months)),
        chosen.language,
    )


def _listed(problems: list[Problem]) -> str:
    lines = [str(problem) for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"ほかに{len(problems) - _SHOWN}件あります。")
    return "\n".join([*lines, f"{len(problems)}件の問題があるため、何も取り込みませんでした。"])
