from hypothesis import given
from hypothesis import strategies as st

from bot.core.lexicon import parse_lexicon, triggers


def test_lines_have_left_right_and_direction() -> None:
    lines, problems = parse_lexicon("# 注\n引っ越,引越\t=>\t転入届、転出届\nごみ\t==\tゴミ\n")
    assert lines == (
        (("引っ越", "引越"), ("転入届", "転出届"), False),
        (("ごみ",), ("ゴミ",), True),
    )
    assert problems == ()


def test_every_problem_is_listed_with_its_line() -> None:
    text = "引っ越し 転入届\n猫\t=>\t犬,犬\nごみ\t==\tゴミ\n\t=>\t右\nごみ\t==\tゴミ\n"
    lines, problems = parse_lexicon(text)
    assert len(lines) == 1
    assert [problem.line for problem in problems] == [1, 2, 4, 5]
    assert "3行目と同じ" in problems[3].text


@given(st.text())
def test_any_text_gives_lines_or_problems(text: str) -> None:
    lines, problems = parse_lexicon(text)
    spoken = [raw for raw in text.splitlines() if raw.strip() and not raw.lstrip().startswith("#")]
    assert len(lines) + len(problems) == len(spoken)


def test_a_line_fires_on_its_left_words_and_both_ways_where_it_says_so() -> None:
    found = triggers(parse_lexicon("引っ越\t=>\t転入届\nごみ\t==\tゴミ出し\n")[0])
    assert found.find("引っ越しました") == {0: "引っ越"}
    assert found.find("転入届") == {}
    assert found.find("ゴミ出しの日") == {1: "ゴミ出し"}


def test_katakana_and_latin_words_do_not_fire_inside_longer_ones() -> None:
    found = triggers(parse_lexicon("ナンバー\t=>\t標識\nバス\t=>\t乗車券\nAI\t=>\t人工知能\n")[0])
    assert found.find("マイナンバーカード") == {}
    assert found.find("バスケット") == {}
    assert found.find("mail") == {}
    assert set(found.find("バスのナンバーとai")) == {0, 1, 2}


def test_the_longest_words_of_a_line_are_named_and_one_character_is_enough() -> None:
    found = triggers(parse_lexicon("犬,子犬,子\t=>\t畜犬登録\n犬\t=>\t鑑札\n")[0])
    assert found.find("子犬と犬") == {0: "子犬", 1: "犬"}
    assert found.find("犬") == {0: "犬", 1: "犬"}
    assert found.find("猫") == found.find("") == {}
