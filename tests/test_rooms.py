"""The house stays in order: who may import whom, no circles, everything documented."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.config import HELP, REPOSITORY

BOT = REPOSITORY / "bot"
MODULES = sorted(path for path in BOT.rglob("*.py") if "migrations" not in path.parts)
ANY = {"*"}

# Room -> the rooms of ours and the foreign libraries it may import; the standard library is free
# except in core (house style: no I/O, no clock).
OURS = {
    "core": {"core"},
    "content": {"core", "errors"},
    "store": {"core", "errors"},
    "line": {"core", "errors"},
    "services": {"core", "content", "store", "errors"},
    "web": {"services", "line", "core", "errors"},
    "console": {"services", "store", "content", "line", "web", "core", "errors"},
    "bench": ANY,
    "errors": set(),
    "accounts": {"errors"},
    "config": {"accounts", "errors"},
    "logs": set(),
    "answering_process": {"services", "core"},
    "delivery_worker": {"services", "core", "store", "line", "errors", "logs"},
    "worker": {"services", "core", "content", "store", "line", "config", "errors", "logs"},
    "wiring": ANY,
    "app": ANY,
    "server": ANY,
    "httpworker": set(),
    "commands": ANY,
    "cli": ANY,
    "__main__": ANY,
}
FOREIGN = {
    "core": {"numpy", "scipy", "rapidfuzz"},
    "content": {"yaml", "sudachipy"},
    "store": {"sqlalchemy", "alembic"},
    "line": {"linebot", "pycurl", "urllib3", "pydantic"},
    "services": {"structlog", "msgspec", "sqlalchemy", "argon2", "pyotp", "PIL"},
    "web": {"flask", "werkzeug", "markupsafe", "pydantic", "prometheus_client", "structlog"},
    "console": {
        "flask",
        "werkzeug",
        "markupsafe",
        "flask_login",
        "flask_wtf",
        "wtforms",
        "pydantic",
        "segno",
    },
}
NOT_IN_CORE = {
    "os", "io", "time", "pathlib", "socket", "sqlite3", "threading", "subprocess", "http", "urllib.request",
    "logging", "tempfile", "shutil", "asyncio", "random",
}  # fmt: skip


def room_of(path: Path) -> str:
    return path.relative_to(BOT).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """The full names a module imports, also inside functions, with their lines."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def ours(name: str) -> str | None:
    """The module of ours that a name belongs to, such as core/text.py."""
    parts = name.split(".")
    if parts[0] != "bot":
        return None
    for count in range(len(parts), 1, -1):
        base = BOT.joinpath(*parts[1:count])
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path.relative_to(BOT).as_posix()
    return "__init__.py"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(BOT).as_posix())
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    assert room in OURS, f"{room} is a new room: add it to the table of tests/test_rooms.py"
    for name, line in imported(path):
        top = name.split(".")[0]
        if top == "bot":
            other = name.split(".")[1]
            allowed = OURS[room] == ANY or other == room or other in OURS[room]
            assert allowed, f"{path}:{line}: {room} must not import {name}"
        elif top not in sys.stdlib_module_names and room in FOREIGN:
            assert top in FOREIGN[room], f"{path}:{line}: {room} must not import {name}"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if room_of(path) == "core"],
    ids=lambda path: path.name,
)
def test_core_knows_nothing_of_the_outside(path: Path) -> None:
    for name, line in imported(path):
        top = name.split(".")[0]
        assert not {top, name} & NOT_IN_CORE, f"{path}:{line}: {name}"


def test_only_the_edges_read_the_settings() -> None:
    readers = {
        room_of(path)
        for path in MODULES
        for name, _ in imported(path)
        if name.startswith("bot.config")
    }
    assert readers <= {"app", "wiring", "cli", "commands", "worker", "server", "bench"}


def test_nothing_is_imported_in_a_circle() -> None:
    graph = {
        path.relative_to(BOT).as_posix(): {
            other for name, _ in imported(path) if (other := ours(name)) is not None
        }
        for path in MODULES
    }
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join([*way[way.index(module) :], module])
        if module in done:
            return
        for other in sorted(graph.get(module, set()) - {module}):
            visit(other, (*way, module))
        done.add(module)

    for module in graph:
        visit(module, ())
    assert done >= set(graph)


@pytest.mark.parametrize("name", sorted(HELP))
def test_every_setting_is_in_the_docs(name: str) -> None:
    docs = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
    assert any(name.upper() in path.read_text("utf-8") for path in docs)
