"""Danger is recognised in any wording, and everyday questions raise no alarm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.loader import Loaded
from bot.core.emergency import Lookout
from bot.core.knowledge import Emergency

FIRE = Emergency(
    id="fire",
    title="火事",
    signs=("家|部屋|カーテン 燃え", "火事"),
    calm=("火事の保険", "火事にそなえ", "燃えるごみ"),
    answer="119",
    phones=(),
)
FALL = Emergency("fall", "急病", ("倒れ 母|父",), (), "119", ())

DANGERS = """
火事です
家が燃えている
隣の家から煙が出ています
アパートが燃えてる 助けて
かじです たすけて
カジダ！
救急車を呼んで
きゅうきゅうしゃ
母が倒れました
おじいちゃんが息をしていない
意識がないんです
胸が痛くて動けない
子どもがけいれんしている
血が止まらない
交通事故にあった
車にはねられた
一人暮らしの親が倒れて動かない
泥棒が入った
空き巣に入られた
知らない人に襲われました
刃物を持った人がいる
ひったくりにあった
ストーカーに追われている
殴られた
子どもが虐待されている
隣の子が叩かれているみたい
子どもを叩いてしまう
死にたい
もう消えてしまいたい
自殺したい
生きているのがつらい
リストカットしてしまう
夫に殴られています
DVを受けている
ＤＶ うけてる
パートナーの暴力から逃げたい
土砂崩れで家から出られない
洪水で動けません
津波が来る 逃げられない
地震で閉じ込められた
水が家に入ってきて避難できない
火事で罹災証明がほしい
""".split("\n")[1:-1]

EVERYDAY = """
火災保険の手続き
火事の保険の手続き
罹災証明書がほしい
救急車の適正利用について
救急医療情報キットとは
休日の救急病院を教えて
犯罪被害者の支援制度
防犯カメラの補助金
防犯登録の方法
虐待防止センターの場所
児童虐待防止の取り組みを知りたい
自殺対策計画について
自殺予防の講座はありますか
災害時の避難所はどこ
避難場所を教えて
防災マップがほしい
ハザードマップはどこで見られる
地震保険料の控除
津波避難ビルの一覧
交通事故の証明書
交通事故相談
消防署の見学
消防団に入りたい
火の用心のポスター
住宅用火災警報器の設置
AEDの場所
熱中症に注意
たばこの火の不始末を防ぐには
防火管理者の講習
詐欺に注意する講座
振り込め詐欺対策の電話機
死亡届の出し方
葬儀の手続き
暴力団排除条例
洪水ハザードマップ
水道が止まって動けない高齢者の支援
児童手当の申請
マイナンバーカードをなくした
燃えるごみの日
燃えないごみの出し方
ごみを燃やしてもいいですか
花火をしていい公園
救命講習を受けたい
避難訓練はいつ
倒れた木の連絡先
壊れた街灯の連絡
昔火事で焼けた城はどこ
火災のあとの片付けごみ
煙突のある工場の見学
焼却場の煙は体に悪いか
炎天下の対策
燃えるごみに出していい？
花火の音がうるさい
ガスの契約を止めたい
火葬場の予約
バーベキューで火を使える公園
ストーブの捨て方
火の見やぐらの写真
台所の火の元に気をつけるポスター
救急車の写真展
胸部レントゲンの検診
心臓ペースメーカーの人のスマホ利用
頭が痛い手続きばかりだ
骨密度の検査を受けたい
息子の予防接種
血液検査の結果はどこ
倒れそうな古い塀がある
母が先月倒れて入院中です。介護認定を頼みたい
熱中症警戒アラートの届け方
子どもの歯が痛い 休日診療は
出産予定日が近い。手当の手続きは
けがで休んだときの国保の手当
薬の飲み残しの捨て方
おなかが痛い手続き
手続きがわからなくて助けてほしい
店を出すお金を市が助けてくれますか
生活費を助けてほしい
機械を買うのを助けてほしい
大雨で床下まで水が来た。罹災証明がほしい
去年の台風で屋根がこわれた 証明書
浸水の履歴を地図で見たい
川の水位をスマホで見たい
津波の避難場所を知りたい
水が玄関先に流れてくる側溝を直して
二階建ての家の固定資産税
大雪で学校は休み？
洪水の保険に入りたい
避難所に犬を連れていける？
エレベーターのある施設
車いすで二階に上がれる？
仕事で身動きがとれないので代わりに娘が行く
予約がいっぱいで身動きできない
自殺対策の計画はどこ
生きがい講座
命の授業を学校でやってほしい
消えたデータを戻したい
終わりにしたい契約がある
契約を終わりにしたい
学校を終わりにしたい行事
死ぬほど暑い
死ぬまで住みたい町
死にそうに眠い
亡くなった父の年金
楽に申請できる方法
人生100年時代の講座
ロープを売っている店
線路沿いの草刈り
ベランダの避難ハッチ
首都圏への引っ越し
夫の扶養に入る手続き
夫が転勤で引っ越します
主人の介護認定
旦那の分も申請できますか
彼の住民票を取りたい
夫と別居中の児童手当
離婚したあとの手続き
夫が仕事で行けないので代わりに
妻が怒っています。窓口の待ち時間が長い
夫の暴れん坊な犬を登録したい
パートナーシップ制度はありますか
配偶者の所得証明
夫に内緒でへそくりをしたい
家庭内のWi-Fiが遅い
DV対策の予算
虐待防止の講演会
子どもを叩かない子育て講座
太鼓を叩きたい
子どもの泣き声がうるさいと言われた
保育園の騒音
隣の犬がずっと鳴いてる
子どもが外で遊べる場所
母に怒られた
先生に褒められた
児童相談所の住所
車に子どもを乗せるチャイルドシートの補助
赤ちゃんを預けたい
夜中に子どもが泣いて眠れない 相談できる？
おばあちゃんにスマホを教えたい
子どもがご飯を食べない 栄養相談
不審者情報をLINEで受け取りたい
ひったくりの多い場所
防犯カメラをつけたい
詐欺対策の電話機に補助金はある？
詐欺の手口を知りたい
盗まれた自転車の廃車
財布を落とした
ドラマの殺人事件
警察署の場所を教えて
包丁の処分
市役所の職員に声をかけられた
知らない番号から電話が来た市役所ですか
子どもの見守りメールがほしい
犯罪被害者の支援金
税金泥棒
脅かす鳥を追い払いたい
母が書類をなくした
息子が転校する
いなくなった飼い犬
猫が帰ってこない
迷子になりやすい庁舎
認知症の父が迷子にならないようにGPSを借りたい
担当者が見つからない
書類が見当たらない
友達が転入する
家を出た息子の住民票
山に登る登山届
子どもが家を出て一人暮らし
行方がわからない通知書
おばあちゃんが施設に入った
連絡がつかない業者
夫の転勤で住所が変わります
妻の居場所がわからない書類の書き方
彼が車に乗せてくれた
二階に上がる階段に手すりをつけたい
川の水質検査の結果
大雨の日にバスは動きますか
地震に備えて家具を固定する補助
雪でカーポートがつぶれた罹災証明
台風で倒れた木が道をふさいでいる
橋の工事で通れない道を知りたい
エレベーターが動かない市役所
ドアの鍵が開かない公衆トイレ
水が出ない
雪かきを手伝ってほしい
車がエンストした
お金がなくて困っています
もう疲れた手続きが多すぎる
子どもがスマホを離さない
先生に相談したい
子どもが夜遅くまでゲームをする
児童クラブの迎えが遅くなる
風呂の修理に補助は出る？
プールに沈んだメガネ
顔写真の撮り方
口座が凍結された
半分だけ払いたい
お酒の販売免許
アレルギーのある子の給食
停電の情報を知りたい
酸素ボンベの捨て方
コンビニで番号を言われた
メールでマイナポイントの案内が来た
ウイルス対策ソフトは必要？
パソコンの画面が固まった
友達の車に乗せてもらって市役所に行く
畑がイノシシに荒らされた
自転車がなくなった
夫が戻ってから手続きします
息子が帰ってきたら住民票を移す
おばあちゃんが道を教えてくれた
子どもの姿を写真で送る
妻に住所変更を教えないといけない
元夫から養育費をもらう方法
離婚したいので手続きを知りたい
別れた夫の戸籍
親のお金の管理を相談したい
母の通帳を代わりに記帳
父の年金の手続き
ロープを使った訓練
踏切の工事
屋上緑化の補助
睡眠の講座
遺言書の書き方
生まれてくる子の手当
手首が痛い 病院
生きるのに必要な支援制度
この世の終わりみたいな天気
知らない番号から電話
荷物が届かない
けんかの仲裁
血圧計を借りたい
煙の出ない線香
パチパチする電気
ガス料金の補助
顔認証のやり方
急に引っ越すことになった
水が来る日を教えて（断水）
二階にいます。書類はどこ
足が悪くて市役所に行けない
足が抜けるような靴
停電のときの充電場所
""".split("\n")[1:-1]


@pytest.fixture(scope="session")
def lookout(shipped: Loaded) -> Lookout:
    """The shipped signs, made ready once: making them takes far longer than looking."""
    return Lookout(shipped.draft.emergencies)


def found(text: str, *emergencies: Emergency) -> list[str]:
    return seen(text, Lookout(emergencies or (FIRE, FALL)))


def seen(text: str, lookout: Lookout) -> list[str]:
    return [each.id for each in lookout.find(text)]


@pytest.mark.parametrize(
    "text", ["火事です", "かじだ", "カ ジ", "カーテンが燃えています", "家、燃えた", "火 事", "ｶｼﾞ"]
)
def test_a_sign_is_found_in_any_spelling(text: str) -> None:
    kana = Emergency("fire", "火事", ("火事|かじ", *FIRE.signs), FIRE.calm, "119", ())
    assert found(text, kana) == ["fire"]


def test_every_group_of_a_sign_is_needed() -> None:
    assert found("父が倒れた") == ["fall"]
    assert found("木が倒れた") == []


def test_calm_words_are_taken_out_first() -> None:
    assert found("火事の保険に入りたい") == []
    assert found("燃えるごみを家の前に出す") == []


def test_danger_beside_calm_words_is_still_found() -> None:
    assert found("火事です。火事の保険は使えますか") == ["fire"]


def test_several_dangers_come_in_their_order() -> None:
    assert found("母が倒れた。火事だ") == ["fire", "fall"]


@pytest.mark.parametrize("words", ["", "　", "・", "|"])
def test_an_empty_sign_or_calm_word_changes_nothing(words: str) -> None:
    odd = Emergency("odd", "", (words, "火事"), (words,), "119", ())
    assert found("火事です", odd) == ["odd"]
    assert found("こんにちは", odd) == []


@given(st.text())
def test_any_text_is_looked_at_without_an_error(text: str) -> None:
    Lookout((FIRE, FALL)).find(text)


def test_nothing_said_is_no_danger() -> None:
    assert found("") == []


@pytest.mark.parametrize("text", DANGERS)
def test_shipped_signs_recognise_danger(lookout: Lookout, text: str) -> None:
    assert seen(text, lookout)


@pytest.mark.parametrize("text", EVERYDAY)
def test_shipped_signs_leave_everyday_questions_alone(lookout: Lookout, text: str) -> None:
    assert seen(text, lookout) == []


def test_no_calm_test_of_one_danger_raises_another(shipped: Loaded, lookout: Lookout) -> None:
    dangers = shipped.draft.emergencies
    tests = {text for danger in dangers for text in danger.calm_tests}
    assert {text: seen(text, lookout) for text in tests if seen(text, lookout)} == {}
    assert len(tests) > 50


def test_each_test_line_raises_its_own_danger(shipped: Loaded, lookout: Lookout) -> None:
    dangers = shipped.draft.emergencies
    missed = [(d.id, t) for d in dangers for t in d.tests if d.id not in seen(t, lookout)]
    assert missed == []


def test_no_shipped_question_is_taken_for_danger(shipped: Loaded, lookout: Lookout) -> None:
    """Only what is about danger itself may bring the card before its answer."""
    entries = shipped.draft.entries.values()
    asked = {q: e.id for e in entries for q in e.questions if seen(q, lookout)}
    assert {item: q for q, item in asked.items() if item not in ABOUT_DANGER} == {}


ABOUT_DANGER = {"common-cybercrime", "hachioji-dementia-gps", "hachioji-evac-route"}
