"""A sixth city that nobody has written anything of yet stands beside the shipped five."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.config import REPOSITORY, Settings
from bot.content.loader import load, read_files
from bot.errors import ContentError
from bot.services.newcity import NewCity, next_steps, skeleton
from bot.services.publishing import check_files
from tests.builders import content

TODAY = date(2026, 11, 21)
SHIPPED = ("hachinohe", "goshogawara", "yachiyo", "hachioji", "onojo")
MINATO = NewCity("sakai-machi", "境海町", "青森県", "https://www.town.sakaimi.example.jp/")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped content, where a new city may be made."""
    folder = tmp_path_factory.mktemp("content")
    for room in ("intents", "knowledge"):
        shutil.copytree(REPOSITORY / room, folder / room)
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner(env={"MADOGUCHI_CONTENT_DIR": str(folder)}).invoke(main, list(words))


def test_a_sixth_city_answers_from_the_common_entries(copied: Path, tmp_path: Path) -> None:
    before = read_files(copied)
    words = ["new-city", "minato", "--name", "湊市", "--prefecture", "青森県"]
    made = run(copied, *words, "--site", "https://www.city.minato.example.jp/")
    assert made.exit_code == 0, made.output
    assert "次にすること" in made.output and "drafts.yaml の下書き" in made.output
    after = read_files(copied)
    assert {path for path in after if path not in before} == {
        "knowledge/cities/minato.yaml",
        "knowledge/minato/drafts.yaml",
        "knowledge/classes/minato.csv",
        "knowledge/sources/minato.yaml",
    }
    checked = check_files(after, TODAY)
    assert checked.good and checked.loaded.content is not None
    questions = ["児童手当を初めて申し込みたい", "湊市のスマホ教室"]
    asked = [json.dumps({"id": n, "text": q, "city": "minato"}) for n, q in enumerate(questions)]
    (tmp_path / "asked.jsonl").write_text("\n".join(asked), "utf-8")
    answers = run(copied, "ask", "--batch", str(tmp_path / "asked.jsonl")).stdout.splitlines()
    common, draft = map(json.loads, answers)
    assert common["candidates"][0]["id"] == "proc-child-01"
    said = json.dumps([common["messages"], draft["messages"]], ensure_ascii=False)
    assert "湊市" in said and "https://www.city.minato.example.jp/" in said
    assert "まだこの案内に登録されていません" in said
    names = [city.name for city in checked.loaded.content.cities.values() if city.id != "minato"]
    assert not [name for name in names if name in said]

    again = run(copied, *words)
    assert again.exit_code == 1 and "もうあります。何も変えていません" in again.output
    assert read_files(copied) == after


def test_comments_and_other_cities_addresses_stay() -> None:
    files = read_files(REPOSITORY)
    made = skeleton(MINATO, files, TODAY)
    for path in ("knowledge/links.yaml", "intents/segments.yaml"):
        old, new = files[path].decode().splitlines(), made[path].decode().splitlines()
        assert [line for line in old if line not in new] == []
    links = load({**files, **made}).draft.links
    assert links["pref_top"].urls[MINATO.id] == links["pref_top"].urls["hachinohe"]


def test_a_town_has_a_town_office_and_no_site_is_asked_for() -> None:
    files = content()
    town = NewCity("sakaimi", "境海町")
    made = skeleton(town, files, TODAY)
    loaded = load({**files, **made})
    assert loaded.content is not None, loaded.problems
    assert loaded.content.cities["sakaimi"].contact("").name == "境海町役場"
    assert "knowledge/sources/sakaimi.yaml" not in made  # nothing is proved in this content
    steps = "\n".join(next_steps(town, loaded.content))
    assert "都道府県・代表電話" in steps and "city_top" in steps


@pytest.mark.parametrize(
    ("city", "words"),
    [
        (NewCity("Minato", "境海市"), "半角の英小文字"),
        (NewCity("common", "境海市"), "使えません"),
        (NewCity("sakaimi", "境海"), "市・区・町・村まで"),
        (NewCity("sakaimi", "境海市", site="http://a.jp"), "https://"),
        (NewCity("minato", "境海市"), "もうあります"),
        (NewCity("sakaimi", "湊市"), "もうあります"),
    ],
)
def test_what_is_no_new_city_is_refused(city: NewCity, words: str) -> None:
    with pytest.raises(ContentError, match=words):
        skeleton(city, content(), TODAY)


def test_the_program_names_no_city_of_its_own() -> None:
    """Only a demo's default, examples in help texts, and words nobody may use as a password."""
    allowed = {
        "bot/config.py",
        "bot/accounts.py",
        "bot/content/loader.py",
        "bot/services/passwords.py",
        "bot/commands/train.py",  # whose unseen questions the source tree holds
    }
    pattern = re.compile("|".join(SHIPPED))
    found = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "bot").rglob("*.py")
        if pattern.search(path.read_text("utf-8"))
    }
    assert {name for name in found if not name.startswith("bot/bench/")} == allowed


def test_demo_without_the_default_city_takes_the_first_there_is(tmp_path: Path) -> None:
    for path, data in content().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    settings = Settings(madoguchi_content_dir=tmp_path, madoguchi_demo=True)
    assert settings.city == "minato"
