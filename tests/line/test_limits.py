"""Our own copy of LINE's limits refuses what LINE refuses."""

import pytest
from hypothesis import given

from bot.line.limits import check_messages, is_sendable_uri, json_size
from tests.line.test_events import JSON


def text(words="ごみ", **more):
    return {"type": "text", "text": words, **more}


def quick(count=1, **action):
    action = {"type": "postback", "label": "はい", "data": "yes", "displayText": "はい"} | action
    return {"quickReply": {"items": [{"type": "action", "action": action}] * count}}


def bubble(*contents, **more):
    body = {"type": "box", "layout": "vertical", "contents": list(contents)}
    return {"type": "bubble", "body": body, **more}


def flex(contents, alt="見出し"):
    return {"type": "flex", "altText": alt, "contents": contents}


def button(label="市のページ", uri="https://www.example.jp/"):
    return {"type": "button", "action": {"type": "uri", "label": label, "uri": uri}}


WORDS = {"type": "text", "text": "本文"}

FINE = [
    [text("あ" * 5000)],
    [text("🍎" * 2500)],
    [text()] * 5,
    [text(**quick(13, label="👨‍👩‍👧‍👦" * 20, data="x" * 300, displayText="あ" * 300))],
    [flex(bubble(WORDS, button("あ" * 40), button(uri="tel:0120444444")))],
    [flex({"type": "carousel", "contents": [bubble(WORDS)] * 12}, alt="あ" * 1500)],
]
REFUSED = {
    "messages": [[], [text()] * 6, None],
    "messages[0]": [["text"]],
    "messages[0].type": [[{"type": "image"}], [{}]],
    "messages[0].text": [
        [text("あ" * 5001)],
        [text("🍎" * 2501)],
        [text("")],
        [text("　\n")],
        [text(None)],
        [text("\ud83d")],
    ],
    "messages[1].text": [[text(), text("")]],
    "messages[0].quickReply.items": [
        [text(**quick(0))],
        [text(**quick(14))],
        [text(quickReply={})],
    ],
    "messages[0].quickReply.items[0].action.label": [
        [text(**quick(label="あ" * 21))],
        [text(**quick(label=""))],
    ],
    "messages[0].quickReply.items[0].action.data": [
        [text(**quick(data="x" * 301))],
        [text(**quick(data=""))],
    ],
    "messages[0].quickReply.items[0].action.displayText": [[text(**quick(displayText="あ" * 301))]],
    "messages[0].quickReply.items[0].action.type": [[text(**quick(type="camera"))]],
    "messages[0].altText": [[flex(bubble(WORDS), alt="あ" * 1501)], [flex(bubble(WORDS), alt="")]],
    "messages[0].contents": [
        [flex(None)],
        [flex({"type": "bubble"})],
        [flex({"type": "box"})],
        [flex(bubble({"type": "text", "text": "あ" * 5000}))],
    ],
    "messages[0].contents.contents": [
        [flex({"type": "carousel", "contents": []})],
        [flex({"type": "carousel", "contents": [bubble(WORDS)] * 13})],
        [flex({"type": "carousel", "contents": [bubble(WORDS), bubble(WORDS, size="kilo")]})],
    ],
    "messages[0].contents.body.contents[0].text": [[flex(bubble({"type": "text", "text": ""}))]],
    "messages[0].contents.body.contents[0].color": [[flex(bubble(WORDS | {"color": "red"}))]],
    "messages[0].contents.body.contents[0].action.label": [
        [flex(bubble(button("あ" * 41)))],
        [flex(bubble(button("")))],
    ],
    "messages[0].contents.body.contents[0].action.uri": [
        [flex(bubble(button(uri="javascript:alert(1)")))],
        [flex(bubble(button(uri="https://www.example.jp/" + "a" * 1000)))],
    ],
    "messages[0].contents.body.contents[0]": [
        [flex(bubble({"type": "span", "text": "x"}))],
        [flex(bubble(5))],
    ],
    "messages[0].contents.hero.url": [
        [flex(bubble(WORDS, hero={"type": "image", "url": "http://www.example.jp/a.jpg"}))],
        [flex(bubble(WORDS, hero={"type": "image", "url": "https://www.example.jp/海.jpg"}))],
        [flex(bubble(WORDS, hero={"type": "image", "url": "https://example.jp/" + "a" * 2000}))],
    ],
    "messages[0].contents.body.layout": [[flex({"type": "bubble", "body": {"type": "box"}})]],
}


@pytest.mark.parametrize("messages", FINE)
def test_messages_at_the_limit_pass(messages):
    assert check_messages(messages) == []


@pytest.mark.parametrize(
    ("place", "messages"), [(place, item) for place, items in REFUSED.items() for item in items]
)
def test_messages_beyond_a_limit_are_named_by_their_place(place, messages):
    places = [problem.split(": ")[0] for problem in check_messages(messages)]
    assert place in places


def test_a_carousel_has_a_limit_of_its_own():
    heavy = bubble({"type": "text", "text": "あ" * 1000})
    problems = check_messages([flex({"type": "carousel", "contents": [heavy] * 9})])
    assert problems and all(p.startswith("messages[0].contents: ") for p in problems)


def test_size_is_measured_as_sent():
    assert json_size({"a": "あ"}) == len(b'{"a":"\\u3042"}')


@pytest.mark.parametrize(
    "uri", ["https://www.city.example.jp/a?b=%E3%81%94#c", "tel:0120444444", "line://nv/chat"]
)
def test_addresses_line_takes(uri):
    assert is_sendable_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        *("", "www.example.jp", "https://", "https:///path", "http://[::1", "tel:"),
        *("ftp://example.jp", "javascript:alert(1)", "https://example.jp/ごみ"),
        *("https://example.jp/a b", "https://example.jp/{id}", "https://example.jp/%zz"),
    ],
)
def test_addresses_line_refuses(uri):
    assert not is_sendable_uri(uri)


@given(JSON)
def test_any_json_is_judged_and_nothing_raises(value):
    assert check_messages(value)
    assert check_messages([value])
    assert check_messages([flex(value)])


def test_nesting_beyond_reason_is_a_problem_not_a_crash():
    deep = {"type": "text", "text": "x"}
    for _ in range(3000):
        deep = {"type": "box", "layout": "vertical", "contents": [deep]}
    assert check_messages([flex({"type": "bubble", "body": deep})]) == [
        "messages[0]: nested too deeply"
    ]
