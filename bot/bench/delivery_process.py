"""The delivery process that the bench kills: `python -m bot.bench.delivery_process DB PORT`.

Imports everything once, then forks a fresh worker for each line on stdin and prints its process
id: so a life costs milliseconds and the moments of death fall into the work, not into imports.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress

from bot.core.delivery import Pace
from bot.delivery_worker import DeliveryLock, DeliveryWorker
from bot.line.client import LineClient
from bot.services.delivery import Delivery
from bot.services.frozen import Frozen, Target
from bot.services.starting import Starting
from bot.store.announcements import Stored
from bot.store.database import open_database

TOKEN = "bench-token"
# A stand-in that does not answer is given up quickly: the lives here are short.
TIMEOUTS = (1.0, 0.6)


def deliver(url: str, port: int, pace: Pace, senders: int) -> None:
    """One worker's life; ends with the process."""
    lock = DeliveryLock(url)
    db = open_database(url, exclusive=False)
    line = LineClient(TOKEN, f"http://127.0.0.1:{port}", timeouts=TIMEOUTS)
    line.prepare()
    worker = DeliveryWorker(
        Delivery(db, line, pace),
        Starting(db, line, _no_series),
        senders=senders,
        alone=lock.alone,
    )
    worker.start()
    threading.Event().wait()


def _no_series(stored: Stored, target: Target) -> Frozen:
    raise AssertionError("nothing here repeats")


def main() -> None:
    url, port, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    LineClient(TOKEN).prepare()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed leave no zombies
    child = 0
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            pace = Pace(requests_per_second=rate, people_per_minute=1e9)
            deliver(url, port, pace, senders=24)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    if child:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
