"""Messages that mean something only after an answer, known by their form: 「ペイペイも？」「もう出しました」. Pure."""

from __future__ import annotations

import re

from bot.core.facets import facets_in, loose_facet
from bot.core.subject import Said
from bot.core.text import fold

# What asks to go on with the last answer, whatever else it is like.
_GO_ON = re.compile(
    r"^(?:え|へえ?|ふーん|で|じゃあ?|それ(?:って|は|で)?|ちなみに)?[、, ]?"
    r"(?:なんで(?:です?か|だめなの|なの|だろう)?|なぜ(?:です?か)?|どうして(?:です?か|なの)?|理由は|"
    r"(?:ほか|他)(?:に(?:は|も)?(?:ある|あります|ない)?|は|には何)?(?:か)?|"
    r"(?:もっと|もう少し|もうちょっと|さらに)?(?:くわしく|詳しく|詳細(?:は|を)?|具体的に(?:は)?)(?:教えて|おしえて|知りたい|説明して|お願い(?:します)?|言って)?(?:ください|ほしい|くれ)?|"
    r"続き(?:は|を)?|もっと(?:教えて|知りたい)?|例えば|たとえば|それだけ|(?:本当|ほんと|ほんとう|まじ|マジ|うそ)(?:に|ですか|なの|かな|で)?|確か(?:です?か|なの)?|"
    r"どういう(?:こと|意味)(?:です?か)?|つまり|結局どうすれば(?:いい)?|で(?:、)?どうすれば(?:いい)?(?:です?か|の)?|(?:次|つぎ|まず|最初|そのあと|その後)(?:は|に|から)?、?(?:何|なに|どう)(?:を|から)?(?:すれば|したら|やれば)?(?:いい|よい)?(?:のか|の|ん)?(?:です?か|でしょうか)?|どうやって|どうやるの|やり方は|"
    r"(?:もっと)?(?:分かり|わかり)やすく(?:言うと|言って|説明して|お願い(?:します)?)?(?:ください|くれ|ほしい)?|(?:簡単に|かんたんに|短く|ひとことで|要するに|要は)(?:言うと|言って|説明して|まとめて)?(?:ください|くれ|何|なに)?|"
    r"もう(?:一度|一回|いちど|いっかい)(?:言って|教えて|説明して|お願い(?:します)?)?(?:ください|くれ)?|(?:これ|それ)が(?:そう|それ)(?:です|なの)?か?|(?:よく|ちょっと|いまいち)?(?:分から|わから|分かん|わかん)(?:ない|なかった|ん)(?:です|なあ?|な|けど)?)"
    r"[?!。、…〜ー]*$"
)
_SHORT_PLEASE = re.compile(
    r"^(?:もっと|もう少し|もうちょっと)?(?:短く|みじかく|簡潔に|手短に|ひとことで|一言で|要するに|要は|まとめて|要約して?|三行で|3行で)"
    r"(?:言うと|言って|説明して|まとめて|教えて|お願い(?:します)?|して|答えて)?(?:ください|くれ|ほしい|何|なに|どういうこと)?[?。!…]*$|"
    r"^(?:話|説明|文|答え|返事)?(?:が|は)?(?:長い|ながい|長すぎる?|長すぎ)(?:です|よ|な|わ|から短く|ので短く|から要点だけ)*(?:して|言って)?[。!]*$"
)
_BY_MEANS = re.compile(r"^.{1,10}?で(?:払う|申し?込む|出す|予約する|見る|受け取る|やる|する)(?:ように|こと|の|ん|[?])|"
                       r"^.{1,10}?(?:で|でも|がなくても|なしで(?:も)?)(?:いい|よい|大丈夫|ok|できる|できます|払え|使え|申し込め|出せ|もらえ|受け取れ|見れ|見られ)|"
                       r"^.{1,8}?(?:は|も|って)?(?:要り?ます|いり?ます|いる|要る|必要)(?:の|です)?か?[?。!]*$")  # fmt: skip
_LINKS_BACK = re.compile(
    r"^(?:じゃあ?|では|それなら|なら|ちなみに|あと|普通の|ふつうの|逆に)|(?:も|は|って)[?。…]*$|(?:のほう|の方|の場合)(?:は|も|が|だ|です|[?])|の(?:話|こと)(?:なんだ|です|だ|なの|[?。]?$)|だっけ|^[^。、]{1,10}もあ(?:る|り|ん)"
)
# What a question ends with that is not simply a noun or a wish.
_ASKING = re.compile(
    r"^(?:どの|どんな|どういう|何の|なんの|なんて|なんという|何という|どこの|いつの).|(?:どこ|いつ|だれ|誰|何|なに|いくら|どれ|どう)(?:から|まで|に|で|へ|を|が|は|と)?(?:です)?[?。]*$|(?:[?]|どう(?:なる|する|です)|(?:です|ます|[のなるたいく]|だめ|無理)か|かな|かしら|の|は|も|って|なら|れば|たら|とき|時|場合|けど|っけ|だめ|駄目|無理|"
    r"大丈夫|平気|(?:[えけげせてねべめれ]ば|たら)(?:いい|よい|ok)|よね|ですが|ますが|ので|のに|ません|ない|れる|える|いる|ある|できる|だろ|だろう|でしょ|でしょう)[ね?。…〜ー!]*$"
)
# 「うちの会社でも頼める？」「ペイペイも？」: one case more of what was just said.
_ONE_CASE_MORE = re.compile(
    r"^.{1,12}?(?:でも|にも|へも|なしで|だったら|でしたら|の場合|だと)|"
    r"^.{1,12}?ことも(?:でき|出来|可能)|^.{1,12}?ても(?:いい|よい|大丈夫|平気|ok|もらえ|でき|受けられ|だめ|駄目)|"
    r"(?:なく|ない)(?:て|で)も?(?:いい|よい|大丈夫|平気|ok|済む)|(?:ない|じゃない)と(?:だめ|駄目|いけ|無理)|なきゃ|"
    r"^[^に、]{1,10}に(?:頼|任せ|お願い|(?:やって|代わって|行って|出して|書いて)(?:も|くれ|いただ))"
)
_EVEN_WITH = re.compile(
    r"^.{1,12}?でも(?:いい|よい|ok|大丈夫|平気|使え|でき|行け|いけ|払え|見|受け|もらえ|取れ|とれ|借り|申し?込め|出せ|入れ|参加|乗れ|読め)"
)
# 「イヤホン借りれる？」「アプリ入れるの？」: what goes with the matter, lent or installed.
_LENDS = re.compile(
    r"^[^。、]{1,10}?(?:は|も|を|とか|って)?(?:借り(?:ら)?れ|貸して(?:くれ|もらえ)|入れる(?=の|ん|[?])|もらえ)(?:る|ます|ん)?(?:の|ん)?(?:です)?か?[?。]*$"
)
_US = re.compile(
    r"あなた|あんた|貴方|君|きみ|お前|おまえ|おたく|そちら|まどぐち|ボット|\bbot|\bai\b|ロボット|中の人|\byou"
)
_BECOMES = re.compile(r"どう(?:なる|なり|なん|すれば|したら|する)")
_ALSO = re.compile(
    r"^.{1,9}も(?:同じ|おなじ|一緒|いっしょ|そう|あり|ある|あります|可)?(?:です|なの)?か?[?。…]*$"
)
# 「マイナンバーカードなくてもできる？」「通帳もいる？」: a means, even where it is a matter of its own.
_AS_MEANS = re.compile(
    r"^.{1,14}?(?:が|を|は|も)?(?:(?:持って|もって)?い?なくて|無くて|なし|無し|ない)(?:で)?も?(?:いい|よい|でき|出来|大丈夫|平気|ok|使え|取れ|とれ|もらえ|申し?込め|受けられ)|"
    r"^.{1,14}?(?:が|は)?(?:ない|無い|持ってない)と(?:だめ|駄目|無理|いけない|でき)|"
    r"^.{1,14}?も(?:一緒に)?(?:いる|いります|要る|要ります|必要)(?:です|の|ん)*か?[?。]*$|"
    r"^.{1,8}?(?:を|は|が|も)?(?:撮って|とって|持って|もって|用意して|書いて)い?(?:ない|ません)(?:です|の|ん)*(?:か|が|けど|だけど)?[?。]*$|"
    r"^.{1,14}?(?:を|は|が)?(?:忘れ|わすれ)(?:たら|ても|ると)(?:は|も)?(?:だめ|駄目|無理|いけ|でき|出来|いい|よい|大丈夫|平気|ok|取れ|とれ|もらえ|入れ|使え)"
)
_POINTS_EARNED = re.compile(
    r"ポイント(?:って|は|が|も)?(?:つ[くき]|付[くき]|たま[るり]|貯ま[るり]|還元)|^ポイント(?:って|は|も)?[?]*$"
)
# 「さっきの話だけど、」「最初の質問に戻るけど」: to what was said before, which is remembered anyway.
_BACK_TO = re.compile(
    r"^(?:(?:で|じゃあ?|あと|ごめん|すみません)[、,\s]*)?(?:(?:さっき|最初|先ほど|前)の(?:話|質問|件|続き|こと|やつ)?|話(?:は|を)?)"
    r"(?:(?:に|が|は)?(?:戻(?:る|り|って|し|す)(?:ます)?)?(?:と|の|ん)?(?:です|だ|なんです|なんだ)?(?:けど|けれど|が|ね)?)[、,]\s*(?=\S{2})"
)
# 「ありがとう、あと」 before another question.
_THANKED = re.compile(
    r"^(?:(?:どうも)?ありがと(?:う)?(?:ございます|ございました)?|(?:分かり|わかり)ました|(?:分か|わか)った|了解(?:です|しました)?|なるほど|どうも|助かりました|(?:はい|うん|ok|オッケー))[。、!,\s〜ー]*"
    r"(?P<links>(?:それ)?じゃあ?|では|あと|それと|それから|ついでに|もう(?:一つ|ひとつ)|ちなみに|で)?(?:質問|聞きたい(?:の|こと)?)?(?:です|ですが|だけど|けど)?[、,。\s]*(?=\S{2})"
)
# 「もう工事しちゃった」「さっき警察には言いました」: what somebody has done in the matter.
_DONE = re.compile(
    r"^(?:もう|もはや|すでに|さっき|先に|昨日|きのう|先週|先月|この前|こないだ)(?!すぐ).{2,}?"
    r"(?:[たてで]?(?:ちゃ|じゃ)った|まし?た|[っいきしちりえけせてねべめれんわ][ただ]|(?:て|で)い?(?:る|ます))"
    r"(?:んです|んだ|の|です)?(?:けど|が|よ|ね|わ)?[。、…〜ー!]*$"
)
# 「母は今入院してる」, and who it is already settled for: 「もう葬儀は終わりました」.
_OF_A_PERSON = re.compile(
    r"^(?:うちの|私の)?(?:私|わたし|自分|本人|家族|母|父|親|夫|妻|主人|旦那|娘|息子|子ども|子供|孫|祖母|祖父|おばあちゃん|おじいちゃん)(?:は|が|も).{2,}?"
    r"(?:て|で)い?(?:る|ます|ない|ません)(?:んです|んだ|の|です)?[。、…〜ー!]*$|"
    r"^(?:うち|私|わたし|家族|母|父|親|夫|妻|主人|娘|息子|祖母|祖父)(?:は|も).{1,10}?(?:です|だよ|なの)(?:けど|が|よ|ね)?[。、…〜ー!]*$"
)
_SETTLED = re.compile(r"^(?:もう|すでに|先に)")
# 「それも同じ窓口？」「使えないってこと？」: of what was just said, or to make sure of it.
_REFERS = re.compile(
    r"^(?:じゃあ?|で|あと|え)?[、,\s]*(?:それ|そこ|そっち|そちら|その(?:とき|時|場合|日|窓口|紙|用紙|申請|手続き|書類))|"
    r"(?:って|という)(?:こと|意味|話)(?:です|だ|なの)?(?:か|よね|ね|の)*[?]*$"
)
# 「取り消したいときは」: what to do then, in the matter that was talked of.
_WHEN_WANTED = re.compile(r"たい(?:とき|時|場合)(?:は|には|って)?(?:どう.{0,8})?[?。…]*$")
# 「…しててもいい？」: asks leave for one case more, never for a thing of its own.
_LEAVE = re.compile(
    r"(?<!どう|いつ|どこ|だれ|なん|から)[てで]も(?:いい|よい|大丈夫|平気|ok|かまわない|構わない|かまいません)(?:です|の|ん)*(?:か|かな|よね)?[?。]*$"
)
# 「市役所の窓口のこと」: says which of what was talked of.
_EXPLAINS = re.compile(
    r"(?:.の(?:こと|話|つもり)|^[^ぁ-ん]{2,12}の)(?:です|だ|なんです|なんだ)*(?:けど|けれど|が|よ|ね)?[。、…]*$"
)
# 「本人が入院してるんですけど」: somebody's case, to which what was said may still hold.
_MY_CASE = re.compile(
    r"(?:[んの](?:だ|です)(?:が|けど|けれど|けども)|(?:てる|でる|ている|ない|だ|です|ます)(?:けど|けれど|けども|が))[。、…〜ー!]*$"
)
_OTHER_TOPIC = re.compile(
    r"^(?:.{1,12}[。、!\s])?(?:ところで|話(?:は|が)?(?:変わ|かわ)|話は(?:違|ちが)|(?:全然|ぜんぜん|まったく)?(?:別|違う|ちがう)(?:の)?(?:話|件|こと|質問)(?:だ|です|なんだ|なんです|に|を|して|聞いて)|別件)"
)
# The words that only say so, before what is asked: 「話は変わるけど、」.
_OPENS_TOPIC = re.compile(
    r"^(?:(?:あ|あの|えっと|すみません|ごめん)[、,\s]*)?(?:ところで|(?:話(?:は|が)?(?:変わ|かわ)(?:る|り)(?:ます)?|話は(?:違|ちが)(?:う|い)(?:ます)?|(?:全然|ぜんぜん|まったく)?(?:別|違う|ちがう)の?(?:話|件|こと|質問)|別件)"
    r"(?:なん|の|ん)?(?:です|だ)?(?:けど|けれど|が))[、,。\s]*(?=\S{3})"
)
_TELLING = re.compile(r"(?:ません|ない|れる|える|いる|ある|できる)[。…!]*$")
_SAYS_MORE = re.compile(r"[ぁ-ゖ?]")
_NO_QUESTION = re.compile(r"たい(?:です|の|な)?[。!]*$")
_NO_REST = 3  # characters: 「ありがとうね」 says nothing more
_TERSE, _BRIEF, _SHORT = 14, 20, 24  # characters of a follow-up


def goes_on(text: str) -> bool:
    """「なんで？」「ほかには？」「くわしく」: about the last answer, whatever it was."""
    return bool(_GO_ON.match(fold(text))) or wants_it_short(text)


def wants_it_short(text: str) -> bool:
    """「もっと短く」「要するに？」「長い」: the last answer in a sentence."""
    return bool(_SHORT_PLEASE.match(fold(text)))


def asks_on(text: str, said: Said) -> bool:
    """Whether a message asks something and leaves out of what: 「予約いりますか」「代理でもいい？」.

    A long one of several nouns (「市の年寄りはどれくらいスマホを持っている？」) says it all the same.
    """
    if said.subjects or (len(fold(text)) > _TERSE and len(said.things) > 1):
        return False
    return bool(said.aspects or facets_in(text) or loose_facet(text))


def by_what_means(text: str, said: Said) -> bool:
    """「印鑑いる？」「クレジットカードでもいい？」: a thing of its own, but only as a means."""
    folded = fold(text)
    alone = len(said.subjects) == 1 or "".join(said.written.values()) in folded  # カード+リーダー
    return bool(said.subjects) and alone and bool(_BY_MEANS.match(folded))


def is_short_question(text: str) -> bool:
    """Whether a message is brief and asks, in its form, for something: 「もう間に合わない？」."""
    folded = fold(text)
    return (
        len(folded) <= _SHORT and bool(_ASKING.search(folded)) and not _NO_QUESTION.search(folded)
    )


def asks_outright(text: str) -> bool:
    """Whether it asks by its mark or its particle: 「宅急便が来ない」 only tells something."""
    return is_short_question(text) and not _TELLING.search(fold(text))


def is_bare_noun(text: str) -> bool:
    """「ヘルパー」「電子申請」: words without anything that asks."""
    return not _SAYS_MORE.search(fold(text))


def one_case_more(text: str) -> bool:
    """「うちの会社でも頼める？」「ペイペイも？」: asks whether what was said holds here too."""
    folded = fold(text)
    found = _ALSO.search(folded) or _ONE_CASE_MORE.search(folded)
    return bool(found) and len(folded) <= _BRIEF and is_short_question(text)


def asks_also(text: str) -> bool:
    """「ペイペイも？」: nothing but one thing more."""
    return bool(_ALSO.search(fold(text)))


def even_with(text: str) -> bool:
    """「アンドロイドでも使える？」「借家でもいい？」: whether it holds with that thing, too."""
    return bool(_EVEN_WITH.search(fold(text)))


def lends(text: str) -> bool:
    """「イヤホン借りれる？」: whether something is lent, given or installed with the matter."""
    return bool(_LENDS.search(fold(text)))


def as_means(text: str) -> bool:
    """「マイナンバーカードなくてもできる？」「通帳もいる？」: whether the matter needs that thing."""
    folded = fold(text)
    return len(folded) <= _SHORT and bool(_AS_MEANS.search(folded))


def asks_for_points(text: str) -> bool:
    """「ポイントつく？」: of a way of paying, whatever points the city itself speaks of."""
    return bool(_POINTS_EARNED.search(fold(text)))


def without_way_back(text: str) -> str:
    """The message without 「さっきの話だけど、」「ありがとう、あと」 and the like before it."""
    thanked = _THANKED.match(text)
    left = text[thanked.end() :] if thanked else text
    if thanked and (len(left) <= _NO_REST or not (thanked["links"] or is_short_question(left))):
        left = text  # 「ありがとう、電話してみる」 asks nothing more
    return _BACK_TO.sub("", left, count=1)


def tells_a_case(text: str) -> bool:
    """「本人が入院してるんだけど」「もう出しました」: says how it stands and asks nothing outright."""
    folded = fold(text)
    if len(folded) > _BRIEF:
        return False
    return any(each.search(folded) for each in (_MY_CASE, _DONE, _OF_A_PERSON))


def is_settled(text: str) -> bool:
    """「もう葬儀は終わりました」: a case that needs nothing of its own any more."""
    return bool(_SETTLED.search(fold(text))) and tells_a_case(text)


def refers_back(text: str) -> bool:
    """「それも同じ窓口？」「使えないってこと？」: asks of what was just said, or makes sure of it."""
    return is_short_question(text) and bool(_REFERS.search(fold(text)))


def asks_when_wanted(text: str) -> bool:
    """「取り消したいときは」: what to do then."""
    return bool(_WHEN_WANTED.search(fold(text)))


def asks_leave(text: str) -> bool:
    """「画面が割れててもいい？」: whether what was said holds for somebody's own case."""
    folded = fold(text)
    return len(folded) <= _BRIEF and bool(_LEAVE.search(folded))


def explains(text: str) -> bool:
    """「市役所の窓口のこと」: says which of what was talked of is meant, and asks nothing."""
    folded = fold(text)
    return len(folded) <= _BRIEF and bool(_EXPLAINS.search(folded))


def changes_topic(text: str) -> bool:
    """「ところで」「話は変わるけど」: what comes is about nothing said before."""
    return bool(_OTHER_TOPIC.search(fold(text)))


def without_change_of_topic(text: str) -> str:
    """The message without 「ところで」「話は変わるけど、」 before what it asks."""
    return _OPENS_TOPIC.sub("", text, count=1)


def names_us(text: str) -> bool:
    """「あなたの名前は？」: about whoever answers, not about what was answered."""
    return bool(_US.search(fold(text)))


def asks_what_becomes(text: str) -> bool:
    """「児童手当はどうなります？」: of a thing in the matter that was talked of."""
    return bool(_BECOMES.search(fold(text)))


def links_back(text: str) -> bool:
    """「介護も？」「じゃあ窓口では？」「そっちじゃなくて転入の話」: a turn within the same matter."""
    folded = fold(text)
    return len(folded) <= _SHORT and bool(_LINKS_BACK.search(folded) or _BECOMES.search(folded))
