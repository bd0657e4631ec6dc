"""`madoguchi residents` and `madoguchi segments`, as an operator uses them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command on a database of its own."""
    monkeypatch.setenv("MADOGUCHI_CITY", "hachioji")
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{tmp_path}/town.db")

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return run


def test_what_was_imported_is_exported_and_can_be_forgotten(run):
    assert run("residents", "import", str(EXAMPLES / "residents.csv")).exit_code == 0
    before = run("residents", "export").stdout.splitlines()
    assert before[0] == "user_id,topics,district,life_stage,child_birth_months,language"
    user_id = before[1].split(",")[0]
    assert "消しました" in run("residents", "forget", user_id).stdout
    assert user_id not in run("residents", "export").stdout
    assert "登録していません" in run("residents", "import", str(EXAMPLES / "residents.csv")).stdout


def test_a_small_segment_shows_no_number(run):
    run("residents", "import", str(EXAMPLES / "residents.csv"))
    rule = str(EXAMPLES / "rule-everyone.yaml")
    counted = run("segments", "count", "--rule", rule, "--json")
    assert json.loads(counted.stdout) == {"count": None, "few": True}
    assert "少数" in run("segments", "count", "--rule", rule).stdout


def test_a_rule_is_said_as_a_sentence(run):
    said = run("segments", "explain", "--rule", str(EXAMPLES / "rule.yaml")).stdout
    assert "スマホ教室" in said and said.strip().endswith("届きます。")


def test_a_broken_rule_is_named_with_its_line(run, tmp_path):
    broken = tmp_path / "rule.yaml"
    broken.write_text("all: []\n", encoding="utf-8")
    result = run("segments", "count", "--rule", str(broken))
    assert result.exit_code == 1 and f"{broken}:1" in result.stderr


def test_syncing_needs_line(run):
    result = run("residents", "sync")
    assert result.exit_code == 1 and "LINE" in result.stderr
