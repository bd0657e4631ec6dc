"""Whoever works for one account says so to the store: nothing falls back on the account "main"."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from bot.config import REPOSITORY

STORE = REPOSITORY / "bot" / "store"
CALLERS = ("console", "services", "wiring", "web", "commands", ".")
ROWS = {"Entry", "Question", "Reaction", "Image", "New"}  # rows that carry their account


def _with_account() -> dict[tuple[str, str], int]:
    """(module, function or row) of the store -> the place of its `account`."""
    found = {}
    for file in STORE.glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            names: list[str] = []
            if isinstance(node, ast.FunctionDef):
                names = [each.arg for each in node.args.args]
            elif isinstance(node, ast.ClassDef) and node.name in ROWS:
                fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
                names = [each.target.id for each in fields if isinstance(each.target, ast.Name)]
            if "account" in names and isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[file.stem, node.name] = names.index("account")
    return found


def _called(tree: ast.Module) -> Iterator[tuple[ast.Call, tuple[str, str]]]:
    """Every call of something imported from the store, by the name it has there."""
    modules, members = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.store"):
            module = (node.module or "").removeprefix("bot.store").removeprefix(".")
            for each in node.names:
                if module:
                    members[each.asname or each.name] = (module, each.name)
                else:
                    modules[each.asname or each.name] = each.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in members:
                yield node, members[called.id]
            owner = called.value if isinstance(called, ast.Attribute) else None
            if isinstance(owner, ast.Name) and owner.id in modules:
                yield node, (modules[owner.id], called.attr)


def test_every_call_of_the_store_names_the_account() -> None:
    known, left, counted = _with_account(), [], 0
    assert ("audit", "Entry") in known and len(known) > 60
    files = [path for room in CALLERS for path in (REPOSITORY / "bot" / room).glob("*.py")]
    for path in files:
        for call, name in _called(ast.parse(Path(path).read_text())):
            if name not in known:
                continue
            counted += 1
            named = any(each.arg in ("account", None) for each in call.keywords)
            if not named and len(call.args) <= known[name]:
                left.append(f"{path.relative_to(REPOSITORY)}:{call.lineno} {'.'.join(name)}")
    assert counted > 80
    assert left == []
