"""Do the content's links still lead somewhere? Asked politely, told in Japanese."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from bot.services.fetching import Fetched, fetch
from bot.store.links import BROKEN, GOOD, MOVED, UNSURE, LinkCheck

_HOPS = 5
_HOSTS = 8  # asked side by side; each of them one request at a time
_PAUSE = 0.3  # seconds between two requests to one host
_MOVED_FOR_GOOD = (301, 308)
_REDIRECTS = (301, 302, 303, 307, 308)
# Servers that keep programs out say so with these; a person may well see the page.
_KEPT_OUT = (401, 403, 405, 406, 429, 451, 501)

Ask = Callable[[str, str], Fetched]


@dataclass(frozen=True)
class _Outcome:
    outcome: str
    status: int | None
    text: str
    silent: bool = False  # nothing came back at all


@dataclass(frozen=True)
class LinkChecks:
    """The outcome of one run. `offline`: nobody answered, so that nothing is known."""

    checks: tuple[LinkCheck, ...]
    offline: bool

    @property
    def broken(self) -> list[LinkCheck]:
        """The links that lead nowhere."""
        return [] if self.offline else [c for c in self.checks if c.outcome == BROKEN]


def check_links(
    links: Mapping[str, tuple[str, ...]],
    clock: Callable[[], datetime],
    ask: Ask = fetch,
    pause: float = _PAUSE,
) -> LinkChecks:
    """Ask every link (address -> places); hosts side by side, one request at a time for each."""
    by_host: dict[str, list[str]] = {}
    for url in links:
        by_host.setdefault(_host(url), []).append(url)

    def ask_host(urls: Iterable[str]) -> list[tuple[str, _Outcome]]:
        return [(url, _ask_one(url, ask, pause)) for url in urls]

    with ThreadPoolExecutor(_HOSTS, "links") as pool:
        found = dict(pair for pairs in pool.map(ask_host, by_host.values()) for pair in pairs)
    now = int(clock().timestamp() * 1000)
    checks = tuple(
        LinkCheck(url, found[url].outcome, found[url].status, found[url].text, places, now)
        for url, places in links.items()
    )
    return LinkChecks(checks, bool(found) and all(each.silent for each in found.values()))


def _ask_one(url: str, ask: Ask, pause: float) -> _Outcome:
    """HEAD first; where that is refused or fails GET, as a browser would."""
    try:
        outcome = _follow("HEAD", url, ask, pause)
        if outcome.outcome in (BROKEN, UNSURE) and not outcome.silent:
            time.sleep(pause)
            outcome = _follow("GET", url, ask, pause)
        return outcome
    finally:
        time.sleep(pause)


def _follow(method: str, url: str, ask: Ask, pause: float) -> _Outcome:
    here, for_good, status = url, False, 0
    for hop in range(_HOPS + 1):
        try:
            answer = ask(method, here)
            there = urljoin(here, answer.location)
            same = urlsplit(there).scheme == urlsplit(url).scheme
        except (OSError, ValueError, http.client.HTTPException) as error:
            return _failed(error, first=hop == 0)
        status = answer.status
        if status not in _REDIRECTS or not answer.location:
            return _ended(status, here if here != url else "", for_good)
        for_good = for_good or status in _MOVED_FOR_GOOD
        if not same:
            text = f"別の種類のアドレス（{_short(there)}）に移っています。確かめて直してください。"
            return _Outcome(MOVED, status, text)
        here = there
        time.sleep(pause)
    return _Outcome(BROKEN, status, "転送がくり返され、ページが出ません。")


def _ended(status: int, there: str, for_good: bool) -> _Outcome:
    if 200 <= status < 300:
        if there and for_good:
            return _Outcome(MOVED, status, f"{_short(there)} に移っています。直してください。")
        return _Outcome(GOOD, status, f"いまは {_short(there)} に転送されます。" if there else "")
    if status in (404, 410):
        return _Outcome(BROKEN, status, f"ページがありません（{status}）。")
    if status in _KEPT_OUT:
        text = f"プログラムからは見られません（{status}）。ブラウザで確かめてください。"
        return _Outcome(UNSURE, status, text)
    if status >= 500:
        return _Outcome(BROKEN, status, f"相手のサーバーの調子が悪いようです（{status}）。")
    return _Outcome(BROKEN, status, f"ページが出ません（{status}）。")


def _failed(error: Exception, *, first: bool) -> _Outcome:
    """`first`: the link itself gave no answer, and not what it redirects to."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _Outcome(BROKEN, None, "相手の証明書が正しくありません（期限切れなど）。")
    if isinstance(error, ssl.SSLError):
        return _Outcome(BROKEN, None, "安全な接続（TLS）ができません。")
    if isinstance(error, TimeoutError):
        return _Outcome(BROKEN, None, "10秒待っても返事がありません。", silent=first)
    if isinstance(error, ValueError):
        return _Outcome(BROKEN, None, "アドレスの書き方が正しくありません。")
    if isinstance(error, http.client.HTTPException):
        return _Outcome(BROKEN, None, "ウェブの返事になっていません。")
    return _Outcome(BROKEN, None, "つながりません（サーバーがありません）。", silent=first)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _short(url: str) -> str:
    return url if len(url) <= 120 else f"{url[:119]}…"
