"""Saved indexes: mapped, replaced whole, and never the reason that nothing is served."""

from pathlib import Path

from bot.content.indexcache import IndexCache


def test_what_was_saved_is_read_and_keeps_after_it_was_replaced(tmp_path: Path) -> None:
    cache = IndexCache(tmp_path / "cache")
    assert cache.load("a") is None
    cache.save("a", b"first" * 4096)
    loaded = cache.load("a")
    assert loaded is not None
    cache.save("a", b"other" * 9000)
    cache.give_back()
    assert bytes(loaded) == b"first" * 4096
    again = cache.load("a")
    assert again is not None and bytes(again) == b"other" * 9000


def test_an_empty_or_unreadable_file_is_as_if_nothing_was_saved(tmp_path: Path) -> None:
    cache = IndexCache(tmp_path)
    cache.save("a", b"")
    assert cache.load("a") is None
    (tmp_path / "nowhere").write_bytes(b"a file")
    IndexCache(tmp_path / "nowhere").save("a", b"x")
    assert IndexCache(tmp_path / "nowhere").load("a") is None
