"""A PostgreSQL server of one's own in a folder, for tests and benchmarks; never for a city."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_USERS = ("postgres", "nobody")  # the server refuses to run as root
USER = "test"
_LOG_FILES = 5


def missing() -> str:
    """What is missing to start one, "" if nothing is."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg"
    if not has_programs():
        return "initdb・pg_ctl"
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        return "setpriv"
    return ""


def has_programs() -> bool:
    """Whether PostgreSQL is installed on this machine."""
    return _program("initdb") is not None and _program("pg_ctl") is not None


class Cluster:
    """One server, reached by a socket in `folder`; `durable` as a city's would be."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self._data = str(folder / "data")
        fsync = "on" if durable else "off"
        self._durable = durable
        self._options = (
            f"-k {folder} -c listen_addresses='' -c fsync={fsync} -c max_connections=200"
        )

    def make(self) -> None:
        """Its empty databases. Raises RuntimeError with what initdb said."""
        if (user := _user()) is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        setup = [f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--no-sync"]
        self._run("initdb", "--pgdata", self._data, *setup)

    def start(self) -> None:
        """Returns when it takes connections."""
        log = str(self.folder / "server.log")
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", log, "-o", self._options)
        if self._durable:
            self._as_in_use()

    def stop(self, mode: str = "fast") -> None:
        """`fast` breaks connections off; `immediate` is as if the power went."""
        self._run("pg_ctl", "stop", "-D", self._data, "-m", mode)

    def url(self, name: str) -> str:
        """The address of a database on it."""
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def create(self, name: str) -> str:
        """A fresh database; returns its URL."""
        self._psql(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Away with a database, whoever uses it."""
        self._psql(f"DROP DATABASE {name} WITH (FORCE)")

    def _psql(self, statement: str) -> None:
        # Here and not above: without psycopg this module can still say what is missing.
        import psycopg

        with psycopg.connect(host=str(self.folder), user=USER, dbname="postgres") as connection:
            connection.autocommit = True
            connection.execute(statement.encode())

    def _as_in_use(self) -> None:
        """Have log files ready, as after some hours: making one (16 MiB) holds up every commit."""
        for _ in range(_LOG_FILES):
            self._psql("SELECT pg_logical_emit_message(true, '', ''), pg_switch_wal()")
        self._psql("CHECKPOINT")

    def _run(self, program: str, *arguments: str) -> None:
        command = [_program(program) or program, *arguments]
        if (user := _user()) is not None:
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            command = ["setpriv", *ids, *command]
        # Not a pipe: the server would keep it open and we would wait for its end for ever.
        log = self.folder / "commands.log"
        with log.open("ab") as output:
            environment = os.environ | {"LC_ALL": "C", "HOME": str(self.folder)}
            done = subprocess.run(
                command, stdout=output, stderr=output, cwd=self.folder, env=environment, timeout=120
            )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A running server, gone at the end with everything it held. Raises RuntimeError."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    try:
        found = Cluster(folder, durable=durable)
        found.make()
        found.start()
        try:
            yield found
        finally:
            found.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


def _user() -> pwd.struct_passwd | None:
    """Who runs the server: nobody in particular where we are root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _USERS if name in known)
