"""Passwords: which are accepted, and how they are kept (argon2id)."""

from __future__ import annotations

import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128
# OWASP's smallest setting for argon2id: 19 MiB, two passes; about 30 ms on an office server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# The most common passwords, and the words people build them from. A password is compared without
# digits and marks, so that Password2026!! is recognised as well.
_COMMON = frozenset(
    """
    password passw0rd passwort passcode admin administrator root letmein welcome iloveyou qwerty
    qwertyuiop qwertyui asdfghjkl asdfgh zxcvbnm zxcvbn qazwsx qazwsxedc monkey dragon sunshine
    princess football baseball basketball superman batman master login hello freedom whatever
    trustno starwars pokemon michael jordan shadow ashley jennifer computer internet samsung google
    secret changeme default guest test testtest user staff office system server service manager
    abc abcd abcdef abcdefg abcdefgh abcdefghij abcabc aaa zzz japan nippon tokyo osaka kyoto sakura
    doraemon pikachu naruto himitsu kanri kanrisha shokuin shiyakusho yakusho shichou madoguchi
    madoguti mado guchi line linebot chatbot city cityhall kencho machi arigatou konnichiwa
    hachinohe goshogawara yachiyo hachioji onojo aomori chiba fukuoka hokkaido
    パスワード ぱすわーど ひみつ しやくしょ まどぐち 市役所 窓口 職員 管理者
    """.split()
)
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "01234567890123456789")


def problems(password: str, name: str) -> list[str]:
    """Why a password is not accepted for that person, in Japanese; empty where it is."""
    found = []
    if len(password) < SHORTEST:
        found.append(f"パスワードは{SHORTEST}文字以上にしてください。")
    if len(password) > LONGEST:
        found.append(f"パスワードは{LONGEST}文字までにしてください。")
    if _is_common(password):
        found.append("よく使われるパスワードです。関係のない言葉を3つ以上つなげてください。")
    folded = _folded(password)
    if len(name) >= 3 and _folded(name) in folded:
        found.append("パスワードに名前を入れないでください。")
    return found


def hashed(password: str) -> str:
    """The password as it is kept."""
    return _HASHER.hash(_same(password))


def matches(kept: str, password: str) -> bool:
    """Whether it is the password; takes the same time for any wrong one."""
    try:
        return _HASHER.verify(kept, _same(password[: 4 * LONGEST]))
    except (VerificationError, InvalidHashError):
        return False


def _same(password: str) -> str:
    """One spelling for what two keyboards type differently."""
    return unicodedata.normalize("NFKC", password)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_common(password: str) -> bool:
    folded = _folded(password)
    words = re.findall(r"[^\W\d_]+", folded.replace("0", "o").replace("@", "a"))
    plain = "".join(re.findall(r"[^\W\d_]+", folded))
    if len(set(folded)) <= 4:
        return True
    if any(run in whole for whole in _RUNS for run in {folded, folded[::-1]}):
        return True
    built = {plain, "".join(words), *words, *re.findall(r"[^\W\d_]+", folded)}
    longest = max((len(word) for word in built & _COMMON), default=0)
    rest = len(re.sub(r"[\d\W_]", "", folded)) - longest
    return bool(built & _COMMON) and (plain in _COMMON or "".join(words) in _COMMON or rest < 4)
