"""A single point of a follow-up is told from a facet, and found in an entry's own sentences."""

from __future__ import annotations

import pytest

from bot.core.points import point_of, said_of
from bot.services.library import Library


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("代理でもいける？", "point_proxy"),
        ("旦那が取りに行ける？", "point_proxy"),
        ("本人が行かないとだめ？", "point_proxy"),
        ("娘の私が出していい？", "point_proxy"),
        ("郵送できます？", "point_post"),
        ("土日は？", "point_hours"),
        ("夜中でもいい？", "point_hours"),
        ("窓口は何時まで", "point_open"),
        ("何時に閉まる？", "point_open"),
        ("外国人でも？", "point_foreigner"),
        ("何日くらいで届く？", "point_days"),
        ("印鑑は", "point_thing"),
        ("写真は何枚いりますか", "point_thing"),
        ("予約いる？", "point_booking"),
        ("予約なしで行っていい？", "point_booking"),
        ("キャンセル料は", "point_cancel"),
        ("車で行ける？", "point_parking"),
        ("iPhoneでも使える？", "point_device"),
        ("ポイントもつく？", "point_rewards"),
        ("まだ空きある？", "point_places"),
        ("病児保育を予約したい", ""),
        ("いくらですか", ""),
        ("親は元気です", ""),
        ("住民票の話", ""),
        ("郵送料はいくら", ""),
        ("領収書は出ますか", ""),
        ("住民票とるとき", ""),
    ],
)
def test_the_point_of_a_follow_up(text: str, key: str) -> None:
    point = point_of(text)
    assert (point.key if point else "") == key


def test_an_entry_says_of_a_point_what_its_sentences_say(library: Library) -> None:
    lost = library.view("yachiyo").entry("proc-care-06")
    proxy, post = point_of("代わりに娘が行ってもいいですか"), point_of("郵送できる？")
    assert lost is not None and proxy is not None and post is not None
    assert "家族が行けるか" in said_of(proxy, lost)
    assert said_of(post, lost) == ""
