"""Which of near candidates is answered: the city's own, where the others mean no other thing."""

from __future__ import annotations

from dataclasses import replace

from bot.core.documents import Match, Ranking
from bot.core.rivals import city_before_term, may_be_known, only_a_word, settled, stands_alone
from bot.services.library import Library

WORDS = "そのことについて"


def ranking(*ids: str, top1: float = 0.75) -> Ranking:
    return Ranking(tuple(Match(each, 9.0 - n) for n, each in enumerate(ids)), top1, 0.9, 0.95)


def as_good(*ids: str) -> Ranking:
    """A ranking whose candidates are as good as each other."""
    return replace(ranking(*ids), matches=tuple(Match(each, 9.0) for each in ids))


def test_the_city_s_own_entry_stands_alone_among_terms_menus_and_common_ones(
    library: Library,
) -> None:
    view = library.view("onojo")
    near = ranking("onojo-cashless", "term-cashless", "menu-payment")
    assert stands_alone(view, WORDS, near)
    assert not stands_alone(view, WORDS, replace(near, top1=0.5))
    assert not stands_alone(view, WORDS, ranking("proc-child-01", "proc-child-02", "menu-child"))
    assert not stands_alone(view, WORDS, ranking())


def test_a_term_stands_alone_among_what_is_not_the_city_s(library: Library) -> None:
    view = library.view("onojo")
    cloud = ranking("term-cloud", "term-localcloud", "how-to-use")
    assert stands_alone(view, WORDS, cloud)
    assert not stands_alone(view, "クラウド使える？", cloud)
    assert not stands_alone(view, WORDS, as_good("term-cashless", "onojo-cashless"))


def test_of_two_own_entries_none_stands_alone_unless_one_is_better(library: Library) -> None:
    view = library.view("onojo")
    assert not stands_alone(view, WORDS, as_good("onojo-cashless", "onojo-biz-cashless"))
    assert stands_alone(
        view, WORDS, ranking("onojo-cashless", "onojo-biz-cashless", "menu-payment")
    )


def test_who_wants_to_use_a_thing_hears_of_the_city_before_the_word(library: Library) -> None:
    view = library.view("yachiyo")
    both = ranking("term-cashless", "yachiyo-cashless", top1=0.95)
    found = city_before_term(view, "キャッシュレスで払えますか？", both)
    assert [match.id for match in found.matches] == ["yachiyo-cashless", "term-cashless"]
    for text in (
        "キャッシュレスとは",
        "キャッシュレス",
        "キャッシュレスで何ができる",
        "キャッシュレスって何",
    ):
        assert city_before_term(view, text, both) is both


def test_who_asks_where_a_thing_is_hears_of_the_city_before_the_word(library: Library) -> None:
    view = library.view("goshogawara")
    both = ranking("term-opendata", "gosho-opendata", top1=0.95)
    for text in ("オープンデータ どこにある", "オープンデータはどこですか", "オープンデータを入手"):
        assert city_before_term(view, text, both).matches[0].id == "gosho-opendata", text
    assert city_before_term(view, "オープンデータとは", both) == both


def test_who_wants_to_use_a_thing_is_understood_with_blanks_between_the_words(
    library: Library,
) -> None:
    view = library.view("hachinohe")
    both = ranking("term-wifi", "hachinohe-wifi-public", top1=0.95)
    for text in ("ワイファイを つかいたい です。", "Wi-Fi は どこ ですか。"):
        assert city_before_term(view, text, both).matches[0].id == "hachinohe-wifi-public"
    assert city_before_term(view, "Wi-Fi とは", both).matches[0].id == "term-wifi"


def test_who_asks_what_is_done_with_a_thing_hears_of_the_city(library: Library) -> None:
    view = library.view("hachioji")
    both = ranking("term-drone", "hachioji-drone", top1=0.95)
    assert (
        city_before_term(view, "ドローンで荷物を運ぶの？", both).matches[0].id == "hachioji-drone"
    )
    internal = ranking("term-rpa", "hachioji-internal", top1=0.95)
    assert city_before_term(view, "RPAはいくつ？", internal).matches[0].id == "hachioji-internal"
    assert city_before_term(view, "ドローンで何ができる？", both).matches[0].id == "term-drone"


def test_who_asks_since_when_hears_of_the_city_before_the_word(library: Library) -> None:
    view = library.view("hachioji")
    both = ranking("term-cashless", "hachioji-counter-cashless", top1=0.95)
    for text in (
        "電子マネーはいつから",
        "キャッシュレスはいつ頃？",
        "キャッシュレスになるのはいつになる",
    ):
        assert city_before_term(view, text, both).matches[0].id == "hachioji-counter-cashless", text
    assert city_before_term(view, "キャッシュレスという言葉はいつからあるの", both) is both


def test_who_wants_a_thing_is_not_told_for_sure_what_its_word_means(library: Library) -> None:
    view = library.view("onojo")
    video = ranking("term-videocall", "handoff", "menu-online", top1=0.97)
    for text in (
        "Zoomで相談したい",
        "ビデオ通話で話してくれる？",
        "Web会議に許可はいる？",
        "Zoom習いたい",
    ):
        assert only_a_word(view, text, video)
        assert settled(view, text, video)[0] == "choices"
    for text in ("Zoomって何", "ビデオ通話", "ビデオ通話の意味を知りたい"):
        assert not only_a_word(view, text, video)
        assert settled(view, text, video)[0] == "answer"
    assert not only_a_word(view, "Zoomで相談したい", ranking("onojo-window", "term-videocall"))


def test_a_term_s_own_phrasing_keeps_the_term(library: Library) -> None:
    view = library.view("hachioji")
    both = ranking("term-line", "hachioji-line", top1=0.95)
    assert city_before_term(view, "LINEは無料で使える？", both) is both


def test_another_city_s_entry_never_comes_first(library: Library) -> None:
    view = library.view("yachiyo")
    both = ranking("term-cashless", "onojo-cashless", top1=0.95)
    assert city_before_term(view, "キャッシュレスで払えますか？", both) is both


def test_an_intent_must_be_clearer_than_an_entry_that_may_know(library: Library) -> None:
    view = library.view("yachiyo")
    near = ranking("no-info-living", "yachiyo-cashless")
    near = replace(near, matches=(Match("no-info-living", 9.0), Match("yachiyo-cashless", 8.5)))
    assert may_be_known(view, near)
    assert not may_be_known(view, ranking("no-info-living", "menu-payment", "term-cashless"))
    assert not may_be_known(view, ranking("yachiyo-cashless", "no-info-living"))
    clear = (Match("no-info-living", 9.0), Match("yachiyo-cashless", 7.9))
    assert not may_be_known(view, replace(near, matches=clear))
    greeting = (Match("greeting", 9.0), Match("yachiyo-cashless", 8.5))
    assert may_be_known(view, replace(near, matches=greeting))
    assert not may_be_known(view, ranking("greeting", "yachiyo-cashless"))
    assert not may_be_known(view, ranking())


def test_a_message_in_the_very_words_of_one_phrasing_is_answered_by_it(library: Library) -> None:
    view = library.view("onojo")
    near = ranking("term-cashless", "onojo-cashless", "menu-payment", top1=0.4)
    decision, found = settled(view, "キャッシュレス", near)
    assert decision == "answer"
    assert [match.id for match in found.matches] == [
        "onojo-cashless",
        "term-cashless",
        "menu-payment",
    ]
    assert settled(view, "きゃっしゅれす　しやくしょ？", near)[1].matches[0].id == "onojo-cashless"
    assert settled(view, "キャッシュレスとは", near)[1].matches[0].id == "term-cashless"
    assert settled(view, "キャッシュレスの歴史", near) == ("choices", near)


def test_a_phrasing_of_what_is_not_among_the_first_three_settles_nothing(library: Library) -> None:
    view = library.view("onojo")
    far = ranking("menu-online", "menu-payment", "menu-class", "onojo-cashless", top1=0.4)
    assert settled(view, "キャッシュレス", far)[1].matches[0].id == "menu-online"
