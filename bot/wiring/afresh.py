"""The answering process as a program of its own, for when the forked one is lost.

The web's process has threads by then, and what is forked from a process with threads may wait for
ever for a lock that one of them held. A program shares no memory: it costs more, and nothing while
all is well.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from bot.answering_process import serve
from bot.config import Settings
from bot.content.sudachi import SudachiTokenizer
from bot.logs import configure_logs
from bot.wiring.content import desk_of, publishers_of, view_of


def start(every: Sequence[Settings], descriptor: int) -> subprocess.Popen[bytes]:
    """Start it for these accounts, to answer at `descriptor`. Raises OSError."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(descriptor)],
        stdin=subprocess.PIPE,
        pass_fds=(descriptor,),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin is not None
    with process.stdin as told:  # the settings are no secret to anybody else so
        told.write(pickle.dumps(tuple(every)))
    return process


def main() -> None:
    """Answer at the descriptor named, with the content that comes from there."""
    pipe = Connection(int(sys.argv[1]))
    every: tuple[Settings, ...] = pickle.load(sys.stdin.buffer)
    configure_logs()
    tokenizer = SudachiTokenizer()
    publishers = publishers_of(every, lambda: datetime.now(UTC), tokenizer)
    views = {each.account: view_of(each, publishers) for each in every}
    serve(pipe, desk_of(every, views), publishers, tokenizer.map_sparsely)


if __name__ == "__main__":
    main()
