"""The commands as they are used: what goes to stdout, what to stderr, and the exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.config import REPOSITORY
from bot.line.limits import check_messages
from tests.builders import COMMON, INTENTS, MINATO, content, replaced, write

Run = Callable[..., Result]
KEYS = ["id", "text", "city", "decision", "confidence", "candidates", "messages"]
LIFE, FERRY = "knowledge/common/life.yaml", "knowledge/minato/transport.yaml"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation's content: the made-up city."""
    monkeypatch.setenv("MADOGUCHI_CONTENT_DIR", str(tmp_path))
    return write(tmp_path, content())


@pytest.fixture
def run(directory: Path) -> Run:
    """Runs a command over the made-up content."""

    def invoke(*args: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, list(args), input=stdin, catch_exceptions=False)

    return invoke


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def checked(answer: dict[str, Any], *more: str) -> dict[str, Any]:
    """The answer, after everything that holds for each one."""
    assert list(answer) == [*KEYS, *more]
    assert answer["decision"] in ("answer", "choices", "fallback")
    assert 0 <= answer["confidence"] <= 1
    assert check_messages(answer["messages"]) == []
    for candidate in answer["candidates"]:
        assert list(candidate) == ["id", "kind", "title", "score", "covers"]
        assert candidate["kind"] in ("knowledge", "intent")
        assert isinstance(candidate["covers"], list)
    if answer["decision"] == "choices":
        shown = labels(answer)
        first = [candidate["title"] for candidate in answer["candidates"][: len(shown) - 1]]
        assert 2 <= len(first) <= 3
        assert all(
            title.startswith(label.rstrip("…")) for title, label in zip(first, shown, strict=False)
        )
    return answer


def labels(answer: dict[str, Any]) -> list[str]:
    items = answer["messages"][-1].get("quickReply", {}).get("items", [])
    return [item["action"]["label"] for item in items]


# --- ask ---


def test_ask_answers_in_words(run: Run) -> None:
    result = run("ask", "図書館カードを作りたい", "--city", "minato")
    assert result.exit_code == 0
    assert "【図書館カードの作り方】" in result.stdout
    assert "湊市に住む人が対象です" in result.stdout
    assert "event" not in result.stdout


def test_ask_as_json_has_the_promised_shape(run: Run) -> None:
    (answer,) = lines(run("ask", "図書館カードを作りたい", "--city", "minato", "--json"))
    checked(answer)
    assert answer["id"] is None
    assert answer["text"] == "図書館カードを作りたい"
    assert answer["city"] == "minato"
    assert answer["decision"] == "answer"
    first = answer["candidates"][0]
    assert (first["id"], first["kind"]) == ("library-card", "knowledge")
    assert first["covers"] == ["library-card"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [("こんにちは", "greeting"), ("職員に聞きたい", "handoff"), ("メニュー", "menu"), ("火事です", "emergency-fire")],
)  # fmt: skip
def test_what_is_no_fact_is_an_answer_of_kind_intent(run: Run, text: str, intent: str) -> None:
    (answer,) = lines(run("ask", text, "--city", "minato", "--json"))
    checked(answer)
    assert answer["decision"] == "answer"
    assert (answer["candidates"][0]["id"], answer["candidates"][0]["kind"]) == (intent, "intent")


def test_the_text_comes_back_masked(run: Run) -> None:
    (answer,) = lines(run("ask", "番号は1234 5678 9012です", "--city", "minato", "--json"))
    assert answer["text"] == "番号は［番号］です"
    assert "9012" not in json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize("text", ["", "　", "？？？", "🙂", "\udcff", "あ" * 6000])
def test_odd_text_is_answered_too(run: Run, text: str) -> None:
    (answer,) = lines(run("ask", text, "--city", "minato", "--json"))
    checked(answer)


def test_the_city_comes_from_the_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_CITY", "yamate")
    (answer,) = lines(run("ask", "ケーブルカーの料金", "--json"))
    assert answer["city"] == "yamate"
    assert answer["candidates"][0]["id"] == "yamate-cablecar"
    (other,) = lines(run("ask", "ケーブルカーの料金", "--json", "--city", "minato"))
    assert "yamate-cablecar" not in [each["id"] for each in other["candidates"]]


def test_explain_goes_beside_the_result(run: Run) -> None:
    result = run("ask", "図書館カードを作りたい", "--city", "minato", "--json", "--explain")
    assert len(result.stdout.splitlines()) == 1
    assert "図書" in result.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["ask", "a", "--city", "nowhere"], "市「nowhere」はありません。--city に minato・yamate"),
        (["ask", "a"], "市が決まっていません"),
        (["ask", "--city", "minato"], "質問を1つ書くか"),
        (["ask", "a", "--batch", "-", "--city", "minato"], "質問を1つ書くか"),
        (["ask", "--batch", "/nowhere.jsonl"], "/nowhere.jsonl"),
        (["ask", "a", "--colour"], "--colour"),
        (["chat", "--city", "nowhere"], "市「nowhere」はありません"),
        (["check", "extra"], "extra"),
        (["serve", "--port", "0"], "--port"),
        (["sing"], "sing"),
    ],
)
def test_wrong_usage_ends_with_two(run: Run, args: list[str], said: str) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


# --- ask --batch ---


def batch(*records: Any) -> str:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in records)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["frob"], "「frob」というコマンドはありません。"),
        (["ask", "--batch", "/none/x"], "--batch：「/none/x」がありません。"),
        (["check", "--coverage", "/none/x"], "--coverage：「/none/x」がありません。"),
        (["check", "--coverage", "/"], "--coverage：「/」はフォルダです。"),
        (["announce", "status", "abc"], "ID：「abc」は数ではありません。"),
        (["announce", "new"], "--file を書いてください。"),
        (["residents", "forget"], "USER_ID を書いてください。"),
        (["announce", "frob"], "「frob」というコマンドはありません。"),
        (["serve", "--port", "99999"], "--port：99999 は使えません。1<=x<=65535 の数を"),
        (["serve", "--port"], "「--port」のあとに値を書いてください。"),
        (
            ["staff", "add", "花子", "--role", "king"],
            "--role：「king」は使えません。editor approver",
        ),
        (["doctor", "a", "b"], "「a b」が余っています。"),
        (["check", "--stric"], "「--stric」という指定はありません。--strict のことですか。"),
    ],
)
def test_wrong_usage_is_explained_in_japanese(run: Run, args: list[str], said: str) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert not re.search("Usage|Error|Try|Invalid|Missing", result.stderr)
    assert "--help」で見られます" in result.stderr


@pytest.mark.parametrize(
    "args", [[], ["serve"], ["announce"], ["announce", "new"], ["staff", "add"]], ids=" ".join
)
def test_help_is_japanese_around_our_words_too(run: Run, args: list[str]) -> None:
    result = run(*args, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(" ".join(("使い方： main", *args, "[指定]")))
    assert "この説明を出します" in result.stdout
    english = "Usage|Options|Commands|OPTIONS|COMMAND|Show|exit|default|required|INTEGER"
    assert not re.search(english, result.stdout)


def test_a_group_without_a_command_shows_its_help(run: Run) -> None:
    result = run("announce")
    assert result.exit_code == 2
    assert "お知らせを作り" in result.stderr and "使い方：" in result.stderr


def test_a_batch_is_answered_line_by_line_in_order(run: Run, tmp_path: Path) -> None:
    questions = tmp_path / "in.jsonl"
    questions.write_text(
        "\ufeff"
        + batch(
            {"id": "a", "text": "こんにちは", "city": "minato"},
            {"id": 2, "text": "ケーブルカーの料金", "city": "yamate"},
            {"id": None, "text": "火事です", "city": "minato"},
        )
        + "\n\n  \n"
        + batch({"id": "d", "text": "図書館カードを作りたい"})
        + "\n",
        "utf-8",
    )
    answers = lines(run("ask", "--batch", str(questions), "--city", "minato"))
    assert [answer["id"] for answer in answers] == ["a", 2, None, "d"]
    assert [answer["city"] for answer in answers] == ["minato", "yamate", "minato", "minato"]
    assert answers[1]["candidates"][0]["id"] == "yamate-cablecar"
    for answer in answers:
        checked(answer)


def test_each_line_of_a_batch_is_its_own_conversation(run: Run) -> None:
    asked = batch(
        {"id": 1, "text": "図書館カードを作りたい", "city": "minato"},
        {"id": 2, "text": "いくら？", "city": "minato"},
    )
    second = lines(run("ask", "--batch", "-", stdin=asked))[1]
    assert "無料" not in json.dumps(second["messages"], ensure_ascii=False)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "3行目がJSONの形になっていません"),
        ("[1, 2]", "3行目がJSONの形になっていません"),
        ("[" * 100_000, "3行目がJSONの形になっていません"),
        ('{"id": 1, "text": 5}', "3行目：「text」は文で"),
        ('{"id": 1, "text": "a", "city": "nowhere"}', "3行目：市「nowhere」はありません"),
    ],
)
def test_a_wrong_line_is_named_by_its_number(run: Run, line: str, said: str) -> None:
    first = batch({"id": 1, "text": "こんにちは", "city": "minato"})
    result = run("ask", "--batch", "-", "--city", "minato", stdin=f"{first}\n\n{line}\n")
    assert result.exit_code == 2
    assert said in result.stderr
    assert [json.loads(each)["id"] for each in result.stdout.splitlines()] == [1]


def test_half_characters_in_a_batch_break_nothing(run: Run) -> None:
    asked = '{"id": "\\ud800", "text": "こん\\ud800にちは", "city": "minato"}'
    (answer,) = lines(run("ask", "--batch", "-", stdin=asked))
    checked(answer)


# --- chat ---


def test_a_script_carries_the_conversation(run: Run) -> None:
    script = batch(
        {"id": "x", "city": "minato", "turns": ["図書館カードを作りたい", "いくら？"]},
        {"id": "y", "city": "minato", "turns": ["いくら？"]},
    )
    first, second, other = lines(run("chat", "--script", "-", stdin=script))
    assert [(a["id"], a["turn"]) for a in (first, second, other)] == [("x", 0), ("x", 1), ("y", 0)]
    assert "無料" in json.dumps(second["messages"], ensure_ascii=False)
    assert "無料" not in json.dumps(other["messages"], ensure_ascii=False)
    for answer in (first, second, other):
        checked(answer, "turn")


def test_a_label_on_screen_selects_it(run: Run) -> None:
    script = batch({"id": 1, "city": "minato", "turns": ["メニュー", "図書館カードの作り方"]})
    menu, chosen = lines(run("chat", "--script", "-", stdin=script))
    assert "図書館カードの作り方" in labels(menu)
    assert chosen["candidates"][0]["id"] == "library-card"


@pytest.mark.parametrize("turns", [None, "こんにちは", [1], {"a": "b"}])
def test_a_script_without_turns_is_wrong_usage(run: Run, turns: Any) -> None:
    script = batch({"id": 1, "city": "minato", "turns": turns})
    result = run("chat", "--script", "-", stdin=script)
    assert result.exit_code == 2
    assert "1行目：「turns」は文" in result.stderr


def test_a_number_typed_in_the_terminal_presses_that_button(run: Run) -> None:
    result = run("chat", "--city", "minato", stdin="メニュー\n1\n")
    assert result.exit_code == 0
    assert "[1] 図書館カードの作り方" in result.stdout
    assert "図書館の窓口で作れます" in result.stdout


# --- check ---


def test_good_content_passes(run: Run) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if "注意：" not in line] == []


def test_problems_end_with_one_and_stand_on_stdout(run: Run, directory: Path) -> None:
    broken = {
        LIFE: replaced(COMMON, "topic: school", "topic:school"),
        FERRY: replaced(MINATO, "links: [city_top]", "links: [city_tpo]"),
    }
    write(directory, content(broken))
    result = run("check")
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.stdout.splitlines()] == [
        f"{LIFE}:4",
        f"{FERRY}:12",
    ]
    assert "2件の問題があります。直すまで、前回の内容で" in result.stderr


def test_a_warning_counts_only_when_strict(run: Run, directory: Path) -> None:
    overdue = replaced(MINATO, "review_by: 2027-03-31", "review_by: 2020-03-31")
    write(directory, content({FERRY: overdue}))
    assert run("check").exit_code == 0
    result = run("check", "--strict")
    assert result.exit_code == 1
    assert "注意：見直す期限（2020-03-31）" in result.stdout


def test_a_failing_test_line_is_a_problem(run: Run, directory: Path) -> None:
    text = replaced(INTENTS, "こんにちは！: greeting", "メニューを見たい: greeting")
    write(directory, content({"intents/basic.yaml": text}))
    result = run("check")
    assert result.exit_code == 1
    assert "intents/basic.yaml:6: tests の「メニューを見たい」" in result.stdout
    # A running bot takes such content: it does not go through every line.
    assert "前回の内容" not in result.stderr and "このままの内容で応答" in result.stderr


@pytest.mark.parametrize(
    "missing",
    [["knowledge/cities/minato.yaml", "knowledge/cities/yamate.yaml"], ["intents/wording/ja.yaml"],
     ["intents/basic.yaml", "intents/emergencies.yaml", "intents/wording/ja.yaml"],
     ["knowledge/links.yaml"]],
)  # fmt: skip
@pytest.mark.parametrize("command", [["check"], ["ask", "こんにちは", "--city", "minato"]])
def test_missing_parts_are_named_and_never_raise(
    run: Run, directory: Path, missing: list[str], command: list[str]
) -> None:
    for path in missing:
        (directory / path).unlink()
    result = run(*command)
    assert result.exit_code == 1
    assert "ありません" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_a_directory_without_content_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADOGUCHI_CONTENT_DIR", str(tmp_path / "nowhere"))
    for command in (["check"], ["ask", "a", "--city", "minato"]):
        result = run(*command)
        assert result.exit_code == 1
        assert "MADOGUCHI_CONTENT_DIR" in result.stderr


def test_content_that_cannot_be_used_lists_every_problem(run: Run, directory: Path) -> None:
    write(directory, content({LIFE: "- id: a\n\ttitle: b\n", FERRY: b"\x82\xa0"}))
    result = run("ask", "a", "--city", "minato")
    assert result.exit_code == 1
    assert f"{LIFE}:2: " in result.stderr
    assert f"{FERRY}:1: " in result.stderr
    assert result.stdout == ""


# --- the command itself ---


def commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    for child, command in group.commands.items():
        yield f"{name} {child}".strip(), command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {child}".strip())


@pytest.mark.parametrize("name", [name for name, _ in commands(main)])
def test_every_command_and_option_has_help(run: Run, name: str) -> None:
    command = dict(commands(main))[name]
    assert command.help
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help] == []
    assert run(*name.split(), "--help").exit_code == 0


def test_python_m_bot_is_the_same_and_keeps_stdout_clean(directory: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "こんにちは", "--city", "minato", "--json"],
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1"},
        cwd=REPOSITORY,
        timeout=60,
        check=True,
    )
    (answer,) = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert checked(answer)["candidates"][0]["id"] == "greeting"
    assert all(json.loads(line) for line in done.stderr.decode().splitlines())
