"""The door check: LINE's own test vector, and whatever else may stand in the header."""

from hypothesis import given
from hypothesis import strategies as st

from bot.line.signature import sign, verify

# The example of LINE's documentation.
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
SIGNATURE = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


def test_lines_own_example_is_accepted():
    assert sign(SECRET, BODY) == SIGNATURE
    assert verify(SECRET, BODY, SIGNATURE)


def test_missing_wrong_and_strange_signatures_are_refused():
    for signature in (
        None,
        "",
        SIGNATURE[:-1],
        SIGNATURE.lower(),
        SIGNATURE + " ",
        "署名",
        "\ud800",
    ):
        assert not verify(SECRET, BODY, signature)


def test_a_changed_body_or_secret_is_refused():
    assert not verify(SECRET, BODY + b" ", SIGNATURE)
    assert not verify(SECRET[::-1], BODY, SIGNATURE)


def test_without_a_secret_nothing_passes():
    assert not verify("", BODY, sign("", BODY))


@given(st.text(), st.binary(), st.one_of(st.none(), st.text()))
def test_no_header_makes_it_raise(secret, body, signature):
    assert verify(secret, body, signature) is (bool(secret) and signature == sign(secret, body))
