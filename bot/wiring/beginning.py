"""The first half of `serve`: content in force, and the process that decides answers.

That process is forked before web, console and store are imported. It never needs them, and what
one of two processes writes to a page that they share, be it a count of references, costs a page.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.answering_process import AnsweringProcess
from bot.config import Settings
from bot.content.sudachi import SudachiTokenizer
from bot.errors import ContentError
from bot.services.failures import describe
from bot.services.publishing import Publisher
from bot.wiring.afresh import start
from bot.wiring.content import View, desk_of, publishers_of, view_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beginning:
    """What is there before the store is. `publishers` keep no versions yet.

    Not `loaded` are they where the files are broken: the version before is in the store.
    """

    tokenizer: SudachiTokenizer
    publishers: Mapping[Path, Publisher]
    answering: AnsweringProcess | None
    loaded: bool


def begin(every: Sequence[Settings]) -> Beginning | None:
    """Load the content and start the answering process, for accounts of one SQLite file.

    None on a database server, whose clock counts.
    """
    if every[0].on_server:
        return None
    tokenizer = SudachiTokenizer()
    publishers = publishers_of(every, lambda: datetime.now(UTC), tokenizer)
    try:
        for publisher in publishers.values():
            publisher.load(_in_a_child)
    except ContentError:
        return Beginning(tokenizer, publishers, None, loaded=False)
    views = {each.account: view_of(each, publishers) for each in every}
    answering = answering_beside(every, views, publishers, tokenizer)
    return Beginning(tokenizer, publishers, answering, loaded=True)


def _in_a_child(work: Callable[[], object]) -> None:
    """Do it in a process that ends: checking and building leave 45 MiB that nobody would use.

    Forked, which is safe as long as there are no threads. If it fails, nothing is kept, and whoever
    wants it does it again.
    """
    process = multiprocessing.get_context("fork").Process(target=work, name="building", daemon=True)
    try:
        process.start()
    except OSError as error:
        log.warning("no process for building", extra={"error": describe(error)})
        return
    process.join()


def answering_beside(
    every: Sequence[Settings],
    views: Mapping[str, View],
    publishers: Mapping[Path, Publisher],
    tokenizer: SudachiTokenizer,
) -> AnsweringProcess | None:
    """The process for all accounts with LINE; None where there is none, or no process to be had."""
    if not any(each.has_line for each in every):
        return None
    desk, anew = desk_of(every, views), partial(start, every)
    try:
        return AnsweringProcess(desk, publishers, tokenizer.map_sparsely, anew)
    except OSError as error:
        log.error("no process for answering", extra={"error": describe(error)})
        return None
