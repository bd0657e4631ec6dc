"""What a small city has learned: verdicts, choices, checked links, pictures."""

from __future__ import annotations

import io
from datetime import timedelta

from PIL import Image, ImageDraw, ImageFont

from bot.services.images import ImageLibrary
from bot.store import links, reactions
from bot.store.links import LinkCheck
from bot.store.reactions import Reaction
from tests.console.office import Office

# Entry -> how often it helped, and did not.
_VERDICTS = {"library-card": (57, 3), "bicycle-registration": (16, 14), "minato-ferry": (3, 0)}
_OFFERED = ("library-card", "bicycle-registration")
_CHOSEN = {"bicycle-registration": 23, "library-card": 6, "": 5}
_PICTURES = (
    ("避難所", "#0b6b3a", "避難所の地図。市民センターと3つの小学校に印があります。"),
    ("冬まつり", "#1f4e9c", "冬まつりのポスター。12月12日 10時から、市民センター前の広場。"),
    ("粗大ごみ", "#8a5a00", "粗大ごみの出し方。1 電話で申し込む、2 シールをはる、3 朝8時までに出す。"),
)  # fmt: skip
_FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"


def learn(office: Office) -> None:
    """Keep all of it, spread over a month."""
    today = office.now().date()
    made = []

    def keep(kind: str, item: str, times: int, shown: tuple[str, ...] = ()) -> None:
        for number in range(times):
            day = (today - timedelta(days=(number * 5 + len(made) % 3) % 29)).isoformat()
            made.append(Reaction(f"r{len(made)}", day, kind, item, shown))

    for item, (solved, unsolved) in _VERDICTS.items():
        keep("solved", item, solved)
        keep("unsolved", item, unsolved)
    for item, times in _CHOSEN.items():
        keep("chosen", item, times, _OFFERED)
    office.db.write(lambda c: reactions.add(c, made))
    check_links(office)


def check_links(office: Office) -> None:
    """One broken, one kept from programs, one moved, and many good ones."""
    now = int(office.now().timestamp() * 1000)
    place = "knowledge/links.yaml:3"
    found = [
        LinkCheck("https://www.city.minato.example.jp/card", links.BROKEN, 404,
                  "ページがありません（404）。", (place, "knowledge/common/life.yaml:12"), now),
        LinkCheck("https://www.pref.example.jp/form", links.UNSURE, 403,
                  "プログラムからは見られません（403）。ブラウザで確かめてください。", (place,), now),
        LinkCheck("https://www.example.go.jp/old", links.MOVED, 200,
                  "https://www.example.go.jp/new に移っています。直してください。", (place,), now),
        *(LinkCheck(f"https://{n}.example.jp/", links.GOOD, 200, "", (), now) for n in range(38)),
    ]  # fmt: skip
    office.db.write(lambda c: links.replace_all(c, found))


def add_pictures(office: Office, who: str) -> None:
    """A few plain posters."""
    library = ImageLibrary(office.db, office.now)
    for title, colour, words in _PICTURES:
        picture = Image.new("RGB", (1200, 800), colour)
        font = ImageFont.truetype(_FONT, 160)
        ImageDraw.Draw(picture).text((600, 400), title, "white", font, anchor="mm")
        out = io.BytesIO()
        picture.save(out, "PNG")
        library.add(out.getvalue(), words, who)
