"""What a resident's phone shows, and that LINE takes it whatever the content says."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linebot.v3.messaging import FlexMessage, ReplyMessageRequest, TextMessage

from bot.core.knowledge import Contact, Link
from bot.core.replies import Card, QuickReply, Reply, Text
from bot.line.limits import check_messages
from bot.line.render import CONTINUED, NEUTRAL_ALT, render
from tests.line.openapi import OpenApi, spec_missing

CITY = Link("市のページ", "https://www.example.jp/gomi")
MAIN = Contact("main", "市役所", "0120-44-4444", "平日8:30〜17:15")
CARD = Card(
    title="粗大ごみの出し方",
    body="粗大ごみは電話で申し込みます。\nくわしくは市のページをご覧ください。",
    alt="粗大ごみの出し方：粗大ごみは電話で申し込みます。",
    links=(CITY, Link("申込ページ", "https://www.example.jp/moshikomi")),
    phones=(MAIN,),
    note="2022年2月時点。出典：計画 5章",
)
QUICK = (QuickReply("いくら？", "facet:fee"), QuickReply("そっちじゃない", "other"))


def card(**changes):
    base = {"title": "題名", "body": "本文です。", "alt": "題名：本文です。"}
    return Card(**(base | changes))


def only(reply):
    (message,) = render(reply)
    return message


def texts(node):
    """Every text a resident can read in a message, in order."""
    if isinstance(node, list):
        return [text for item in node for text in texts(item)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if node.get("type") == "text" else []
    return own + [
        t for key in ("header", "body", "contents", "footer") for t in texts(node.get(key))
    ]


def actions(message):
    """The actions of a bubble's buttons."""
    return [
        button["action"] for button in message["contents"].get("footer", {}).get("contents", [])
    ]


def shown(messages):
    return "\n".join(text for message in messages for text in texts(message))


def test_a_text_is_a_text_message():
    assert render(Reply((Text("こんにちは"),))) == [{"type": "text", "text": "こんにちは"}]


def test_a_card_shows_title_body_number_note_and_buttons():
    message = only(Reply((CARD,)))
    assert message["altText"] == CARD.alt
    assert message["contents"]["size"] == "mega"
    assert texts(message) == [
        CARD.title,
        f"{CARD.body}\n\n市役所：0120-44-4444（平日8:30〜17:15）",
        CARD.note,
    ]
    assert actions(message) == [
        {"type": "uri", "label": "市のページ", "uri": CITY.url},
        {"type": "uri", "label": "申込ページ", "uri": "https://www.example.jp/moshikomi"},
        {"type": "uri", "label": "電話する（市役所）", "uri": "tel:0120444444"},
    ]
    styles = [button["style"] for button in message["contents"]["footer"]["contents"]]
    assert styles == ["primary", "secondary", "secondary"]


def test_a_number_the_body_names_is_not_repeated():
    message = only(Reply((card(body="0120-44-4444 に電話してください。", phones=(MAIN,)),)))
    assert shown([message]).count("0120-44-4444") == 1


def test_an_emergency_has_a_red_band_and_calls_first():
    message = only(
        Reply((card(tone="emergency", links=(CITY,), phones=(Contact("", "消防", "119"),)),))
    )
    header = message["contents"]["header"]
    assert header["backgroundColor"] == "#B3261E" and texts(header) == ["題名"]
    assert [action["uri"] for action in actions(message)] == ["tel:119", CITY.url]
    assert texts(only(Reply((card(title="", tone="emergency"),))))[0] == "緊急"


def test_every_text_wraps_and_can_be_read():
    def luminance(color):
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(a, b):
        dark, light = sorted((luminance(a), luminance(b)))
        return (light + 0.05) / (dark + 0.05)

    for tone in ("normal", "emergency"):
        bubble = only(Reply((Card("題", "本文", "代", (CITY,), (), "出典", tone),)))["contents"]
        for block in ("header", "body"):
            box = bubble.get(block, {"contents": []})
            for text in box["contents"]:
                assert text["wrap"] and text["scaling"] and text["size"] in ("sm", "md", "lg")
                assert contrast(text["color"], box.get("backgroundColor", "#FFFFFF")) >= 4.5
        # A primary button's words are white.
        assert contrast(bubble["footer"]["contents"][0]["color"], "#FFFFFF") >= 4.5


def test_quick_replies_stand_under_the_last_message_only():
    first, last = render(Reply((CARD, Text("ほかには？")), QUICK))
    assert "quickReply" not in first
    assert [item["action"] for item in last["quickReply"]["items"]] == [
        {"type": "postback", "label": "いくら？", "data": "facet:fee", "displayText": "いくら？"},
        {
            "type": "postback",
            "label": "そっちじゃない",
            "data": "other",
            "displayText": "そっちじゃない",
        },
    ]


def test_quick_replies_line_would_refuse_are_cut_or_left_out():
    replies = (
        QuickReply("", "a"),
        QuickReply("あ", "x" * 301),
        QuickReply("い", ""),
        QuickReply("う", "\x00"),
    )
    assert "quickReply" not in only(Reply((Text("はい"),), replies))
    many = tuple(QuickReply("あ" * 30, str(number)) for number in range(20))
    items = only(Reply((Text("はい"),), many))["quickReply"]["items"]
    assert [item["action"]["data"] for item in items] == [str(number) for number in range(13)]
    assert items[0]["action"]["label"] == items[0]["action"]["displayText"] == "あ" * 19 + "…"


def test_a_long_text_goes_on_in_further_messages_and_loses_nothing():
    sentence = "粗大ごみは電話で申し込みます。"
    messages = render(Reply((Text(sentence * 800),)))
    assert len(messages) == 3
    assert all(message["text"].endswith("。") for message in messages)
    assert "".join(message["text"] for message in messages) == sentence * 800


def test_a_long_card_is_split_at_sentences_with_its_buttons_at_the_end():
    sentence = "粗大ごみは電話で申し込みます。"
    messages = render(Reply((card(body=sentence * 150, links=(CITY,), note="出典"),)))
    bodies = [texts(message)[1] for message in messages]
    assert "".join(bodies) == sentence * 150 and all(body.endswith("。") for body in bodies)
    assert [texts(message)[0] for message in messages] == [
        "題名（1/3）",
        "題名（2/3）",
        "題名（3/3）",
    ]
    assert [len(actions(message)) for message in messages] == [0, 0, 1]
    assert texts(messages[-1])[-1] == "出典"


def test_what_does_not_fit_five_messages_is_announced():
    for part in (Text("長い文です。" * 10_000), card(body="長い文です。" * 10_000, links=(CITY,))):
        messages = render(Reply((part,), QUICK))
        assert len(messages) == 5
        assert shown(messages).count(CONTINUED) == 1
        assert texts(messages[-1])[-1].endswith(CONTINUED)
        assert "quickReply" in messages[-1]
    assert actions(messages[-1])[0]["uri"] == CITY.url


def test_every_part_gets_its_place_before_a_long_one_goes_on():
    messages = render(Reply((card(body="長い文です。" * 10_000), CARD, Text("ほかには？"))))
    assert len(messages) == 5
    assert texts(messages[3])[0] == CARD.title
    assert messages[4]["text"] == "ほかには？"
    assert texts(messages[2])[-1] == CONTINUED


def test_a_sixth_part_is_announced():
    messages = render(Reply(tuple(Text(str(number)) for number in range(6))))
    assert [message["text"] for message in messages] == ["0", "1", "2", "3", f"4\n{CONTINUED}"]


def test_a_hundred_links_are_spread_over_bubbles():
    links = tuple(Link(f"リンク{number}", f"https://example.jp/{number}") for number in range(30))
    messages = render(Reply((card(links=links),)))
    assert [action["label"] for m in messages for action in actions(m)] == [
        link.label for link in links
    ]
    assert shown(render(Reply((card(links=links * 3),)))).count(CONTINUED) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "www.example.jp",
        "javascript:alert(1)",
        "tel:110",
        "https://例え.jp/",
        "https://a b.jp",
        "https:///x",
    ],
)
def test_an_address_that_is_none_is_shown_as_text(url):
    message = only(Reply((card(links=(Link("市のページ", url),)),)))
    assert actions(message) == []
    assert texts(message)[1] == "本文です。\n\n" + (f"市のページ：{url}" if url else "市のページ")


def test_a_japanese_address_is_percent_encoded():
    link = Link("市", "https://example.jp/ごみ?q={a b}&r=%E3%81%82")
    (action,) = actions(only(Reply((card(links=(link,)),))))
    assert action["uri"] == "https://example.jp/%E3%81%94%E3%81%BF?q=%7Ba%20b%7D&r=%E3%81%82"


@pytest.mark.parametrize(
    ("phone", "uri"),
    [
        ("0178-43-2111", "tel:0178432111"),
        ("０１７８（４３）２１１１", "tel:0178432111"),
        ("0178-43-2111（代表）", "tel:0178432111"),
        ("0178ー43ー2111", "tel:0178432111"),
        ("110", "tel:110"),
        ("+81 178 43 2111", "tel:+81178432111"),
        ("0178-43-2111 内線123", None),
        ("#7119", None),
        ("", None),
    ],
)
def test_only_a_whole_number_can_be_called(phone, uri):
    message = only(Reply((card(phones=(Contact("c", "窓口", phone),)),)))
    assert [action["uri"] for action in actions(message)] == ([uri] if uri else [])
    assert shown([message]).endswith(f"窓口：{phone}" if phone else "本文です。")


def test_long_names_fit_their_button():
    contact = Contact("c", "総合政策部情報政策課" * 9, "110")
    labels = [
        a["label"]
        for a in actions(
            only(Reply((card(phones=(contact,), links=(Link("あ" * 50, CITY.url),)),)))
        )
    ]
    assert [len(label) for label in labels] == [40, 40]
    assert labels[0].endswith("…") and re.fullmatch("電話する（.+…）", labels[1])


def test_a_name_with_brackets_of_its_own_is_not_put_into_brackets():
    message = only(Reply((card(phones=(Contact("c", "消防（火事）", "119"),)),)))
    assert [each["label"] for each in actions(message)] == ["電話する：消防（火事）"]


def test_a_card_without_words_for_the_lock_screen_stays_neutral():
    assert only(Reply((card(alt=" \n"),)))["altText"] == NEUTRAL_ALT


def test_a_reply_that_says_nothing_sends_nothing():
    nothing = (Text(""), Text("　\n\u200b"), Card("", " ", "代", phones=(Contact("c", "窓口"),)))
    assert render(Reply(nothing, QUICK)) == []
    assert render(Reply(())) == []
    assert render(Reply((*nothing, Text("はい")))) == [{"type": "text", "text": "はい"}]


WILD = st.one_of(
    st.text(max_size=30),
    st.text(
        st.sampled_from("あ、。！🍎👨\u200d👩\ufe0f\u0301\n \u200b\x00\ud83d「」a."), max_size=60
    ),
    st.builds(
        lambda text, times: text * times,
        st.sampled_from(
            ["あ", "🍎", "ごみの日です。", "👨‍👩‍👧‍👦", "か\u3099", "\u0301", "<&\"'\\", "長い、"]
        ),
        st.sampled_from([1, 45, 400, 1600]),
    ),
)
URLS = st.one_of(
    WILD,
    st.sampled_from(
        ["https://example.jp/", "HTTP://例.jp", "https://example.jp/" + "a" * 990, "https://[::1"]
    ),
    WILD.map(lambda path: f"https://example.jp/{path}"),
)
LINKS = st.builds(Link, WILD, URLS)
PHONES = st.builds(Contact, st.just("id"), WILD, st.one_of(WILD, st.just("0120-44-4444")), WILD)
CARDS = st.builds(
    Card,
    title=WILD,
    body=st.one_of(WILD, WILD.map(lambda text: text * 9)),
    alt=WILD,
    links=st.one_of(st.lists(LINKS, max_size=4), LINKS.map(lambda link: [link] * 100)).map(tuple),
    phones=st.lists(PHONES, max_size=4).map(tuple),
    note=WILD,
    tone=st.sampled_from(["normal", "emergency"]),
)
REPLIES = st.builds(
    Reply,
    st.lists(st.one_of(st.builds(Text, WILD), CARDS), max_size=8).map(tuple),
    st.lists(st.builds(QuickReply, WILD, WILD), max_size=16).map(tuple),
)
BIGGEST = Reply(
    (
        Card(
            "題" * 99,
            "本" * 99_999,
            "代" * 9999,
            tuple(
                Link("あ\u3099\u0301" * 40, "https://example.jp/" + "a" * 980) for _ in range(100)
            ),
            tuple(Contact("c", "窓" * 99, "0120-44-4444", "平日" * 99) for _ in range(50)),
            "注" * 9999,
            "emergency",
        ),
    )
    * 7,
    QUICK * 10,
)


@given(REPLIES)
@settings(deadline=None, max_examples=60)
def test_line_takes_every_reply(reply):
    messages = render(reply)
    if messages:
        assert check_messages(messages) == []


def test_line_takes_the_biggest_reply():
    messages = render(BIGGEST)
    assert len(messages) == 5 and check_messages(messages) == []
    assert texts(messages[-1])[-1] == CONTINUED


EXAMPLES = [
    Reply((CARD,), QUICK),
    Reply((card(tone="emergency", phones=(MAIN,)), Text("はい"), CARD), QUICK),
    BIGGEST,
]


@pytest.mark.parametrize("reply", EXAMPLES)
def test_lines_sdk_knows_every_property_we_send(reply):
    messages = render(reply)
    for message in messages:
        model = {"text": TextMessage, "flex": FlexMessage}[message["type"]]
        assert model.from_dict(message).to_dict() == message
    request = {"replyToken": "token", "messages": messages}
    sent = ReplyMessageRequest.from_dict(request).to_dict()
    assert sent["messages"] == messages


@pytest.mark.skipif(bool(spec_missing()), reason=spec_missing())
@pytest.mark.parametrize("reply", EXAMPLES)
def test_lines_openapi_schema_takes_every_message(reply):
    request = {"replyToken": "token", "messages": render(reply)}
    assert OpenApi.messaging().problems("ReplyMessageRequest", request) == []


@pytest.mark.skipif(bool(spec_missing()), reason=spec_missing())
@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("wrap", "yes", "wrap: must be boolean"),
        ("linespacing", "6px", "linespacing: unknown"),
        ("type", "txt", ": no variant of that name"),
        ("weight", "heavy", "weight: must be one of ['regular', 'bold']"),
    ],
)
def test_the_schema_check_notices_what_is_wrong(key, value, problem):
    message = only(Reply((CARD,)))
    message["contents"]["body"]["contents"][0][key] = value
    found = OpenApi.messaging().problems(
        "ReplyMessageRequest", {"replyToken": "t", "messages": [message]}
    )
    assert len(found) == 1 and found[0].endswith(problem)


def test_a_card_that_everybody_is_told_keeps_nobodys_buttons():
    fixed = card(fixed=True)
    assert "quickReply" in only(Reply((fixed,), QUICK))
    assert "quickReply" not in only(Reply((fixed,)))
    assert only(Reply((fixed,))) == only(Reply((card(),)))
