"""Where faults are tried: databases, stand-ins and installations, all gone afterwards."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.bench import hamlet
from bot.bench.installation import SECRET, Installation, Judged, Stub, ask, get, leave, someone
from bot.bench.postgres import Cluster, cluster, missing

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SEPARATE = {"MADOGUCHI_WORKER": "separate"}
# Each of five faults of LINE with this chance (see `line_stub.FAULTS`), and a little delay.
FAULTY = ("--fault-rate", "0.03", "--delay-ms", "20")
_RESIDENTS = 2000
_LEAVERS = 1_000_000  # ids from here on leave, and nothing of them may stay
_LEAVE_EVERY = 25  # deliveries


@dataclass
class Outcome:
    """What a fault came to over all its trials; without a fault of ours in `wrong`."""

    trials: int
    database: str
    events: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    erased: int = 0  # residents who left, of whom nothing was found afterwards
    notes: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def take(self, judged: Judged) -> None:
        """Add how an installation's events ended."""
        self.events += sum(judged.ends.values())
        self.ends += judged.ends
        self.wrong += judged.wrong

    def expect(self, fact: bool, otherwise: str) -> None:
        """Note what is wrong unless `fact`."""
        if not fact:
            self.wrong.append(otherwise)


class Ground:
    """`town` gives an installation to break; `dice` is the same in every run."""

    def __init__(self, folder: Path, dice: random.Random, outage: float) -> None:
        self.dice = dice
        self.outage = outage  # seconds that something is gone
        self._folder = folder
        self._number = 0
        self._stack = ExitStack()
        self._databases = 0
        self._server: Cluster | None = None

    @property
    def server(self) -> Cluster:
        """A PostgreSQL server of one's own, started when first asked for."""
        if self._server is None:
            self._server = self._stack.enter_context(cluster(durable=True))
        return self._server

    def close(self) -> None:
        self._stack.close()

    def folder(self) -> Path:
        """An empty one."""
        self._number += 1
        found = self._folder / f"town{self._number}"
        found.mkdir()
        return found

    def hamlet(self) -> Path:
        """The content of towns that need no other."""
        folder = self._folder / "hamlet"
        return folder if folder.exists() else hamlet.build(folder)

    def url(self, database: str, folder: Path) -> str:
        """An empty database."""
        if database == SQLITE:
            return f"sqlite:///{folder}/town.db"
        self._databases += 1
        return self.server.create(f"town_{self._databases}")

    @contextmanager
    def installation(self, folder: Path, url: str, line_port: int) -> Iterator[Installation]:
        """Processes for a database and a LINE made by the caller."""
        options = {"MADOGUCHI_SEND_PER_MINUTE": "1000000"}
        found = Installation(
            folder, url, line_port, content=self.hamlet(), city=hamlet.CITY, **options
        )
        found.environment["MADOGUCHI_CACHE_DIR"] = str(self._folder / "cache")
        try:
            yield found
        finally:
            found.close()

    @contextmanager
    def town(self, database: str, *line: str, url: str = "", **options: Any) -> Iterator[Town]:
        """An installation of its own, with a LINE of its own; `url` instead of a new database.

        A hamlet with a little content unless `content` names a folder.
        """
        folder = self.folder()
        url = url or self.url(database, folder)
        if "content" not in options:
            options |= {"content": self.hamlet(), "city": hamlet.CITY}
        stub = Stub(*line, "--seed", str(self.dice.randrange(1000)))
        found = Town(folder, url, stub, self.dice, **options)
        # The index of the same content need not be built for each town.
        found.environment["MADOGUCHI_CACHE_DIR"] = str(self._folder / "cache")
        try:
            yield found
        finally:
            found.close()
            found.line.resume()
            found.line.close()


class Town(Installation):
    """An installation whose residents ask, leave, and are asked what they got."""

    def __init__(
        self, folder: Path, url: str, line: Stub, dice: random.Random, **options: Any
    ) -> None:
        super().__init__(folder, url, line.port, **options)
        self.folder, self.line = folder, line
        self.before: list[str] = []  # what residents got from a stand-in that is no more
        self._dice = dice
        self._number = self._left = 0

    def busy(self, seconds: float, pause: float = 0.05) -> None:
        """Residents write for a while; now and then one of them leaves."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.residents_write()
            time.sleep(pause)

    def residents_write(self, number: int = 2) -> int:
        """One webhook with so many questions of different residents; its status."""
        if self._number % _LEAVE_EVERY == 0:
            self._one_leaves()
        events = [ask(self._number + n, self._dice.randrange(_RESIDENTS)) for n in range(number)]
        self._number += number
        return self.deliver(*events)

    def _one_leaves(self) -> None:
        who = _LEAVERS + self._left
        self._left += 1
        self.deliver(ask(self._number, who, f"{secret_of(who)}について知りたい"))
        self.deliver(leave(self._number + 1, who))
        self._number += 2

    def readyz(self) -> dict[str, Any]:
        """What /readyz says, {} where nobody answers."""
        with suppress(OSError, http.client.HTTPException, ValueError):
            found: dict[str, Any] = json.loads(get(self.port, "/readyz")[1])
            return found
        return {}

    def load(self, rate: float, seconds: float, name: str) -> subprocess.Popen[bytes]:
        """A steady load beside us, each event of another resident; tells JSON at its end."""
        command = [sys.executable, "-m", "bot.bench.load", "--port", str(self.port)]
        command += ["--secret", SECRET, "--rate", str(rate), "--seconds", str(seconds)]
        command += ["--name", name, "--residents", "1000000", "--first", str(_RESIDENTS)]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def take_over(self, result: Mapping[str, Any]) -> int:
        """The load's events that were acknowledged count as sent; returns how many.

        So do those that were kept although the answer did not come through: LINE would ask again.
        """
        ids = {token.replace("-token-", "-"): token for token in result["sent"]}
        kept, refused = self.rows(), set(result["refused"])
        taken = [each for each, token in ids.items() if token not in refused]
        self.sent.update(dict.fromkeys([*taken, *(each for each in ids if each in kept)]))
        return len(taken)

    def end(self, outcome: Outcome, seconds: float = 90) -> None:
        """Everything is delivered again, settled and judged; nothing of who left may be there."""
        self.redeliver()
        outcome.take(self.judge(lambda: [*self.before, *self.line.replies()], seconds))
        left = range(_LEAVERS, _LEAVERS + self._left)
        found = self.traces(*map(someone, left), *map(secret_of, left))
        outcome.erased += self._left
        outcome.wrong += [f"{len(found)} traces of who has left"] if found else []


def secret_of(who: int) -> str:
    """Words only this resident uses."""
    return f"ひみつ{who}ばん"


def no_postgres() -> str:
    """What is missing for the faults that need PostgreSQL."""
    return missing()


@contextmanager
def ground(seed: int, outage: float) -> Iterator[Ground]:
    """All the trials of a run."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        found = Ground(Path(folder), random.Random(seed), outage)
        try:
            yield found
        finally:
            found.close()
