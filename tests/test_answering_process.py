"""Answers decided in a real process of its own: the same, by the content in force, or none."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.answering_process import AnsweringProcess, _Link, _Ticket
from bot.config import REPOSITORY
from bot.content.sudachi import SudachiTokenizer
from bot.core.attributes import Profile
from bot.core.matching import rank
from bot.core.ports import Answered
from bot.core.resident import Resident
from bot.core.view import CityView
from bot.errors import ContentError
from bot.line.events import Event, parse_event
from bot.line.render import render
from bot.services.answering import Answering
from bot.services.apart import ApartAnswers, Asked, Desk
from bot.services.library import Library, Terms
from bot.services.publishing import Publisher
from tests.builders import COMMON, content, replaced, write
from tests.conftest import NOW
from tests.services.builders import TARO, text_event

ACCOUNT = "main"
CARD = "図書館カードを作りたい"
ORPHAN = f"""
import sys, time
sys.path.insert(0, {str(REPOSITORY)!r})
from bot.answering_process import AnsweringProcess
from bot.services.apart import Desk
kept = AnsweringProcess(Desk({{}}, list), {{}})
print(kept.pid, flush=True)
time.sleep(float(sys.argv[1]))
"""


def said(words: str) -> Event:
    return parse_event(text_event(words))


def words(answered: Answered | None) -> str:
    assert answered is not None
    return str(json.loads(answered.as_json() or "[]"))


def gone(pid: int) -> bool:
    """Whether a process ends soon."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


class Town:
    """One account whose answers another process decides."""

    def __init__(self, directory: Path, tokenizer: SudachiTokenizer) -> None:
        self.directory = directory
        self.publisher = Publisher(directory, tokenizer, Terms(), lambda: NOW, cities=("minato",))
        self.publisher.load()
        desk = Desk({ACCOUNT: (self.view, known)}, render)
        self.process = AnsweringProcess(desk, {directory: self.publisher})
        self.here = Answering(self.view, render, known)
        self.answers = ApartAnswers(ACCOUNT, self.process.ask, self.here)

    def view(self):
        return self.publisher.current().view("minato")

    def asked(self, text: str, state: str | None = None) -> Answered | None:
        """What the process says, None where it leaves the answer to us."""
        return self.process.ask(Asked(ACCOUNT, said(text), state, NOW))()


def known(user_id: str) -> Resident:
    assert user_id == TARO
    return Resident(Profile, lambda number: None, "https://city.example.jp/settings/x", "digest")


@pytest.fixture
def town(tmp_path: Path, tokenizer: SudachiTokenizer) -> Iterator[Town]:
    town = Town(write(tmp_path, content()), tokenizer)
    yield town
    town.process.close()


def test_it_answers_as_the_process_itself_would(town: Town) -> None:
    for text in (CARD, "渡し船の料金", "ありがとう", "むずかしいことをきく", "番号は123456789012"):
        event = said(text)
        here = town.here.answer(event, None, NOW)
        assert town.process.ask(Asked(ACCOUNT, event, None, NOW))() == here.sealed()


def test_a_follow_up_is_understood_from_the_state_that_came_along(town: Town) -> None:
    first = town.asked(CARD)
    assert first is not None
    later = Asked(ACCOUNT, said("いくら？"), first.state, NOW + timedelta(minutes=1))
    assert "図書館カード" in words(town.process.ask(later)())


def test_what_is_begun_together_comes_back_each_to_its_own(town: Town) -> None:
    texts = [CARD, "渡し船の料金", "ありがとう"] * 5
    begun = [town.answers.begin(said(text), None, NOW) for text in texts]
    alone = [town.here.answer(said(text), None, NOW).candidates for text in texts]
    assert [answer().candidates for answer in reversed(begun)] == alone[::-1]


def test_while_one_batch_is_decided_others_may_be_on_their_way(town: Town) -> None:
    """Long messages with long answers, too: neither end waits for the other for ever."""
    long = CARD + "。" + "あ" * 4900
    batches = [[CARD, "渡し船の料金"], [long] * 16, ["ありがとう"], [long] * 16, [CARD]]
    begun = []
    for texts in batches:
        begun += [town.answers.begin(said(text), None, NOW) for text in texts]
        town.process.send()
    alone = [town.here.answer(said(t), None, NOW).candidates for texts in batches for t in texts]
    assert [answer().candidates for answer in begun] == alone
    assert not town.process.lost


def test_new_content_is_what_it_answers_with_at_once(town: Town) -> None:
    assert "図書館の窓口" in words(town.asked(CARD))
    new = replaced(COMMON, "図書館の窓口で作れます", "駅前の図書館で作れます")
    (town.directory / "knowledge/common/life.yaml").write_text(new)
    town.publisher.load()
    assert "駅前の図書館" in words(town.asked(CARD))


def test_what_takes_the_store_is_left_to_who_has_it(library: Library) -> None:
    view = library.view("hachioji")
    desk = Desk({ACCOUNT: (lambda: view, known)}, render)
    event = said("受信設定を変えたい")
    assert desk.answer(Asked(ACCOUNT, event, None, NOW)) is None
    here = Answering(lambda: view, render, known)

    def ask(asked: Asked):
        return lambda: desk.answer(asked)

    answers = ApartAnswers(ACCOUNT, ask, here)
    assert answers.answer(event, None, NOW) == here.answer(event, None, NOW)


def test_what_first_messages_would_wait_for_is_made_where_there_is_content(
    library: Library, tokenizer: SudachiTokenizer
) -> None:
    def nothing() -> CityView:
        raise ContentError("内容がまだ読み込まれていません。")

    index = library.index("hachioji")
    view = replace(library.view("hachioji"), rank=partial(rank, index, tokenize=tokenizer))
    desk = Desk({"new": (nothing, known), ACCOUNT: (lambda: view, known)}, render)
    made = {"_with_large", "_with_short"}  # for kana typed large, for romaji
    assert not made & vars(index.decoder).keys()
    desk.warm()
    assert made <= vars(index.decoder).keys()


def test_made_in_a_start_that_does_without_it_still_collects_garbage(town: Town) -> None:
    desk = Desk({ACCOUNT: (town.view, known)}, lambda _: [{"collects": gc.isenabled()}])
    gc.disable()
    try:
        process = AnsweringProcess(desk, {town.directory: town.publisher})
    finally:
        gc.enable()
    answered = process.ask(Asked(ACCOUNT, said(CARD), None, NOW))()
    process.close()
    assert words(answered) == "[{'collects': True}]"


def test_killed_it_is_done_without(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    assert "図書館の窓口" in words(town.answers.answer(said(CARD), None, NOW))
    assert town.process.pid is not None
    os.kill(town.process.pid, signal.SIGKILL)
    begun = [town.answers.begin(said(CARD), None, NOW) for _ in range(3)]
    assert all("図書館の窓口" in words(answer()) for answer in begun)
    assert "図書館の窓口" in words(town.answers.answer(said(CARD), None, NOW))
    assert [r.levelname for r in caplog.records if "answering process" in r.message] == ["CRITICAL"]
    assert CARD not in caplog.text


def test_killed_with_two_batches_on_their_way_all_of_them_are_answered_here(town: Town) -> None:
    pid = town.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    begun = []
    for _ in range(2):
        begun += [town.answers.begin(said(CARD), None, NOW) for _ in range(3)]
        town.process.send()
    os.kill(pid, signal.SIGKILL)
    assert all("図書館の窓口" in words(answer()) for answer in begun)
    assert town.process.lost


@pytest.mark.parametrize("said_back", [b"no pickle", pickle.dumps([]), pickle.dumps(None), None])
def test_a_batch_whose_answer_cannot_be_read_is_still_to_be_given_up(
    town: Town, said_back: bytes | None
) -> None:
    ours, theirs = multiprocessing.Pipe()
    link = _Link(ours, multiprocessing.Process(), {})
    first, second = (
        [_Ticket(Asked(ACCOUNT, said(text), None, NOW))] for text in (CARD, "いくら？")
    )
    link.send(first)
    link.send(second)
    if said_back is None:
        theirs.close()
    else:
        theirs.send_bytes(said_back)
    with pytest.raises((pickle.UnpicklingError, ValueError, TypeError, OSError, EOFError)):
        link.receive(1.0)
    assert list(link.out) == [first, second]
    assert not (first[0].over or second[0].over)
    ours.close()
    theirs.close()


def test_stopped_it_is_waited_for_only_so_long(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.answering_process._PATIENCE_SECONDS", 0.2)
    pid = town.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert "図書館の窓口" in words(town.answers.answer(said(CARD), None, NOW))
    assert gone(pid)


def test_stopped_it_holds_up_nobody_who_has_much_to_say(
    tmp_path: Path, tokenizer: SudachiTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.answering_process._PATIENCE_SECONDS", 0.2)
    town = Town(write(tmp_path, content()), tokenizer)
    pid = town.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    texts = [f"{CARD}。{number}" + "あ" * 20_000 for number in range(16)]  # more than a pipe holds
    begun = [town.answers.begin(said(text), None, NOW) for text in texts]
    answered: list[Answered] = []
    asking = threading.Thread(target=lambda: answered.extend(each() for each in begun))
    asking.start()
    asking.join(20)
    waited = asking.is_alive()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # or it would wait for ever
    asking.join()
    town.process.close()
    assert not waited and len(answered) == 16


def test_told_to_stop_with_the_whole_group_it_still_answers(town: Town) -> None:
    assert town.process.pid is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(town.process.pid, number)
    assert "図書館の窓口" in words(town.asked(CARD))
    town.process.close()
    assert gone(town.process.pid)


@pytest.mark.parametrize("seconds", ["0", "60"], ids=["at its end", "killed"])
def test_it_ends_with_its_maker(seconds: str) -> None:
    maker = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, seconds], stdout=subprocess.PIPE, text=True
    )
    assert maker.stdout is not None
    child = int(maker.stdout.readline())
    if seconds != "0":
        maker.kill()
    maker.wait(20)
    maker.stdout.close()
    assert gone(child)


def test_a_folder_without_content_is_left_to_who_has_the_store_until_it_has_some(
    tmp_path: Path, tokenizer: SudachiTokenizer
) -> None:
    """One city's mistake keeps no other city's answers back."""
    good = write(tmp_path / "good", content())
    broken = write(tmp_path / "broken", content({"knowledge/links.yaml": "broken: ["}))
    publishers = {
        folder: Publisher(folder, tokenizer, Terms(), lambda: NOW, cities=("minato",))
        for folder in (good, broken)
    }
    publishers[good].load()
    with pytest.raises(ContentError):
        publishers[broken].load()
    accounts = {
        folder.name: (lambda each=each: each.current().view("minato"), known)
        for folder, each in publishers.items()
    }
    process = AnsweringProcess(Desk(accounts, render), publishers)
    try:
        for _ in range(2):
            assert "図書館" in words(process.ask(Asked("good", said(CARD), None, NOW))())
            assert process.ask(Asked("broken", said(CARD), None, NOW))() is None
        write(broken, content())
        publishers[broken].load()
        assert "図書館" in words(process.ask(Asked("broken", said(CARD), None, NOW))())
        assert not process.lost
    finally:
        process.close()
