"""Which words of a message name a subject of its own, and which only ask about one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.text import fold
from bot.core.tokens import Token, Tokenize, content_word

# Words with which one asks about something already named: time, people, money, ways, courtesy.
_ASPECTS = frozenset(
    (
        "申し込み 申込 申込み 申請 予約 キャンセル 取り消し 取消 変更 更新 延長 手続き 手続 届け 届け出 届出 提出 登録 "
        "記入 受付 受け付け 受け取り 受取 抽選 抽籤 返却 返品 参加 利用 使用 使い方 遣り方 やり方 仕方 方法 遣方 説明 確認 連絡 "
        "問い合わせ 相談 電話 電話番号 番号 メール 郵送 持参 代理 代わり 代行 本人 家族 親 子 子供 大人 年寄り 高齢 老人 夫 妻 "
        "旦那 主人 嫁 父 母 両親 祖父 祖母 息子 娘 孫 兄弟 友達 友人 知り合い 他人 外国 学生 市民 市外 市内 人 男性 女性 "
        "個人 団体 誰 皆 みんな 自分 何方 料金 料 代金 費用 値段 金額 金 御金 お金 無料 有料 只 手数 割引 割り引き 返金 "
        "レンタル 場所 会場 窓口 受け付 課 係 部署 担当 担当者 近く 近所 時間 日時 日程 日 月 年 週 曜日 期間 期限 締切 締め切り "
        "締切り 最後 最初 途中 終わり 始まり 開始 終了 開催 中止 休み 休日 平日 祝日 土日 予定 待ち時間 条件 資格 対象 対象者 "
        "年齢 歳 制限 上限 定員 人数 回数 回 数 空き 満員 持ち物 書類 必要 印鑑 判子 写真 身分証 身分 証 用紙 紙 準備 用意 "
        "道具 物 駐車 車場 場 交通 本当 本気 冗談 嘘 別 駄目 義務 強制 任意 理由 訳 意味 内容 中身 種類 例 具体 詳細 詳しい "
        "情報 資料 話 質問 答え 回答 違い 注意 点 部分 所 辺り 程度 くらい 全部 全て 半分 両方 片方 他 普通 一般 特別 簡単 大変 "
        "大丈夫 可能 オッケー ok 問題 心配 不安 便利 不便 結果 効果 メリット 良い所 後 前 次 先 上 下 中 間 方 為 分 件 風 気 "
        "手ぶら 予め 家 自宅 現地 当日 ネット オンライン web ウェブ インターネット アドレス url ホームページ サイト ページ "
        "パソコン スマートフォン スマホ タブレット 携帯 ガラケー 現金 クレジット カード払い 支払い 支払 ファックス fax "
        "何 そんな こんな あんな どんな 其れ程 此処 其処 彼処 何処 此方 其方 何れ 此れ 其れ あれ やつ 奴 もの こと それ これ 初めて 一緒 追加 複数 再 再度 急ぎ 空い "
        "有効 有効期限 無し 有り どっち 違う 結局 役所 市 市役所 貸し出し 貸出 レンタ 再交付 再発行 交付 発行 先着 申し 込み "
        "婆 爺 お婆 お爺 祖父母 姉 妹 兄 弟 彼氏 彼女 恋人 親戚 親族 身内 代理人 業者 職員 ケアマネ ケアマネジャー ケアマネージャー ヘルパー 先生 母親 父親 外人 外国人 未成年 主婦 "
        "会社員 付き添い 付添い 同伴 同伴者 委任 委任状 同意 署名 サイン 代筆 手書き 控え 写し コピー 原本 領収 領収書 レシート パスワード "
        "暗証 暗証番号 ログイン 振込 振り込み 振込み 入金 引き落とし 分割 後払い 前払い 一括 罰 罰金 延滞 上乗せ 夜 夜中 夜間 深夜 父さん 母さん お父さん お母さん 御父さん 御母さん パパ ママ "
        "朝 早朝 昼 昼間 昼休み 夕方 年末 年始 年末年始 正月 盆 連休 土曜 日曜 土曜日 日曜日 平気 余裕 事前 飛び込み 立ち会い 立会い "
        "名前 氏名 匿名 往復 片道 順番 整理 様式 書式 書き方 見本 記入例 期日 日数 所要 全員 最新 現在 元 元の よう 様 許可 承諾 了承 同居 別居 今後 将来 実際 直接 過去 以前"
    ).split()
)
# Verbs and adjectives of the same kind. Any other (引っ越す, 生まれる) is a subject.
_PREDICATES = frozenset(
    (
        "使う 使える 払う 支払う 行く 来る 始まる 始める 終わる 終える 出す 出る 要る 遣る 聞く 尋ねる 分かる 判る 解る 掛かる "
        "受ける 受け取る 受けつける 受け付ける 付ける 着ける 断る 届く 届ける 忘れる 過ぎる 間に合う 切れる 借りる 返す 変える 変わる "
        "替える 貰う 取る 撮る 見る 見せる 書く 送る 持つ 待つ 入る 入れる 申し込む 申込む 頼む 願う 辞める 止める やめる あく しまる つながる かかる きれる 済む 済ます 済ませる "
        "呉れる 上げる 下げる 違う 合う 会う 選ぶ 決まる 決める 押す 開く 開ける 閉まる 閉める 空く 混む 載る 載せる 乗る 調べる 探す "
        "教わる 習う 困る 出来る 付く 着く 足りる 増える 減る 貸す 戻る 戻す 直す 並ぶ 続く 続ける 遅れる 急ぐ 言う 話す 読む 知らせる "
        "帰る 通る 落ちる 外れる 当たる 抽選 無くす 失くす 亡くす 越える 経つ 居る 有る 成る 為る 置く 仕舞う 居らっしゃる 貰える なくす 消す 締める 締め切る 締切る 取り消す 取消す 問い合わせる 受け付ける 引き取る 書き直す 出し直す 取り寄せる 持ち込む 遣り直す 破る 付ける 押える "
        "高い 安い 早い 速い 遅い 多い 少ない 長い 短い 難しい 易しい 優しい 新しい 古い 詳しい 近い 遠い 良い 悪い 無い 欲しい 凄い "
        "申す 振る 呼ぶ 込める 見積もる 繋がる 繋げる 認める 許す 構う 失敗 諦める 揃える 揃う 添える 預ける 任せる 付き添う 立ち会う 振り込む 引き落とす 折り返す "
        "逃す 遅らせる 早める 延びる 延ばす 繰り返す 直る 進む 進める 掛ける 回る 寄る 行ける 送れる 面倒 面倒臭い 大きい 小さい 良く 宜しい 同じ 正しい 難い 易い"
    ).split()
)
# The potential form is a word of its own in the dictionary: 取れる beside 取る.
_CAN = str.maketrans("えけげせてねべめれ", "うくぐすつぬぶむる")
_PERSONS = frozenset(
    "婆 爺 家族 親 子 子供 大人 夫 妻 旦那 主人 嫁 父 母 両親 祖父 祖母 息子 娘 孫 兄弟 友達 本人 代理 代わり 人 "
    "父さん 母さん お父さん お母さん 御父さん 御母さん パパ ママ".split()
)
_NO_THINGS = frozenset({"形状詞可能", "副詞可能", "助数詞可能"})
_SUBJECT_POS = frozenset({"名詞", "動詞", "形容詞", "形状詞"})
# 「市役所は何時まで」 is about the city hall; 「市役所でできる？」 is about what was just answered.
_OF_THE_OFFICE = re.compile(r"(?:市役所|市庁|役所|庁舎)(?:って|は|の|が|[ 、]|へ行|に電話)")
_WRITTEN_FOR_ITSELF = re.compile(
    r"[a-z]|[ァ-ヶー]{2}"
)  # a name, whatever the dictionary takes it for


@dataclass(frozen=True)
class Said:
    """The words by which a message says itself what it is about, and those that only ask."""

    subjects: tuple[str, ...]
    aspects: tuple[str, ...]
    things: tuple[str, ...] = ()  # the nouns among the aspects that are no persons
    names: tuple[str, ...] = ()  # the nouns among the subjects
    written: Mapping[str, str] = field(default_factory=dict)  # a subject as the resident wrote it

    def strange_to(self, text: str) -> tuple[str, ...]:
        """The subjects that a folded text does not have, in either spelling."""
        return tuple(
            word for word in self.subjects if word not in text and self.written[word] not in text
        )


def what_is_said(text: str, tokenize: Tokenize) -> Said:
    """The meaningful words of a message, in the index's spelling.

    No subjects in 「もう始まってる？」「レンタル料は高い？」「代理でもいい？」.
    """
    folded = fold(text)
    written: dict[str, str] = {}
    aspects: list[str] = []
    things: list[str] = []
    names: list[str] = []
    for token in tokenize(folded):
        word = content_word(token)
        if word is not None and token.pos[0] != "感動詞":
            is_thing = token.pos[1] == "普通名詞" and token.pos[2] not in _NO_THINGS
            if _is_subject(token, word):
                written[word] = token.surface
                if token.pos[0] == "名詞" or not token.known:
                    names.append(word)
            else:
                aspects.append(word)
            if is_thing and word not in _PERSONS:
                things.append(word)
    if _OF_THE_OFFICE.search(folded):
        written["市役所"] = "市役所"
    return Said(tuple(written), _once(aspects), _once(things), _once(names), written)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _is_subject(token: Token, word: str) -> bool:
    if word in _ASPECTS or word in _PREDICATES or word.isdecimal():
        return False
    if word.endswith("る") and word[:-2] + word[-2:-1].translate(_CAN) in _PREDICATES:
        return False
    if _WRITTEN_FOR_ITSELF.search(word) or not token.known:
        return True
    if token.pos[0] not in _SUBJECT_POS or token.pos[1] in ("数詞", "非自立可能"):
        return False
    return token.pos[2] not in ("助数詞可能", "副詞可能")
