"""Templates: kept, approved in advance, filled in; in an emergency one approver is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from bot.content.drafts import read_draft
from bot.content.templates import Template, read_template
from bot.core.announcements import same_person
from bot.errors import ContentError
from bot.services.announcing import AnnouncementRefused, Announcing
from bot.store import audit
from bot.store.announcement_tables import templates
from bot.store.clock import now_ms
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT
from bot.store.upsert import Upsert

_UPSERT = Upsert(templates)


@dataclass(frozen=True)
class Kept:
    """A template as it is kept, `source` its file; `approved_by` is "" until it is approved."""

    template: Template
    author: str
    approved_by: str
    source: str


@dataclass
class Templating:
    """One account's templates. Raises AnnouncementRefused with a reason."""

    db: Database
    announcing: Announcing
    account: str = MAIN_ACCOUNT

    def keep(self, path: str, data: bytes, by: str) -> str:
        """Keep a template, not approved; returns its name. Raises ContentError by line.

        Every filling that the lists allow has to be a readable announcement: one is tried.
        """
        read = read_template(path, data)
        if read.template is None:
            raise ContentError("\n".join(str(problem) for problem in read.problems))
        template = read.template
        first = {blank: words[0] for blank, words in template.blanks.items()}
        self._readable(path, template.fill(first))

        def run(connection: Connection) -> None:
            now = now_ms(connection)
            row = {
                "account": self.account,
                "name": template.name,
                "source": data.decode("utf-8-sig"),
                "author": by,
                "approved_by": "",
                "approved_at": None,
            }
            _UPSERT.insert_or_update(connection, [row])
            self._log(connection, by, "keep", template.name, "", "draft", now)

        self.db.write(run)
        return template.name

    def approve(self, name: str, by: str, *, seen: str | None = None) -> None:
        """Approve it for use in an emergency; by another person than its author.

        `seen` is the source that the approver has read: another one is refused.
        """
        kept = self.load(name)
        if self.announcing.two_people and same_person(kept.author, by):
            raise AnnouncementRefused("作った人は承認できません。ほかの人が承認してください。")

        def run(connection: Connection) -> None:
            now = now_ms(connection)
            row = connection.execute(
                select(templates).where(
                    templates.c.account == self.account, templates.c.name == name
                )
            ).one()
            if seen is not None and seen != row.source:
                raise AnnouncementRefused(
                    "開いたあとで、ほかの人が書き直しました。もう一度読んで確かめてください。"
                )
            values = {**row._mapping, "approved_by": by, "approved_at": now}
            _UPSERT.insert_or_update(connection, [values])
            self._log(connection, by, "approve", name, "draft", "approved", now)

        self.db.write(run)

    def use(self, name: str, values: Mapping[str, str], by: str) -> int:
        """A new draft by `by` from the template; it goes the usual way."""
        filled = self._filled(self.load(name), values)
        return self.announcing.new(f"{name}.yaml", filled.encode(), by, author=by)

    def send_now(
        self, name: str, values: Mapping[str, str], by: str, *, signed_in_again: bool
    ) -> int:
        """An emergency from a template approved in advance, sent by one person at once.

        `signed_in_again`: `by` has just proved who they are; the caller vouches for it.
        """
        kept = self.load(name)
        if not kept.approved_by:
            raise AnnouncementRefused("このひな形は、まだ承認されていません。")
        if not signed_in_again:
            raise AnnouncementRefused("もう一度サインインしてから送ってください。")
        filled = self._filled(kept, values)
        note = f"承認ずみのひな形「{name}」（承認：{kept.approved_by}）を1人で送信"
        return self.announcing.send_prepared(f"{name}.yaml", filled.encode(), by, note)

    def names(self) -> list[str]:
        """Every template."""
        with self.db.read() as connection:
            rows = connection.execute(
                select(templates.c.name)
                .where(templates.c.account == self.account)
                .order_by(templates.c.name)
            )
            return [row[0] for row in rows]

    def load(self, name: str) -> Kept:
        """One template."""
        with self.db.read() as connection:
            row = connection.execute(
                select(templates).where(
                    templates.c.account == self.account, templates.c.name == name
                )
            ).first()
        read = read_template(f"{name}.yaml", row.source.encode()) if row else None
        if row is None or read is None or read.template is None:
            raise AnnouncementRefused(f"ひな形「{name}」はありません。")
        return Kept(read.template, row.author, row.approved_by, row.source)

    def filled(self, name: str, values: Mapping[str, str]) -> str:
        """The announcement's file with the blanks filled; keeps nothing."""
        return self._filled(self.load(name), values)

    def _filled(self, kept: Kept, values: Mapping[str, str]) -> str:
        try:
            return kept.template.fill(values)
        except ValueError as error:
            raise AnnouncementRefused(str(error)) from None

    def _readable(self, path: str, text: str) -> None:
        reviewing = self.announcing.reviewing
        read = read_draft(path, text.encode(), reviewing.catalog(), reviewing.saved())
        if read.draft is None:
            lines = (f"（announcement の中）{problem}" for problem in read.problems)
            raise ContentError("\n".join(lines))
        if read.draft.send_at or read.draft.repeat:
            raise ContentError("ひな形には send_at と repeat を書けません。消してください。")

    def _log(
        self, connection: Connection, who: str, what: str, name: str, old: str, new: str, now: int
    ) -> None:
        entry = audit.Entry(now, who, what, "template", name, old, new, "", self.account)
        audit.add(connection, entry)
