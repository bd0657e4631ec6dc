"""accounts.yaml: what is read, and everything that can be wrong with it, told at once."""

import os
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts import RESERVED, read_accounts
from bot.app import EXTENSION, create_app
from bot.cli import main
from bot.config import REPOSITORY, Settings
from bot.errors import SettingsError
from bot.wiring.staff import STAFF
from tests import builders

ENV = {"A_SECRET": "sa", "A_TOKEN": "ta", "B_SECRET": "sb", "B_TOKEN": "tb", "ZEN": "ぜん"}
GOOD = """\
hachioji:
  city: hachioji
  channel_secret: env:A_SECRET
  channel_access_token: env:A_TOKEN
  privacy_url: https://www.city.example.jp/privacy
onojo:
  city: onojo
  channel_secret: file:secrets/onojo
  channel_access_token: env:B_TOKEN
"""
LISTED = """\
accounts:
  - id: hachioji
    city: hachioji
    channel_secret: env:A_SECRET
    channel_access_token: env:A_TOKEN
"""


@pytest.fixture
def read(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "onojo").write_text("from-file\n")

    def read(text):
        path = tmp_path / "accounts.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_accounts(path, ENV, REPOSITORY)

    return read


def problems(read, text):
    with pytest.raises(SettingsError) as caught:
        read(text)
    return str(caught.value)


def test_accounts_are_read_with_their_secrets_from_environment_and_files(read):
    first, second = read(GOOD)
    assert (first.id, first.city, first.channel_secret) == ("hachioji", "hachioji", "sa")
    assert first.privacy_url == "https://www.city.example.jp/privacy"
    assert (second.id, second.channel_secret, second.content) == ("onojo", "from-file", None)
    assert "sa" not in repr(first).replace("hachioji", "") and "from-file" not in repr(second)


@pytest.mark.parametrize("text", [LISTED, dedent(LISTED.removeprefix("accounts:\n"))])
def test_a_list_of_accounts_means_the_same(read, text):
    assert [each.id for each in read(text)] == ["hachioji"]


def test_everything_wrong_is_told_at_once_with_its_line(read):
    said = problems(
        read,
        """\
Bad Id:
  city: hachioji
  channel_secret: 0123456789abcdef
  channel_access_token: env:NOT_THERE
onojo:
  city: atlantis
  channel_secret: file:secrets/nobody
  colour: red
yaizu:
  city: yaizu
  channel_secret: env:A_SECRET
  channel_access_token: env:ZEN
  privacy_url: http://plain.example.jp
  content: nowhere
""",
    )
    for line, words in (
        (1, "id は半角"),
        (3, "env:変数名 か file:場所"),
        (4, "NOT_THERE"),
        (5, "channel_access_token がありません"),
        (6, "atlantis"),
        (7, "ファイルを読めないか"),
        (8, "colour"),
        (12, "使えない文字"),
        (13, "https://"),
        (14, "intents/ と knowledge/"),
    ):
        assert any(f"accounts.yaml:{line}:" in row and words in row for row in said.split("\n")), (
            line,
            said,
        )
    assert "0123456789abcdef" not in said and "ぜん" not in said


@pytest.mark.parametrize("taken", ["chat", "line", "media", "metrics", "settings", "staff"])
def test_an_id_that_is_an_address_of_ours_is_refused(read, taken):
    said = problems(read, GOOD.replace("onojo:\n", f"{taken}:\n"))
    assert f"accounts.yaml:6: id「{taken}」は、まどぐちのアドレスに使っています" in said


def test_every_address_of_ours_is_kept_from_accounts(tmp_path):
    folder = builders.write(tmp_path / "a", builders.content())
    settings = Settings(
        madoguchi_city="minato",
        madoguchi_content_dir=folder,
        madoguchi_cache_dir=tmp_path / "cache",
        madoguchi_database_url=f"sqlite:///{tmp_path}/one.db",
        madoguchi_public_url="https://bot.example.jp",
    )
    app = create_app(settings)
    app.extensions[EXTENSION].close()
    rules = (*app.url_map.iter_rules(), *app.extensions[STAFF].app.url_map.iter_rules())
    first = {rule.rule.split("/")[1] for rule in rules} - {""}
    assert len(first) > 7 and first <= RESERVED


def test_versions_are_kept_under_the_account_whose_folder_it_is(several, tmp_path):
    (tmp_path / "own" / "intents").mkdir(parents=True)
    (tmp_path / "own" / "knowledge" / "cities").mkdir(parents=True)
    (tmp_path / "own" / "knowledge" / "cities" / "onojo.yaml").write_text("")
    path = Path(os.environ["MADOGUCHI_ACCOUNTS"])
    assert [each.content_owner for each in Settings.every_from_env()] == ["main", "main"]
    path.write_text(path.read_text() + f"  content: {tmp_path / 'own'}\n")
    assert [each.content_owner for each in Settings.every_from_env()] == ["main", "onojo"]
    several.setenv("MADOGUCHI_ACCOUNT", "onojo")  # chosen alone it is no other folder
    assert [each.content_owner for each in Settings.every_from_env()] == ["onojo"]


@pytest.mark.parametrize("key", ["channel_secret", "channel_access_token"])
def test_two_accounts_with_the_same_secret_are_refused(read, key):
    word = "SECRET" if key == "channel_secret" else "TOKEN"
    text = GOOD.replace("file:secrets/onojo", "env:B_SECRET").replace(f"B_{word}", f"A_{word}")
    said = problems(read, text)
    assert f"{key} の中身が「hachioji」（1行目）と同じ" in said and "accounts.yaml:6:" in said


def test_the_same_id_twice_is_refused(read):
    assert "2回あります" in problems(read, GOOD.replace("onojo:\n", "hachioji:\n"))
    twice = LISTED + LISTED.removeprefix("accounts:\n").replace("A_", "B_")
    assert "idが「hachioji」（2行目）と同じ" in problems(read, twice)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "text", "a: b", "- 1", b"\xff", "a: [", "--- a\n--- b"]
)
def test_what_is_no_list_of_accounts_is_refused(read, text):
    assert "accounts.yaml:" in problems(read, text)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_the_file_holds_the_answer_is_a_reason(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("accounts") / "accounts.yaml"
    path.write_bytes(data)
    with pytest.raises(SettingsError):
        read_accounts(path, {}, REPOSITORY)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingsError, match="MADOGUCHI_ACCOUNTS"):
        read_accounts(tmp_path / "nothing.yaml", {}, REPOSITORY)


@pytest.fixture
def several(tmp_path, monkeypatch, read):
    read(GOOD)
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MADOGUCHI_ACCOUNTS", str(tmp_path / "accounts.yaml"))
    return monkeypatch


def test_settings_come_for_each_account(several):
    found = Settings.every_from_env()
    assert [(each.account, each.city) for each in found] == [
        ("hachioji", "hachioji"),
        ("onojo", "onojo"),
    ]
    assert [each.line_channel_access_token.get_secret_value() for each in found] == ["ta", "tb"]
    assert all(each.has_line for each in found)


def test_a_command_wants_one_account_named(several):
    with pytest.raises(SettingsError, match="--account.*hachioji・onojo"):
        Settings.from_env()
    several.setenv("MADOGUCHI_ACCOUNT", "onojo")
    assert Settings.from_env().city == "onojo"
    several.setenv("MADOGUCHI_ACCOUNT", "atlantis")
    with pytest.raises(SettingsError, match="使えるもの：hachioji・onojo"):
        Settings.from_env()


def test_an_account_needs_the_list(monkeypatch):
    monkeypatch.setenv("MADOGUCHI_CITY", "hachioji")
    monkeypatch.setenv("MADOGUCHI_ACCOUNT", "onojo")
    with pytest.raises(SettingsError, match="一覧がありません"):
        Settings.from_env()


def test_credentials_outside_the_list_are_refused_beside_it(several):
    several.setenv("LINE_CHANNEL_SECRET", "x")
    several.setenv("LINE_CHANNEL_ACCESS_TOKEN", "y")
    with pytest.raises(SettingsError, match="消して、一覧の中に"):
        Settings.every_from_env()


def test_without_a_list_there_is_the_one_account(monkeypatch):
    monkeypatch.setenv("MADOGUCHI_CITY", "hachioji")
    assert [each.account for each in Settings.every_from_env()] == ["main"]


@pytest.mark.parametrize(
    "command",
    [["check"], ["ask", "図書館"], ["sources"], ["import-faq", "FILE", "--city", "onojo"]],
)
def test_a_command_about_content_says_which_folder_it_means(several, tmp_path, command):
    """What is said of the first city's folder is no word about the second's."""
    (tmp_path / "faq.csv").write_text("質問,回答\n", "utf-8")
    command = [str(tmp_path / "faq.csv") if word == "FILE" else word for word in command]
    folder = builders.write(tmp_path / "own", builders.content())
    path = Path(os.environ["MADOGUCHI_ACCOUNTS"])
    path.write_text(path.read_text().replace("city: onojo", "city: minato"))
    path.write_text(path.read_text() + f"  content: {folder}\n")
    refused = CliRunner().invoke(main, command)
    assert refused.exit_code == 1
    assert "--account でどれか1つを選んでください：hachioji・onojo" in refused.stderr


def test_check_looks_into_the_folder_of_the_account_that_is_named(several, tmp_path):
    files = builders.content({"knowledge/links.yaml": "broken: ["})
    folder = builders.write(tmp_path / "own", files)
    path = Path(os.environ["MADOGUCHI_ACCOUNTS"])
    path.write_text(path.read_text().replace("city: onojo", "city: minato"))
    path.write_text(path.read_text() + f"  content: {folder}\n")
    found = CliRunner().invoke(main, ["check", "--account", "onojo"])
    assert found.exit_code == 1 and "knowledge/links.yaml:" in found.stdout
