"""Messages that lure: pasted or sent on, they ask nothing of the city, and may cost a resident."""

from __future__ import annotations

import re

from bot.core.text import fold

OF_FRAUD = "no-info-fraud"  # intents/not_in_plans.yaml: whom to ask before paying
_ADDRESS = re.compile(
    r"https?:|www\.|[a-z0-9-]\.(?:com|net|org|info|xyz|top|shop|cn|me|ly)(?:/|\b)"
)
_OF_AN_OFFICE = re.compile(r"lg\.jp|go\.jp|city\.")
_PRESSES = re.compile(
    r"至急|本日中|24時間以内|期限内に|停止(?:され|し|いた)|未払|未納|滞納|確認できま(?:せん|した)|当選|お?手続きくだ|手続きをお願い|"
    r"タップ|クリック|ログインし|本人確認|受け取(?:れ|り)|還元|不正(?:利用|アクセス)|法的|差し?押さえ"
)
_PROMISES = re.compile(
    r"(?:月|日給?|時給|週)\d+万.{0,20}(?:稼|大歓迎|可能|募集|副業)|(?:日給|月収|日収)\d+万|副業.{0,12}(?:稼|万円|募集|興味)|"
    r"(?:あなた|貴方|お客様)(?:に|が|は).{0,16}(?:当選|選ばれ)|当選(?:しました|されました|おめでとう)|"
    r"(?:誰|だれ|スマホ)(?:で|だけで)(?:も)?(?:簡単|かんたん).{0,10}(?:稼|万円)|法的(?:手続き?|措置)に(?:入|移)"
)
# Who asks about such a message asks of the city: 「というメールが来た。詐欺ですか」.
_ASKS = re.compile(
    r"[?？]|か[。!]*$|たい(?:です)?[。!]*$|(?:メール|sms|ライン|line|はがき|電話|通知|手紙)が(?:来|き|届|とど)|教えて|どう(?:したら|すれば)"
)


def is_lure(text: str) -> bool:
    """Whether the message itself presses to open an address, or promises money for nothing."""
    folded = fold(text)
    if _ASKS.search(folded):
        return False
    address = _ADDRESS.search(folded) and not _OF_AN_OFFICE.search(folded)
    return bool(address and _PRESSES.search(folded)) or bool(_PROMISES.search(folded))
