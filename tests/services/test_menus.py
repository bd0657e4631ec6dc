"""Rich menus: LINE becomes equal to the files, once and for all, and everybody can be warned."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.commands.menu import menu as menu_command
from bot.content.loader import load, read_files
from bot.content.menus import image_size
from bot.core.attributes import Attributes
from bot.core.menus import Role, build, in_emergency
from bot.errors import ContentError, LineError, StoreBusy
from bot.line.http import LineRequests
from bot.line.richmenus import RichMenus
from bot.services.answering import speak
from bot.services.library import Library
from bot.services.menus import Menus
from bot.store import attributes, budgets
from bot.store.database import Database
from tests.builders import content, replaced, write
from tests.content.test_segments import SMALL
from tests.fakes.line_admin import TOKEN, LineAdmin
from tests.segments import user_id
from tests.store.builders import opened

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
TARO, HANAKO, JIRO = user_id(1), user_id(2), user_id(3)

SEGMENTS = replaced(
    SMALL.replace("city: hachioji", "city: minato"),
    "    rule: {topics: {any: [child]}}",
    "    rule: {topics: {any: [child]}}\n  - name: 介護\n    rule: {topics: {any: [care]}}",
)


def yaml_of(menu_id: str, role: str, label: str = "図書館", more: str = "") -> str:
    return f"""\
- id: {menu_id}
  title: {menu_id}のメニュー
  city: common
  role: {role}
  bar: メニュー
  image: {menu_id}.png
  size: small
  rows: [1, 2]
  areas:
    - label: {label}
      show: library-card
    - label: 電話
      phone: 099-111-2222
    - label: 市のページ
      url: https://minato.example.jp/
{more}"""


@cache
def png(width: int = 2500, height: int = 843, colour: int = 0) -> bytes:
    """A real picture in one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([colour]) * width) * height
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


@dataclass
class Town:
    """A city's menus: files in `folder`, `line` beside them."""

    folder: Path
    db: Database
    line: LineAdmin
    menus: Menus

    def write(self, name: str, text: str, colour: int = 0) -> None:
        """A file of one menu, and its picture."""
        path = self.folder / "intents" / "menus" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.with_suffix(".png").write_bytes(png(colour=colour))

    def remove(self, name: str) -> None:
        (self.folder / "intents" / "menus" / f"{name}.yaml").unlink()

    def loaded(self) -> Any:
        return load(read_files(self.folder))

    def apply(self) -> Any:
        return self.menus.apply(self.loaded())

    def new_calls(self) -> list[str]:
        """What was written at LINE since the last look."""
        found = self.line.writes
        self.line.calls.clear()
        return found


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    files = content({"intents/segments.yaml": SEGMENTS})
    folder = write(tmp_path / "content", files)
    db = opened(tmp_path)
    with LineAdmin() as line:
        requests = LineRequests(TOKEN, line.url, line.url)
        menus = Menus(db, RichMenus(requests), folder, "minato", lambda: NOW)
        found = Town(folder, db, line, menus)
        found.write("everyday", yaml_of("everyday", "default"))
        found.write("alarm", yaml_of("alarm", "emergency", "避難"))
        child = yaml_of("child", "segment", "子育て", "  segment: 子育て\n")
        found.write("child", child)
        assert found.loaded().content is not None, found.loaded().problems
        yield found
        requests.close()
    db.close()


def choose(town: Town, **topics: str) -> None:
    for who, topic in topics.items():
        ids = {"taro": TARO, "hanako": HANAKO, "jiro": JIRO}
        town.db.write(
            lambda c, who=ids[who], topic=topic: attributes.save(
                c, who, Attributes(topics=frozenset({topic} - {""})), MS
            )
        )


def test_line_becomes_equal_to_the_files(town: Town) -> None:
    town.apply()
    line = town.line
    assert len(line.menus) == 3
    assert line.default == line.menu_named("everyday")
    assert set(line.images) == set(line.menus)
    assert line.aliases == {f"madoguchi-{n}": line.menu_named(n) for n in _names()}
    areas = line.menus[line.default]["areas"]
    assert [area["action"]["label"] for area in areas] == ["図書館", "電話", "市のページ"]
    assert areas[0]["action"]["data"] == "do=show&id=library-card"
    assert areas[1]["action"]["uri"] == "tel:099-111-2222"
    boxes = [area["bounds"] for area in areas]
    assert sum(box["width"] * box["height"] for box in boxes) == 2500 * 843


def _names() -> tuple[str, str, str]:
    return "everyday", "alarm", "child"


def test_a_second_run_changes_nothing(town: Town) -> None:
    town.apply()
    before = dict(town.line.menus)
    town.new_calls()
    assert town.apply().plan.is_empty
    assert town.line.menus == before
    assert [call for call in town.new_calls() if "/bulk/" not in call] == []


def test_a_changed_picture_or_word_makes_a_new_menu_and_clears_the_old_one(town: Town) -> None:
    town.apply()
    old = dict(town.line.menus)
    town.write("everyday", yaml_of("everyday", "default"), colour=200)
    town.apply()
    assert len(town.line.menus) == 3
    assert town.line.default not in old
    town.write("child", yaml_of("child", "segment", "こども", "  segment: 子育て\n"))
    town.remove("alarm")
    town.apply()
    assert set(town.line.aliases) == {"madoguchi-everyday", "madoguchi-child"}
    assert len(town.line.menus) == 2


def test_menus_of_others_are_left_alone(town: Town) -> None:
    other = {
        "richMenuId": "richmenu-other",
        "size": {"width": 2500, "height": 843},
        "name": "観光課のメニュー",
        "areas": [],
    }
    town.line.menus["richmenu-other"] = other
    town.line.aliases["other"] = "richmenu-other"
    town.apply()
    assert town.line.menus["richmenu-other"] == other
    assert town.line.aliases["other"] == "richmenu-other"


def test_a_dry_run_only_looks(town: Town) -> None:
    outlook = town.menus.outlook(town.loaded())
    assert [built.menu.id for built in outlook.plan.create] == ["alarm", "child", "everyday"]
    assert outlook.plan.changes == 3
    assert town.line.writes == []
    assert town.line.menus == {}


@pytest.mark.parametrize("after", range(1, 12))
def test_broken_off_anywhere_it_goes_on_at_the_next_run(town: Town, after: int) -> None:
    """LINE refuses the n-th change: nothing is doubled, nothing is left behind."""
    town.apply()
    town.write("everyday", yaml_of("everyday", "default", "としょかん"))
    town.write("child", yaml_of("child", "segment", "こども", "  segment: 子育て\n"))
    choose(town, taro="child")
    answer = town.line.answer
    town.line.calls.clear()

    def sometimes(method: str, path: str, headers: Any, body: bytes) -> dict[str, Any]:
        if method != "GET" and len(town.line.writes) >= after - 1:
            town.line.fail[f"{method} {path}"] = 500
        return answer(method, path, headers, body)

    town.line.answer = sometimes  # type: ignore[method-assign]
    try:
        town.apply()
    except LineError:
        pass
    finally:
        town.line.answer = answer  # type: ignore[method-assign]
        town.line.fail.clear()
    town.apply()
    line = town.line
    assert len(line.menus) == 3
    assert set(line.images) == set(line.menus)
    assert line.default == line.menu_named("everyday")
    assert line.aliases == {f"madoguchi-{n}": line.menu_named(n) for n in _names()}
    assert line.linked == {TARO: line.menu_named("child")}
    assert town.apply().plan.is_empty


def test_residents_get_the_menu_of_their_segment_and_lose_it_with_it(town: Town) -> None:
    care = yaml_of("care", "segment", "介護", "  segment: 介護\n")
    town.write("zcare", care.replace("care.png", "zcare.png"))
    choose(town, taro="child", hanako="care", jiro="")
    town.apply()
    line = town.line
    assert line.linked == {TARO: line.menu_named("child"), HANAKO: line.menu_named("care")}
    choose(town, taro="", jiro="child")
    town.apply()
    assert line.linked == {JIRO: line.menu_named("child"), HANAKO: line.menu_named("care")}


def test_one_step_warns_everybody_and_one_step_leads_back(town: Town) -> None:
    choose(town, taro="child")
    town.apply()
    town.new_calls()
    assert town.menus.emergency(town.loaded(), on=True)
    line = town.line
    alarm = line.menu_named("alarm")
    assert town.new_calls() == [
        f"POST /v2/bot/user/all/richmenu/{alarm}",
        "POST /v2/bot/richmenu/batch",
    ]
    assert (line.default, line.linked) == (alarm, {})
    assert not town.menus.emergency(town.loaded(), on=True)
    assert town.menus.emergency(town.loaded(), on=False)
    assert line.default == line.menu_named("everyday")
    assert line.linked == {TARO: line.menu_named("child")}
    assert line.changes == []  # none of the 100 an hour


def test_an_apply_in_an_emergency_does_not_end_it(town: Town) -> None:
    choose(town, taro="child")
    town.apply()
    town.menus.emergency(town.loaded(), on=True)
    town.write("alarm", yaml_of("alarm", "emergency", "高台へ"))
    assert town.apply().emergency
    line = town.line
    assert line.default == line.menu_named("alarm")
    assert line.menus[line.default]["areas"][0]["action"]["label"] == "高台へ"
    assert line.linked == {}
    assert in_emergency(town.menus.line.look())


def test_own_menus_go_the_long_way_where_line_takes_no_more_batches(town: Town) -> None:
    choose(town, taro="child")
    town.apply()
    town.line.fail["POST /v2/bot/richmenu/batch"] = 429
    town.menus.emergency(town.loaded(), on=True)
    assert town.line.linked == {}


def test_the_emergency_menu_must_be_at_line_before_it_is_needed(town: Town) -> None:
    with pytest.raises(ContentError, match="menu apply"):
        town.menus.emergency(town.loaded(), on=True)
    assert town.line.writes == []


def test_the_hundred_changes_of_an_hour_are_kept_across_processes(town: Town) -> None:
    assert town.db.write(lambda c: budgets.take_menu_changes(c, 98)) == 0
    with pytest.raises(StoreBusy, match="1時間に100回"):
        town.apply()
    assert town.line.writes == []
    wait = town.db.write(lambda c: budgets.take_menu_changes(c, 3))
    assert 30 <= wait <= 36  # one place comes back in 36 s
    assert town.db.write(lambda c: budgets.take_menu_changes(c, 2)) == 0


def test_more_old_menus_than_an_hour_allows_go_in_several_runs(town: Town) -> None:
    for number in range(1000, 1120):
        key, name = f"richmenu-{number:032x}", f"madoguchi:segment-old-{number}:0"
        town.line.menus[key] = {"richMenuId": key, "name": name}
    outlook = town.apply()
    assert len(outlook.plan.delete) == 97 and len(town.line.menus) == 3 + 120 - 97
    assert town.line.default == town.line.menu_named("everyday")
    with pytest.raises(StoreBusy, match="1時間に100回"):
        town.apply()


def test_what_line_would_refuse_is_said_before_anything_changes(town: Town) -> None:
    town.line.fail["POST /v2/bot/richmenu/validate"] = 400
    with pytest.raises(ContentError, match="LINEの点検"):
        town.apply()
    assert town.line.menus == {}


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (None, "がありません"),
        (b"GIF89a", "PNG か JPEG"),
        (png(2500, 1686), "2500×843 にしてください"),
        (png() + b"\0" * 1_000_000, "1MB以下"),
    ],
)
def test_a_picture_that_line_would_refuse_stops_it(
    town: Town, picture: bytes | None, why: str
) -> None:
    path = town.folder / "intents" / "menus" / "everyday.png"
    path.unlink()
    if picture is not None:
        path.write_bytes(picture)
    with pytest.raises(ContentError, match=why):
        town.apply()
    assert town.line.calls == []


def test_a_jpeg_is_measured_too() -> None:
    frame = b"\xff\xc0" + struct.pack(">HBHH", 17, 8, 843, 2500) + b"\0" * 10
    assert image_size(b"\xff\xd8\xff\xe0\x00\x04ab" + frame) == (2500, 843)
    assert image_size(b"\xff\xd8\xff\xe0\x00\x04ab") is None
    assert image_size(b"\xff\xd8" + b"\xff" * 40) is None


def test_equal_menus_have_equal_names_and_any_change_another(town: Town) -> None:
    (menu,) = [m for m in town.loaded().menus if m.role is Role.DEFAULT]
    assert build(menu, png()).name == build(menu, png()).name
    assert build(menu, png()).name != build(menu, png(colour=1)).name
    assert json.dumps(build(menu, png()).body)


WRONG = {
    "label: 図書館": ("label: ''", "「label」がありません"),
    "  role: default": ("  role: often", "often"),
    "  rows: [1, 2]": ("  rows: [3, 3]", "足すと6ですが、areas は3個"),
    "show: library-card": ("show: nothing-here", "「nothing-here」はありません"),
    "phone: 099-111-2222": ("phone: 099-111-2222\n      say: やあ", "どれか1つだけ"),
    "url: https://minato.example.jp/": ("url: http://minato.example.jp/", "https://"),
    "  bar: メニュー": ("  bar: とても長い名前のメニューです。", "14字まで"),
    "label: 電話": ("label: 図書館", "2つあります"),
    "  city: common": ("  city: nowhere", "「nowhere」はありません"),
    "image: everyday.png": ("image: ../x.png", "同じフォルダ"),
    "  size: small": ("  size: small\n  segment: 子育て", "だけに書けます"),
}


@pytest.mark.parametrize("old", sorted(WRONG))
def test_a_mistake_in_a_file_is_named_at_its_line(town: Town, old: str) -> None:
    new, why = WRONG[old]
    text = yaml_of("everyday", "default")
    assert old in text
    town.write("everyday", text.replace(old, new))
    found = [str(problem) for problem in town.loaded().problems]
    mine = [problem for problem in found if why in problem]
    assert mine, found
    assert all(problem.startswith("intents/menus/everyday.yaml:") for problem in mine)


def test_doubled_roles_and_segments_that_are_not_are_named(town: Town) -> None:
    town.write("second", yaml_of("second", "default"))
    town.write("child", yaml_of("child", "segment", "子", "  segment: 空想\n"))
    text = "\n".join(str(problem) for problem in town.loaded().problems)
    assert "role: default は intents/menus/everyday.yaml:1 にもあります" in text
    assert "配信条件「空想」" in text


def test_the_shipped_menus_are_whole_and_lead_somewhere(
    repository: Path, tmp_path: Path, shipped: Any, library: Library
) -> None:
    """For every city: right pictures, and each tapped area is answered."""
    db = opened(tmp_path)
    with LineAdmin() as line:
        requests = LineRequests(TOKEN, line.url, line.url)
        for city in shipped.draft.cities:
            menus = Menus(db, RichMenus(requests), repository, city, lambda: NOW)
            outlook = menus.outlook(shipped)
            roles = {built.menu.role for built in outlook.plan.create}
            assert roles == set(Role), city
            for built in outlook.plan.create:
                for area in built.body["areas"]:
                    if data := area["action"].get("data"):
                        spoken = speak(library.view(city), "", None, NOW, data)
                        assert spoken.turn.decision == "answer", (city, data)
        requests.close()
    db.close()


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`madoguchi menu …` in this town."""
    for name, value in {
        "MADOGUCHI_CITY": "minato",
        "MADOGUCHI_CONTENT_DIR": str(town.folder),
        "MADOGUCHI_DATABASE_URL": f"sqlite:///{town.folder.parent}/test.db",
        "LINE_CHANNEL_SECRET": "0123456789abcdef0123456789abcdef",
        "LINE_CHANNEL_ACCESS_TOKEN": TOKEN,
        "LINE_API_BASE": town.line.url,
        "LINE_DATA_API_BASE": town.line.url,
    }.items():
        monkeypatch.setenv(name, value)
    return lambda *args: CliRunner().invoke(menu_command, list(args))


def test_the_commands_say_what_happens(town: Town, run: Callable[..., Result]) -> None:
    def said(*args: str) -> str:
        result = run(*args)
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    assert "まだ何も変えていません" in said("apply", "--dry-run")
    assert town.line.writes == []
    assert "ファイルのとおりにしました" in said("apply")
    assert "LINEはファイルと同じです" in said("apply")
    assert "緊急のメニューに切りかえました" in said("emergency", "on")
    assert "もう緊急のメニューでした" in said("emergency", "on")
    assert "緊急のメニューを出しています" in said("apply", "--dry-run")
    assert "ふだんのメニューに切りかえました" in said("emergency", "off")
    shown = said("show")
    assert "図書館 / 電話 / 市のページ" in shown
    assert "ファイルと同じです" in shown


def broken_file(town: Town) -> None:
    (town.folder / "knowledge" / "links.yaml").write_text("broken: [")


def no_picture(town: Town) -> None:
    (town.folder / "intents" / "menus" / "child.png").unlink()


def menu_gone(town: Town) -> None:
    town.remove("alarm")


@pytest.mark.parametrize("trouble", [broken_file, no_picture, menu_gone])
def test_a_mistake_in_the_files_does_not_keep_the_emergency_menu_back(
    town: Town, run: Callable[..., Result], trouble: Callable[[Town], None]
) -> None:
    choose(town, taro="child")
    town.apply()
    trouble(town)
    result = run("emergency", "on")
    assert result.exit_code == 0, result.output
    assert "緊急のメニューに切りかえました" in result.stdout and "まちがい" in result.stderr
    assert town.line.default == town.line.menu_named("alarm")
    assert town.line.linked == {}


def test_without_one_at_line_the_mistake_is_told(town: Town, run: Callable[..., Result]) -> None:
    broken_file(town)
    result = run("emergency", "on")
    assert isinstance(result.exception, ContentError)
    assert "knowledge/links.yaml" in str(result.exception) and town.line.writes == []
