"""A small knowledge base and the real tokeniser, for the matcher's tests."""

from bot.content.sudachi import SudachiTokenizer
from bot.core.lexicon import parse_lexicon
from bot.core.matching import Document, build_index

TOKENIZE = SudachiTokenizer()
LEXICON_TEXT = (
    "引っ越,引越\t=>\t転入届,転出届\nなくした,失くした\t==\t紛失,再交付\nナンバー\t=>\t廃車,標識\n"
)
LEXICON, _ = parse_lexicon(LEXICON_TEXT)
DOCUMENTS = (
    Document(
        "moving",
        "引っ越しの届け出",
        ("引っ越しました", "住所を変えたい", "市外から来ました", "How do I report moving?"),
        "転入届か転居届を出します。引っ越した日から14日以内です。",
        ("card-lost",),
    ),
    Document(
        "card-lost",
        "マイナンバーカードをなくしたとき",
        ("マイナンバーカードをなくした", "カードが見つからない"),
        "すぐに電話してカードを止めます。再交付を申し込みます。",
    ),
    Document(
        "child",
        "児童手当を申し込む",
        ("児童手当をもらいたい", "子どもが生まれた", "じどうてあて"),
        "児童手当は市に申し込みます。",
    ),
    Document(
        "care",
        "要介護認定の申請",
        ("親の介護を頼みたい", "介護保険の申し込み"),
        "介護保険の要介護認定を申請します。",
    ),
    Document("library", "図書館の本を借りる", ("本を借りたい",), "図書館の窓口で借ります。"),
    Document("greeting", "あいさつ", ("こんにちは", "おはよう"), "こんにちは。ご用件をどうぞ。"),
)
INDEX = build_index(DOCUMENTS, LEXICON, TOKENIZE)
