"""Work that is done about once a minute, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from bot.services.failures import describe

log = logging.getLogger(__name__)
PAUSE_SECONDS = 60.0


class Keeper:
    """Calls its tasks about once a minute, one after another in a thread of its own; the failure
    of one is logged and keeps none of the others."""

    def __init__(self, *tasks: Callable[[], object]) -> None:
        self._tasks = tasks
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 20.0) -> None:
        """Returns when the task, if one is running, is over, or after `timeout` s."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            for task in self._tasks:
                if self._stopping.is_set():
                    return
                try:
                    task()
                except Exception as error:
                    log.error("housekeeping failed", extra={"error": describe(error)})
            if self._stopping.wait(PAUSE_SECONDS):
                return
