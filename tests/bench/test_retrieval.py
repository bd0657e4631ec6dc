"""The retrieval benchmark on a tiny set in the public format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.bench.metrics import memory_mib, ndcg, percentile, recall, reciprocal_rank, summary
from bot.bench.noise import NAMES, noisy
from bot.bench.retrieval import document_of, run
from tests.core.knowledge import TOKENIZE

CORPUS = {
    "1": "Question: 犬の登録はどこでできますか。\nAnswer: 保健所です。＜改＞。【関連するＦＡＱ】。狂犬病予防注射について。【お問い合わせ】。保健所。",
    "2": "Question: 図書館で本を借りるには。\nAnswer: 利用券が必要です。",
    "3": "Question: 国民健康保険証をなくした。\nAnswer: 再交付します。",
}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    queries = {"a": "犬を飼い始めました", "b": "本を借りたい", "c": "保険証の再発行"}
    judged = {"a": {"1": 2}, "b": {"2": 2}, "c": {"3": 1}}
    for name, data in (("corpus", CORPUS), ("queries", queries), ("qrels", judged)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data), "utf-8")
    return tmp_path


def test_the_time_of_each_part_is_within_the_whole(data_dir: Path) -> None:
    spent = run(data_dir, noise=False, baselines=[], parts=True)["parts_us"]
    assert spent["scores and features"] >= spent["  latent meaning"] > 0.0
    assert spent["  kana"] == 0.0  # none of the questions is in kana


def test_a_run_has_the_documented_shape(data_dir: Path) -> None:
    result = run(data_dir, noise=True, baselines=["rapidfuzz", "fts5", "tfidf", "bm25"])
    assert result["clean"]["hit@1"] == 1.0
    assert set(result["noise"]) == set(NAMES)
    assert set(result["peers"]) == {"rapidfuzz", "fts5", "tfidf", "bm25"}
    for figures in (result["clean"], *result["noise"].values(), *result["peers"].values()):
        assert {"recall@10", "precision@10", "ndcg@10", "mrr", "hit@1", "hit@3", "hit@10"} < set(
            figures
        )
        assert figures["p50_ms"] <= figures["p99_ms"]
    assert {"build_s", "load_s", "index_mib"} < set(result)


def test_an_entry_is_split_into_its_parts() -> None:
    document = document_of("1", CORPUS["1"])
    assert document.title == "犬の登録はどこでできますか。"
    assert document.related == ("狂犬病予防注射について",)
    assert document.contact == "。保健所。"
    assert "改" not in document.answer


def test_measures_are_those_of_the_published_table() -> None:
    relevant = {"x": 2, "y": 1}
    assert recall(["x", "z"], relevant) == 0.5
    assert ndcg(["x", "y"], relevant) == 1.0
    assert ndcg(["y", "x"], relevant) < 1.0
    assert reciprocal_rank(["z", "y"], relevant) == 0.5
    assert summary({"q": ["z"]}, {"q": relevant})["hit@10"] == 0.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([], 0.5) == 0.0
    assert memory_mib() >= 0.0


def test_noise_is_what_it_says_and_always_the_same() -> None:
    text = "マイナンバーカードの申請はどこですか"
    made = {name: noisy(name, [text], TOKENIZE)[0] for name in NAMES}
    assert made == {name: noisy(name, [text], TOKENIZE)[0] for name in NAMES}
    assert made["all_hiragana"] == "まいなんばーかーどのしんせいはどこですか"
    assert made["half_width"].startswith("ﾏｲﾅﾝﾊﾞｰｶｰﾄﾞ")
    assert made["no_particles"] == "マイナンバーカード申請どこです"
    assert made["nouns_only"] == "マイナンバー カード 申請"
    assert sum(a != b for a, b in zip(made["typo"], text, strict=True)) <= 1
    assert sum(a != b for a, b in zip(made["flick_typo"], text, strict=True)) == 1
    assert text in made["polite"]
