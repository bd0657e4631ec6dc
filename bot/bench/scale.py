"""The same load on SQLite with one process and on PostgreSQL with several, in one run.

Load, stand-in, database and bot share the machine: on few cores more processes cannot be faster
than the cores allow, and the figures say so. Only the ratios travel.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bot.bench import delivery, webhook
from bot.bench.postgres import Cluster, cluster, missing

SERVE = (sys.executable, "-m", "bot", "serve", "--port", "{port}")
_UNLIMITED = 1e6


def run(
    rates: Sequence[float] = (100, 200, 300),
    seconds: float = 5.0,
    processes: Sequence[int] = (1, 2, 4),
    people: int = 50_000,
) -> dict[str, Any]:
    """Each rate (events/s) for `seconds` on each set-up; deliveries to `people` by 1, 2, 4 workers.

    `webhook` has one entry for a set-up with the rates as `bench webhook` tells them; `delivery`
    the requests a second with LINE's own limit taken away. Without PostgreSQL it tells of SQLite
    alone and why.
    """
    found: dict[str, Any] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "webhook": [_webhook("sqlite", 1, rates, seconds)],
        "delivery": [_delivery("sqlite", 1, people)],
    }
    if what := missing():
        return found | {"left_out": f"PostgreSQL ({what})"}
    with cluster(durable=True) as server:
        for number in processes:
            with _fresh(server, f"web_{number}") as url:
                found["webhook"].append(_webhook("postgresql", number, rates, seconds, url))
            with _fresh(server, f"deliver_{number}") as url:
                found["delivery"].append(_delivery("postgresql", number, people, url))
    return found


def _webhook(
    name: str, number: int, rates: Sequence[float], seconds: float, url: str = ""
) -> dict[str, Any]:
    settings = {"MADOGUCHI_DATABASE_URL": url} if url else {}
    command = (*SERVE, "--workers", str(number))
    result = webhook.run(rates, seconds, command=command, settings=settings)
    return {"database": name, "processes": number, **result}


def _delivery(name: str, workers: int, people: int, url: str = "") -> dict[str, Any]:
    result = delivery.speed(people, rate=_UNLIMITED, limit=0.0, url=url, workers=workers)
    return {
        "database": name,
        "workers": workers,
        "requests_per_second": result["requests_per_second"],
        "people_per_second": round(result["requests_per_second"] * 500),
    }


@contextmanager
def _fresh(server: Cluster, name: str) -> Iterator[str]:
    url = server.create(name)
    try:
        yield url
    finally:
        server.drop(name)
