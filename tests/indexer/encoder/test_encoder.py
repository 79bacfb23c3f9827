import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tokenizers import Tokenizer

from indexer.encoder import Encoder, Vectors, torch_models
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.graph import unknown_texts
from indexer.encoder.model import Model, resolve_model
from indexer.encoder.onnx_encoder import GRAPHS, OnnxEncoder
from indexer.encoder.parity_check import LEAST_COSINE, open_encoder
from indexer.encoder.record import PROBE_TEXTS
from indexer.encoder.torch_models import ReferenceEncoder
from indexer.errors import ModelMismatch
from tests.fakes import DIMENSION, OTHER, WORDS, BagOfWords, fake_artifact

TEXTS = (*PROBE_TEXTS, "", "a", "Kafka: a stream of queues.\nAnd jazz! 🎷")


@pytest.fixture(autouse=True)
def user_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache directory of a user who has exported nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    return tmp_path / "user-cache" / "episode-search"


def cosines(some: Vectors, others: Vectors) -> Vectors:
    product: Vectors = np.einsum("ij,ij->i", some, others)
    return product


# The fake graph, whose vectors can be checked by hand


@pytest.fixture(scope="session")
def encoder(artifact: Artifact) -> Encoder:
    return open_encoder(artifact.directory, artifact.record, threads=1)


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("kafka", {"kafka": 1.0}),
        ("Kafka, Flink!", {"kafka": 0.5**0.5, "flink": 0.5**0.5}),
        ("rome rome rome history history history empire", {"rome": 3, "history": 3, "empire": 1}),
        ("unheard of", {None: 1.0}),
    ],
)
def test_a_vector_is_the_normalised_sum_of_its_words(
    encoder: Encoder, text: str, axes: dict[str | None, float]
) -> None:
    expected = np.zeros(DIMENSION)
    for word, value in axes.items():
        expected[OTHER if word is None else WORDS.index(word)] = value
    expected /= np.linalg.norm(expected)
    for encode in (encoder.encode_queries, encoder.encode_documents):
        np.testing.assert_allclose(encode([text]), [expected], atol=1e-6)


def test_a_batch_gives_the_vector_of_each_text_in_order(encoder: Encoder) -> None:
    words = np.random.default_rng(0).choice(WORDS, (300, 60))
    texts = [" ".join(row[: 1 + i % 60]) for i, row in enumerate(words)]
    alone = np.vstack([encoder.encode_documents([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode_documents(texts), alone, atol=1e-6)
    np.testing.assert_allclose(alone, BagOfWords().encode_documents(texts), atol=1e-6)


def test_a_long_text_is_truncated_to_the_models_token_limit(
    encoder: Encoder, artifact: Artifact
) -> None:
    kafka = "kafka " * artifact.record.max_tokens
    whole, cut = encoder.encode_queries([kafka, f"{kafka} jazz"])
    np.testing.assert_array_equal(whole, cut)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode_documents([]).shape == (0, DIMENSION)


def test_documents_and_queries_have_their_prompts(artifact: Artifact) -> None:
    prompts = {"query_prompt": "jazz ", "document_prompt": "rome "}
    record = artifact.record.model_copy(update=prompts)
    prompted = OnnxEncoder(artifact.directory, record, "fp32", threads=1)
    bare = BagOfWords().encode_queries(["jazz kafka", "rome kafka"])
    found = [*prompted.encode_queries(["kafka"]), *prompted.encode_documents(["kafka"])]
    np.testing.assert_allclose(found, bare, atol=1e-6)


# The parity check


@pytest.fixture
def quantised(tmp_path: Path) -> Artifact:
    """A fake with an int8 graph, which is as exact as the fp32 one."""
    artifact = fake_artifact(tmp_path / "quantised")
    shutil.copy(artifact.directory / GRAPHS["fp32"], artifact.directory / GRAPHS["int8"])
    return replace(artifact, record=artifact.record.model_copy(update={"precision": "int8"}))


def spoil(graph: Path) -> None:
    """Replace the vector of every word by that of another word."""
    model = onnx.load(graph)
    [table] = [tensor for tensor in model.graph.initializer if tensor.name == "table"]
    shifted = np.roll(numpy_helper.to_array(table), 1, axis=0)
    table.CopyFrom(numpy_helper.from_array(shifted, "table"))
    onnx.save(model, graph)


def test_the_quantised_graph_is_used_if_it_passes_the_parity_check(quantised: Artifact) -> None:
    assert open_encoder(quantised.directory, quantised.record, threads=1).precision == "int8"


def test_full_precision_is_used_and_logged_if_the_quantised_graph_fails_the_check(
    quantised: Artifact, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(quantised.directory / GRAPHS["int8"])
    encoder = open_encoder(quantised.directory, quantised.record, threads=1)
    assert encoder.precision == "fp32"
    assert "its int8 graph is not exact" in caplog.text
    np.testing.assert_allclose(
        encoder.encode_queries(["jazz"]), BagOfWords().encode_queries(["jazz"]), atol=1e-6
    )


def test_no_encoder_is_opened_if_every_graph_fails_the_check(quantised: Artifact) -> None:
    for graph in GRAPHS.values():
        spoil(quantised.directory / graph)
    with pytest.raises(ModelMismatch, match=str(quantised.directory)):
        open_encoder(quantised.directory, quantised.record, threads=1)


# The cache of exports


class FakeReference(BagOfWords):
    """A model that exports the fake graph and counts its exports."""

    exports = 0
    max_tokens = 64
    query_prompt = document_prompt = ""

    def __init__(
        self, path: Path, dimensions: int | None = None, adapter: Path | None = None
    ) -> None:
        assert dimensions is None
        assert adapter is None
        self._fake = path / "fake"

    def save_tokenizer(self, file: Path) -> None:
        shutil.copy(self._fake / "tokenizer.json", file)

    def export(self, file: Path) -> None:
        type(self).exports += 1
        shutil.copy(self._fake / GRAPHS["fp32"], file)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    fake_artifact(tmp_path / "fake")
    monkeypatch.setattr("indexer.encoder.artifact.ReferenceEncoder", FakeReference)
    monkeypatch.setattr(FakeReference, "exports", 0)
    return Model("fake", None, tmp_path, {"weights": "0" * 64})


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "encoders"


def test_a_model_is_exported_once(model: Model, cache: Path) -> None:
    first, second = (prepare(model, cache, "fp32", threads=1) for _ in range(2))
    assert first == second
    assert FakeReference.exports == 1


@pytest.mark.parametrize("damage", ["cut short", "missing", "altered"])
def test_a_damaged_export_is_made_again(
    model: Model, cache: Path, user_cache: Path, damage: str
) -> None:
    artifact = prepare(model, cache, "fp32", threads=1)
    shutil.rmtree(user_cache)
    graph = artifact.directory / GRAPHS["fp32"]
    content = graph.read_bytes()
    graph.unlink()
    if damage != "missing":
        graph.write_bytes(content[:-1] if damage == "cut short" else content[:-1] + b"?")
    assert prepare(model, cache, "fp32", threads=1) == artifact
    assert FakeReference.exports == 2
    assert graph.read_bytes() == content


def test_another_corpus_takes_the_export_of_the_users_cache(model: Model, cache: Path) -> None:
    first = prepare(model, cache, "fp32", threads=1)
    second = prepare(model, cache / "of-another-corpus", "fp32", threads=1)
    assert (second.record, FakeReference.exports) == (first.record, 1)
    assert (second.directory / GRAPHS["fp32"]).is_file()


def test_a_damaged_export_of_the_users_cache_is_not_taken(
    model: Model, cache: Path, user_cache: Path
) -> None:
    prepare(model, cache, "fp32", threads=1)
    (graph,) = user_cache.glob(f"*/*/{GRAPHS['fp32']}")
    graph.unlink()
    graph.write_bytes(b"another")
    prepare(model, cache / "of-another-corpus", "fp32", threads=1)
    assert FakeReference.exports == 2
    assert graph.read_bytes() != b"another"


def test_a_users_cache_that_cannot_be_written_is_done_without(
    model: Model, cache: Path, user_cache: Path
) -> None:
    user_cache.parent.mkdir(exist_ok=True)
    user_cache.write_text("no folder")
    prepare(model, cache, "fp32", threads=1)
    assert FakeReference.exports == 1


def test_files_of_a_killed_export_are_removed(model: Model, cache: Path) -> None:
    (cache / ".staging-killed").mkdir(parents=True)
    prepare(model, cache, "fp32", threads=1)
    assert list(cache.glob(".staging-*")) == []


def test_a_quantised_graph_that_fails_the_check_is_not_stored(
    model: Model, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wrongly(source: Path, target: Path, **_: object) -> None:
        shutil.copy(source, target)
        spoil(target)

    monkeypatch.setattr("onnxruntime.quantization.quantize_dynamic", wrongly)
    record = prepare(model, cache, "int8", threads=1).record
    assert (record.precision, GRAPHS["int8"] in record.files) == ("fp32", False)
    assert "full precision is used instead" in caplog.text


# The real model


@pytest.fixture(scope="module")
def reference() -> ReferenceEncoder:
    return ReferenceEncoder(resolve_model().path)


@pytest.fixture(scope="module", params=["fp32", "int8"])
def exported(request: pytest.FixtureRequest, real_artifact: Artifact) -> OnnxEncoder:
    return OnnxEncoder(real_artifact.directory, real_artifact.record, request.param, threads=2)


@pytest.fixture(scope="module")
def batched(exported: OnnxEncoder) -> Vectors:
    return exported.encode_queries(TEXTS)


def test_the_exported_graph_gives_the_models_own_vectors(
    exported: OnnxEncoder, batched: Vectors, reference: ReferenceEncoder
) -> None:
    own = reference.encode_queries(TEXTS)
    assert cosines(batched, own).min() >= LEAST_COSINE[exported.precision]


def test_a_batch_of_real_texts_gives_nearly_the_vector_of_each_text(
    exported: OnnxEncoder, batched: Vectors
) -> None:
    # Not exactly, because dynamic quantisation scales by the largest value in the batch.
    alone = np.vstack([exported.encode_queries([text]) for text in TEXTS])
    assert cosines(batched, alone).min() >= LEAST_COSINE[exported.precision]


def test_a_real_vector_has_length_one(batched: Vectors) -> None:
    np.testing.assert_allclose(np.linalg.norm(batched, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("way", ["encode_queries", "encode_documents"])
def test_a_text_without_a_known_word_has_a_vector_of_zeros(
    exported: OnnxEncoder, reference: ReferenceEncoder, way: str
) -> None:
    unknown = ["🦥🦦", "🦥, 🦦!", "ሰላም ለዓለም"]
    known = ["🦥 sloths", "!?", "sloths", "ሰላም 7", ""]
    for encoder in (exported, reference):
        vectors = getattr(encoder, way)([*unknown, *known])
        lengths = np.linalg.norm(vectors, axis=1)
        np.testing.assert_allclose(lengths, [0] * len(unknown) + [1] * len(known), atol=1e-3)


def test_the_reference_tokenizes_again_only_what_it_may_not_know(
    reference: ReferenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[str] = []

    def recorded(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
        again.extend(texts)
        return unknown_texts(tokenizer, texts)

    monkeypatch.setattr(torch_models, "unknown_texts", recorded)
    vectors = reference.encode_documents(["sloths", "🦥🦦", "🦥 sloths", "ሰላም", "Ça va?"])

    assert again == ["🦥🦦", "ሰላም"]
    assert vectors.any(axis=1).tolist() == [True, False, True, False, True]


def test_a_prompt_makes_no_text_known(real_artifact: Artifact) -> None:
    prompted = real_artifact.record.model_copy(update={"document_prompt": "passage: "})
    encoder = OnnxEncoder(real_artifact.directory, prompted, "int8", threads=1)
    assert not encoder.encode_documents(["🦥🦦"]).any()


def test_an_undamaged_export_is_reused(real_artifact: Artifact) -> None:
    graph = real_artifact.directory / GRAPHS["int8"]
    inode = graph.stat().st_ino
    cache = real_artifact.directory.parent
    assert prepare(resolve_model(), cache, "int8", threads=2) == real_artifact
    assert graph.stat().st_ino == inode


def test_a_model_that_cannot_be_exported_is_run_by_torch_with_its_prompts(
    tmp_path: Path,
    reference: ReferenceEncoder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("an operator is missing\nand a long story")

    monkeypatch.setattr(ReferenceEncoder, "export", refuse)
    folder = shutil.copytree(resolve_model().path, tmp_path / "prompted")
    prompts = {"prompts": {"query": "query: ", "document": "passage: "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    caplog.set_level(logging.WARNING, "indexer")

    prepared = prepare(resolve_model(str(folder)), tmp_path / "cache", "int8", threads=2)
    assert "cannot be exported (an operator is missing)" in caplog.text
    prepared.link_into(tmp_path / "snapshot" / "encoder")
    encoder = open_encoder(tmp_path / "snapshot" / "encoder", prepared.record, threads=2)
    assert "questions are embedded by torch" in caplog.text

    assert encoder.precision == prepared.record.precision == "torch"
    found = np.vstack([encoder.encode_queries(["jazz"]), encoder.encode_documents(["jazz"])])
    own = reference.encode_queries(["query: jazz", "passage: jazz"])
    assert cosines(found, own).min() >= LEAST_COSINE["torch"]
