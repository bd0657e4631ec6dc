"""Whether a web page answers, asked over the network and never for long."""

from __future__ import annotations

import time

import urllib3

_BUDGET_SECONDS = 8.0  # for all links of one run together
_ANSWERS = frozenset({401, 403, 405, 429})  # the page is there, it only does not like us


class Reach:
    """Asks each address once; `None` where that could not be found out (no network, no time)."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=2.0, read=3.0), retries=urllib3.Retry(0, redirect=3)
        )
        self._known: dict[str, bool | None] = {}
        self._deadline: float | None = None

    def __call__(self, url: str) -> bool | None:
        if url not in self._known:
            self._known[url] = self._ask(url)
        return self._known[url]

    def _ask(self, url: str) -> bool | None:
        now = time.monotonic()
        self._deadline = self._deadline or now + _BUDGET_SECONDS
        if now > self._deadline:
            return None
        try:
            answer = self._pool.request("GET", url, preload_content=False)
            answer.close()
        except (urllib3.exceptions.HTTPError, ValueError):
            return None
        return answer.status < 400 or answer.status in _ANSWERS
