"""Words and endings of the cities' dialects (Aomori, Fukuoka, Kansai, Kanto) in standard Japanese.

Only what changes how a question is read: question words, negations, particles and endings. The
rules leave standard Japanese alone; each is bound to its neighbours where its letters also stand
in other words (けん in ほけん, べ in べんり).
"""

from __future__ import annotations

import re
from functools import cache

from bot.core import dialect_aomori

_END = dialect_aomori.END
_NOUN = "[ァ-ヶー証票届書金税券料所課]"  # no verb (運ばない, 出さない) ends like these
_RULES: tuple[tuple[str, str], ...] = (
    *dialect_aomori.RULES,
    # Question words
    (r"(?:どげん|どぎゃん|どない|なじょ)(?:に|して|しち)?(?=し|す|や|な|せ|よか)", "どう"),
    (r"(?:どげん|どぎゃん|どない|なじょ)(?:に|して)?", "どう"),
    (r"なんぼ", "いくら"),
    (r"なして(?=[一-龠ァ-ヶか-んー])", "なぜ"),
    (r"どごさ|どさ(?=行|い[きぐく])", "どこに"),
    (r"(?<![一-龠ぁ-ん])どご", "どこ"),
    (r"いづ(?=まで|から|だ|です|" + _END + ")", "いつ"),
    (r"(?<=いつ)(?:ね|と|なん|やろ)" + _END, ""),
    # Particles and verbs
    (rf"(?<={_NOUN})ば(?=[一-龠なも])|(?<=[一-龠])ば(?=[一-龠])", "を"),  # no 運ば before kanji
    (rf"(?<={_NOUN})さ(?=行|い[きくぐっ]|来|電話|届)", "に"),
    (r"(?<=[一-龠])さ(?=[行来乗入聞届置住引付頼越戻電連])", "に"),
    (rf"(?<={_NOUN})さ(?=無|な[ぐく]|落)", "を"),
    (r"無ぐし|なぐし|失ぐし", "なくし"),
    (r"(?<=[てで])(?:けろ|けへ|けれ|くれんね|くれん|くれへん|つかあさい|けさい)(?:じゃ|や|な)?", "ください"),
    (r"(?<=[しえ])で(?=ください)", "て"),
    (r"(?<=[てで])もう(?=た|て)|しも(?=た|て)", "しまっ"),
    (r"(?<=し)(?:とる|とう|ちょる|ちゅう)(?=けど|けん|の|ん|と|が|" + _END + ")", "ている"),
    (r"せな(?:あかん|いかん|いけん)|せんと(?:あかん|いかん|いけん)", "しないといけない"),
    (r"(?<=[かさたまらわがば])ないかん(?=と|の|っち|けど|です|" + _END + ")", "ないといけない"),
    (r"(?<=[はもが])なか(?=と|です|やろ|ろう|ばい|っち|" + _END + ")", "ない"),
    (r"わがんね[えぇー]?|わからへん|わからんけん|分からへん", "わからない"),
    (r"(?<=[かさたなまらわばがけせてねめれえきみ])へん(?=けど|か|の|ねん|" + _END + ")", "ない"),
    (r"(?<![一-龠ァ-ヶー])よか(?=と|ね|です|ですか|やろ|ろう|ばい|" + _END + ")", "いい"),
    (r"あかん(?=の|か|" + _END + ")", "だめ"),
    (r"んやろか?" + _END, "のですか"),
    # What the young put in between
    (r"(?:ガチ|マジ)(?![ァ-ヶー])(?:で|に)?(?:やば[いく]?)?|まじで|ワンチャン、?|ぶっちゃけ、?", ""),
    # Links between clauses
    (r"(?:だっきゃ|んだども|だども|ばってん|んだばって)", "けれど"),
    (r"(?<=[たうるい])(?:ん)?やけど|やけど(?=[、何などい])", "のだけど"),
    (r"(?<=[だたる])けん(?=[、。,\s]|ど[うげこ]|何|$)", "から"),
    (r"っちゃ(?:けど|けん)", "のだけど"),
    # Endings
    (r"(?:っちゃんね|っちゃね|っちゃが|っちゃ|ばい|たいね|やん(?:か|ね)?|やねん|やろ(?:か|う)?|だべ(?:か|さ)?|だっけ)" + _END, ""),
    (r"(?<=[るたいう])(?:べか|べ|ねん|っきゃ|すか|じゃん)(?=[?]|$)|(?<=[るたいう])と[ーお]?(?=[?])", ""),
    (r"(?<=か)(?:い[なの]|の[う])" + _END, ""),
)  # fmt: skip
# The letters that a rule's match can begin with (a test keeps them complete): most places of a text
# are passed over by them.
_BEGINNINGS = (
    "あいがぎくぐけげさしじすせただちっつてでとどなねのはばびぶへべまめもやよらわんガマワ分失手無落"
)
_ANY = re.compile(f"(?=[{_BEGINNINGS}])(?:{'|'.join(pattern for pattern, _ in _RULES)})")


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Made when the first message with dialect comes: it would take 30 ms of every start."""
    return tuple((re.compile(pattern), standard) for pattern, standard in _RULES)


def standard(folded: str) -> str:
    """A folded text with the dialects' words and endings as in standard Japanese."""
    if not _ANY.search(folded):
        return folded
    text = folded
    for pattern, replacement in _compiled():
        text = pattern.sub(replacement, text)
    return text if text.strip("。、!? ") else folded
