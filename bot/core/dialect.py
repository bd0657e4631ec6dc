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
_RULES: tuple[dialect_aomori.Rule, ...] = (
    *dialect_aomori.RULES,
    # Question words
    ("どな", r"(?:どげん|どぎゃん|どない|なじょ)(?:に|して|しち)?(?=し|す|や|な|せ|よか)", "どう"),
    ("どな", r"(?:どげん|どぎゃん|どない|なじょ)(?:に|して)?", "どう"),
    ("な", r"なんぼ", "いくら"),
    ("な", r"なして(?=[一-龠ァ-ヶか-んー])", "なぜ"),
    ("ど", r"どごさ|どさ(?=行|い[きぐく])", "どこに"),
    ("ど", r"(?<![一-龠ぁ-ん])どご", "どこ"),
    ("い", r"いづ(?=まで|から|だ|です|" + _END + ")", "いつ"),
    ("となねや", r"(?<=いつ)(?:ね|と|なん|やろ)" + _END, ""),
    # Particles and verbs
    ("ば", rf"(?<={_NOUN})ば(?=[一-龠なも])|(?<=[一-龠])ば(?=[一-龠])", "を"),  # no 運ば before kanji
    ("さ", rf"(?<={_NOUN})さ(?=行|い[きくぐっ]|来|電話|届)", "に"),
    ("さ", r"(?<=[一-龠])さ(?=[行来乗入聞届置住引付頼越戻電連])", "に"),
    ("さ", rf"(?<={_NOUN})さ(?=無|な[ぐく]|落)", "を"),
    ("な失無", r"無ぐし|なぐし|失ぐし", "なくし"),
    ("くけつ", r"(?<=[てで])(?:けろ|けへ|けれ|くれんね|くれん|くれへん|つかあさい|けさい)(?:じゃ|や|な)?", "ください"),
    ("で", r"(?<=[しえ])で(?=ください)", "て"),
    ("しも", r"(?<=[てで])もう(?=た|て)|しも(?=た|て)", "しまっ"),
    ("ちと", r"(?<=し)(?:とる|とう|ちょる|ちゅう)(?=けど|けん|の|ん|と|が|" + _END + ")", "ている"),
    ("せ", r"せな(?:あかん|いかん|いけん)|せんと(?:あかん|いかん|いけん)", "しないといけない"),
    ("な", r"(?<=[かさたまらわがば])ないかん(?=と|の|っち|けど|です|" + _END + ")", "ないといけない"),
    ("な", r"(?<=[はもが])なか(?=と|です|やろ|ろう|ばい|っち|" + _END + ")", "ない"),
    ("わ分", r"わがんね[えぇー]?|わからへん|わからんけん|分からへん", "わからない"),
    ("へ", r"(?<=[かさたなまらわばがけせてねめれえきみ])へん(?=けど|か|の|ねん|" + _END + ")", "ない"),
    ("よ", r"(?<![一-龠ァ-ヶー])よか(?=と|ね|です|ですか|やろ|ろう|ばい|" + _END + ")", "いい"),
    ("あ", r"あかん(?=の|か|" + _END + ")", "だめ"),
    ("ん", r"んやろか?" + _END, "のですか"),
    # What the young put in between
    ("ぶまガマワ", r"(?:ガチ|マジ)(?![ァ-ヶー])(?:で|に)?(?:やば[いく]?)?|まじで|ワンチャン、?|ぶっちゃけ、?", ""),
    ("っ", rf"(?:(?<=[混こ込休]んで)|(?<=[っいし]て))っ(?=か(?:な|ね|{_END}))", "いる"),
    # Links between clauses
    ("だばん", r"(?:だっきゃ|んだども|だども|ばってん|んだばって)", "けれど"),
    ("やん", r"(?<=[たうるい])(?:ん)?やけど|やけど(?=[、何などい])", "のだけど"),
    ("け", r"(?<=[だたる])けん(?=[、。,\s]|ど[うげこ]|何|$)", "から"),
    ("っ", r"っちゃ(?:けど|けん)", "のだけど"),
    # Endings
    ("ただっばや", r"(?:っちゃんね|っちゃね|っちゃが|っちゃ|ばい|たいね|やん(?:か|ね)?|やねん|やろ(?:か|う)?|だべ(?:か|さ)?|だっけ)" + _END, ""),
    ("じすっとねべ", r"(?<=[るたいう])(?:べか|べ|ねん|っきゃ|すか|じゃん)(?=[?]|$)|(?<=[るたいう])と[ーお]?(?=[?])", ""),
    ("いの", r"(?<=か)(?:い[なの]|の[う])" + _END, ""),
)  # fmt: skip


def _any() -> re.Pattern[str]:
    """Finds whether any rule's pattern is there.

    A letter first and only then, from before it, the rules that begin with it: most places of a
    text are passed over.
    """
    rules: dict[str, list[str]] = {}
    for letters, rule, _ in _RULES:
        for letter in letters:
            rules.setdefault(letter, []).append(rule)
    return re.compile("|".join(f"{x}(?<=(?={'|'.join(each)}){x})" for x, each in rules.items()))


_ANY = _any()


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Made when the first message with dialect comes: it would take 30 ms of every start."""
    return tuple((re.compile(pattern), standard) for _, pattern, standard in _RULES)


def standard(folded: str) -> str:
    """A folded text with the dialects' words and endings as in standard Japanese."""
    if not _ANY.search(folded):
        return folded
    text = folded
    for pattern, replacement in _compiled():
        text = pattern.sub(replacement, text)
    return text if text.strip("。、!? ") else folded
