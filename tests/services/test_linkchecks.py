"""Links are asked politely, and what came back is told in Japanese."""

from __future__ import annotations

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.content.links import links_in
from bot.services.fetching import Fetched, fetch
from bot.services.linkchecks import LinkChecks, check_links
from bot.store.links import BROKEN, GOOD, MOVED, UNSURE

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


class _Handler(BaseHTTPRequestHandler):
    """A city's web server with a page for every trouble; notes what it was asked."""

    asked: list[tuple[str, str]]
    at_once: Counter[str]
    lock = threading.Lock()

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.asked.append((self.command, self.path))
        name = self.path.strip("/").partition("?")[0]
        with self.lock:
            self.at_once["now"] += 1
            self.at_once["most"] = max(self.at_once["most"], self.at_once["now"])
        try:
            self._say(name)
        finally:
            with self.lock:
                self.at_once["now"] -= 1

    def _say(self, name: str) -> None:
        if name == "silent":
            self.server.stop.wait(5)  # type: ignore[attr-defined]
            return
        if name == "no-http":
            self.wfile.write(b"220 mail.example.jp ESMTP\r\n\r\n")
            return
        if name == "get-only" and self.command == "HEAD":
            self._end(405)
            return
        targets = {"301": "/ok", "302": "/ok", "loop": "/loop", "ftp": "ftp://a.example.jp/x",
                   "to-tls": "https://a.example.jp/", "to-404": "/404"}  # fmt: skip
        if name in targets:
            self._end(302 if name == "302" else 301, targets[name])
            return
        self._end(int(name) if name.isdecimal() else 200)

    def _end(self, status: int, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class City:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.at_once: Counter[str] = Counter()
        handler = type("H", (_Handler,), {"asked": self.asked, "at_once": self.at_once})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.stop = threading.Event()  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self) -> None:
        self.server.stop.set()  # type: ignore[attr-defined]
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def city() -> Iterator[City]:
    city = City()
    yield city
    city.close()


def check(*urls: str, timeout: float = 5.0) -> LinkChecks:
    links = {url: (f"knowledge/links.yaml:{n}",) for n, url in enumerate(urls, 1)}
    return check_links(links, lambda: NOW, lambda m, u: fetch(m, u, timeout), pause=0.0)


@pytest.mark.parametrize(
    ("page", "outcome", "status", "said"),
    [
        ("ok", GOOD, 200, ""),
        ("302", GOOD, 200, "転送されます"),
        ("301", MOVED, 200, "/ok に移っています"),
        ("404", BROKEN, 404, "ページがありません"),
        ("410", BROKEN, 410, "ページがありません"),
        ("500", BROKEN, 500, "サーバーの調子"),
        ("503", BROKEN, 503, "サーバーの調子"),
        ("403", UNSURE, 403, "ブラウザで確かめて"),
        ("429", UNSURE, 429, "ブラウザで確かめて"),
        ("400", BROKEN, 400, "ページが出ません"),
        ("to-404", BROKEN, 404, "ページがありません"),
        ("loop", BROKEN, 301, "くり返され"),
        ("ftp", MOVED, 301, "別の種類のアドレス（ftp://a.example.jp/x）"),
        ("to-tls", MOVED, 301, "別の種類のアドレス（https://a.example.jp/）"),
        ("get-only", GOOD, 200, ""),
        ("no-http", BROKEN, None, "ウェブの返事になっていません"),
        ("日本語?q=図書館", GOOD, 200, ""),
    ],
)
def test_what_a_server_says_becomes_words(
    city: City, page: str, outcome: str, status: int | None, said: str
) -> None:
    result = check(f"{city.url}/{page}")
    (found,) = result.checks
    assert (found.outcome, found.status) == (outcome, status)
    assert said in found.text and bool(said) == bool(found.text)
    assert found.used_by == ("knowledge/links.yaml:1",)
    assert not result.offline and (found in result.broken) == (outcome == BROKEN)


def test_good_page_is_asked_once_and_never_sent_whole(city: City) -> None:
    check(f"{city.url}/ok")
    assert city.asked == [("HEAD", "/ok")]


def test_bad_page_is_asked_again_as_a_browser_would(city: City) -> None:
    check(f"{city.url}/404")
    assert city.asked == [("HEAD", "/404"), ("GET", "/404")]


def test_server_that_says_nothing_is_given_up(city: City) -> None:
    result = check(f"{city.url}/silent", f"{city.url}/ok", timeout=0.3)
    silent, good = result.checks
    assert silent.outcome == BROKEN and "待っても返事がありません" in silent.text
    assert good.outcome == GOOD and not result.offline


def test_server_that_drips_is_given_up_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                for _ in range(200):
                    try:
                        peer.sendall(b"H")
                    except OSError:
                        return
                    if stop.wait(0.05):
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(TimeoutError):
            fetch("HEAD", f"http://127.0.0.1:{server.getsockname()[1]}/", 0.3)
        stop.set()
        thread.join()


def test_one_request_at_a_time_for_each_host(city: City) -> None:
    check(*(f"{city.url}/ok?{n}" for n in range(12)))
    assert city.at_once["most"] == 1 and len(city.asked) == 12


def test_secure_address_without_security_is_broken(city: City) -> None:
    (found,) = check(city.url.replace("http:", "https:") + "/ok").checks
    assert found.outcome == BROKEN and "TLS" in found.text


def test_certificate_that_is_not_valid_is_told() -> None:
    def ask(method: str, url: str) -> Fetched:
        raise ssl.SSLCertVerificationError("certificate has expired")

    result = check_links({"https://a.example.jp/": ()}, lambda: NOW, ask, pause=0.0)
    assert "証明書" in result.checks[0].text
    assert result.broken and not result.offline


def test_without_a_network_nothing_is_called_broken() -> None:
    def ask(method: str, url: str) -> Fetched:
        raise socket.gaierror("Temporary failure in name resolution")

    links = {"https://a.example.jp/": (), "https://b.example.jp/": ()}
    result = check_links(links, lambda: NOW, ask, pause=0.0)
    assert result.offline and result.broken == []


def test_address_nobody_could_ask_is_broken_and_harms_no_other(city: City) -> None:
    bad, good = check("https://[::1/", f"{city.url}/ok").checks
    assert (bad.outcome, good.outcome) == (BROKEN, GOOD)


def test_links_are_found_where_residents_see_them() -> None:
    files = {
        "knowledge/links.yaml": b"# https://note.example.jp/\n- {id: a, url: https://a.example.jp/x?b=1, kind: city}\n"
        b'- url: "https://b.example.jp/"\n',
        "knowledge/common/a.yaml": "answer: くわしくは https://a.example.jp/x?b=1 （市のページ）。".encode(),
        "knowledge/classes/a.csv": "﻿題名,申込み\r\n教室,https://c.example.jp/form\r\n".encode(),
        "knowledge/sources/plan.yaml": b"- https://plan.example.jp/",
        "knowledge/lexicon.tsv": b"https://d.example.jp/\t==\ta",
        "intents/bad.yaml": b"\xff\xfe https://e.example.jp/",
    }
    assert links_in(files) == {
        "https://e.example.jp/": ("intents/bad.yaml:1",),
        "https://c.example.jp/form": ("knowledge/classes/a.csv:2",),
        "https://a.example.jp/x?b=1": ("knowledge/common/a.yaml:1", "knowledge/links.yaml:2"),
        "https://b.example.jp/": ("knowledge/links.yaml:3",),
    }
