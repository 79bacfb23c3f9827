"""The reranker, with a tiny cross-encoder that has random weights."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification
from transformers.models.bert import BertTokenizer

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact
from indexer.encoder.artifact_cache import CachedArtifact
from indexer.encoder.model import resolve_model
from indexer.encoder.reranker import Reranker, RerankerRecord, prepare_reranker
from indexer.encoder.torch_models import ReferenceReranker
from indexer.errors import ExportRefused, ModelMismatch
from indexer.snapshot import Snapshot
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.conftest import BuildFake
from tests.fakes import WORDS
from tests.indexer.encoder.tiny_models import reranker_of_modules, single_reranker


def make_cross_encoder(directory: Path, scores: int = 1) -> Path:
    directory.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "a", "of", "and", "the", "on"]
    (directory / "vocab.txt").write_text("\n".join(words))
    BertTokenizer(vocab_file=str(directory / "vocab.txt")).save_pretrained(directory)
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        "bert",
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=scores,
        initializer_range=1.0,
    )
    AutoModelForSequenceClassification.from_config(config).save_pretrained(directory)
    return directory


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "cross-encoder")


@pytest.fixture(scope="module")
def kept(path: Path, tmp_path_factory: pytest.TempPathFactory) -> CachedArtifact[RerankerRecord]:
    return prepare_reranker(resolve_model(str(path)), tmp_path_factory.mktemp("cache"))


def test_the_graph_gives_the_scores_of_sentence_transformers(
    path: Path, kept: CachedArtifact[RerankerRecord]
) -> None:
    texts = ["Jazz on guitar and piano.", "A history of Rome. " * 30, "moon"]
    wanted = ReferenceReranker(path).relevance([("jazz guitar", text) for text in texts])

    given = Reranker(kept.directory, kept.record).relevance("jazz guitar", texts)

    assert given.tolist() == pytest.approx(wanted, abs=1e-3)
    assert max(wanted) - min(wanted) > 0.01


@pytest.mark.parametrize("make", [single_reranker, reranker_of_modules])
def test_a_modernbert_gives_the_scores_of_sentence_transformers(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = make(tmp_path)
    made = prepare_reranker(resolve_model(str(path)), tmp_path / "cache")
    texts = ["jazz guitar piano", "rome empire history " * 30, "moon"]
    wanted = ReferenceReranker(path).relevance([("jazz guitar", text) for text in texts])

    given = Reranker(made.directory, made.record).relevance("jazz guitar", texts)

    assert given.tolist() == pytest.approx(wanted, abs=1e-3)
    assert max(wanted) - min(wanted) > 0.01


def test_a_model_with_equal_files_is_not_exported_again_and_has_its_new_path(
    path: Path, tmp_path: Path, kept: CachedArtifact[RerankerRecord]
) -> None:
    elsewhere = shutil.copytree(path, tmp_path / "elsewhere")
    again = prepare_reranker(resolve_model(str(elsewhere)), kept.directory.parent)
    assert again.directory == kept.directory
    assert (kept.record.model, again.record.model) == (str(path), str(elsewhere))
    assert again.record.is_same(kept.record)


def test_the_rerankers_scores_change_the_order_of_hits(
    tmp_path: Path,
    root: Path,
    artifact: Artifact,
    build_fake: BuildFake,
    kept: CachedArtifact[RerankerRecord],
) -> None:
    build_fake()
    before = search(root)
    build([tmp_path / "corpus.jsonl"], root, artifact, BuildOptions(reranker=kept))
    after = search(root)

    assert set(after) == set(before)
    for episode, (score, reranker) in after.items():
        assert reranker is not None
        assert score == pytest.approx(before[episode][0] + reranker, abs=1e-5)
    assert [score for score, _ in after.values()] == sorted(
        (score for score, _ in after.values()), reverse=True
    )


def test_the_calibration_is_fitted_to_reranked_hits(
    tmp_path: Path,
    root: Path,
    artifact: Artifact,
    kept: CachedArtifact[RerankerRecord],
    fitted: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("indexer.ranking.calibration.fitting._MOST_RERANKED", 200)
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_bytes(b"\n".join(map(fitted.episodes.record, range(len(fitted.episodes)))))
    build([corpus], root, artifact, BuildOptions(reranker=kept))
    calibration = Snapshot.current(root).calibration
    assert calibration.fitted_on > 200
    assert calibration.relevance != fitted.calibration.relevance
    build([corpus], root, artifact, BuildOptions(reranker=None))
    assert Snapshot.current(root).calibration == fitted.calibration


def test_without_a_reranker_hits_have_no_reranker_score(root: Path, build_fake: BuildFake) -> None:
    build_fake()

    assert {reranker for _, reranker in search(root).values()} == {None}


def test_a_model_with_several_scores_is_refused(tmp_path: Path) -> None:
    model = resolve_model(str(make_cross_encoder(tmp_path / "three", scores=3)))

    with pytest.raises(ModelMismatch, match="3 scores"):
        prepare_reranker(model, tmp_path / "cache")


def test_a_graph_with_other_scores_is_refused(kept: CachedArtifact[RerankerRecord]) -> None:
    question, text, probability = kept.record.probes[0]
    wrong = kept.record.model_copy(update={"probes": ((question, text, 1 - probability + 0.1),)})

    with pytest.raises(ExportRefused, match="build it again"):
        Reranker(kept.directory, wrong)


def search(root: Path) -> dict[bytes, tuple[float, float | None]]:
    """The score and the reranker's score of every episode, best first."""
    retriever = Retriever(Snapshot.current(root), QuestionCache(0))
    (answer,) = retriever.search([Question("jazz guitar", 10)])
    return {hit.episode: (hit.score, hit.scores.get("reranker")) for hit in answer.hits}
