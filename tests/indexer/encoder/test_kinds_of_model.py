"""Models of each kind are exported with their own pooling and prompts, and need no torch to run."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from indexer.__main__ import main
from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import prepare
from indexer.encoder.model import resolve_model
from indexer.encoder.parity_check import open_encoder
from indexer.errors import ModelMismatch
from indexer.snapshot import Snapshot
from tests.fakes import WORDS
from tests.indexer.encoder.tiny_models import DIMENSION, model2vec, static, transformer

PROMPTS = {"query": "query: ", "document": "passage: "}
TEXTS = ["jazz", "history of rome", " ".join(WORDS[:9]), "kafka " * 200, ""]
Make = Callable[[Path], Path]
Exports = Callable[[str], tuple[Path, Encoder]]

KINDS: dict[str, Make] = {
    "BERT, mean": partial(transformer, kind="bert", pooling="mean", prompts={}),
    "BERT, CLS": partial(transformer, kind="bert", pooling="cls", prompts={}),
    "BERT, max": partial(transformer, kind="bert", pooling="max", prompts={}),
    "BERT, prompts": partial(transformer, kind="bert", pooling="mean", prompts=PROMPTS),
    "ModernBERT, CLS": partial(transformer, kind="modernbert", pooling="cls", prompts={}),
    "ModernBERT, mean": partial(transformer, kind="modernbert", pooling="mean", prompts=PROMPTS),
    "StaticEmbedding": static,
    "model2vec": model2vec,
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The model of a kind and its encoder, exported once, since that takes seconds."""

    @cache
    def exported(kind: str) -> tuple[Path, Encoder]:
        folder = KINDS[kind](tmp_path_factory.mktemp("kind"))
        artifact = prepare(resolve_model(str(folder)), folder.parent / "cache", "fp32", threads=1)
        assert artifact.record.runtime == "onnx"
        return folder, open_encoder(artifact.directory, artifact.record, threads=1)

    return exported


def own(folder: Path, texts: list[str], prompt: str = "") -> Vectors:
    """What sentence-transformers gives, each text alone, so that padding plays no part."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    prompted = [prompt + text for text in texts]
    vectors = [model.encode([text], prompt="", normalize_embeddings=True)[0] for text in prompted]
    return np.array(vectors)


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_gives_the_models_own_vectors(kind: str, exports: Exports) -> None:
    folder, encoder = exports(kind)
    texts = TEXTS[:-1] if "2vec" in kind or "Static" in kind else TEXTS

    prompts = PROMPTS if "prompts" in kind or kind == "ModernBERT, mean" else {}
    for encode, name in (
        (encoder.encode_queries, "query"),
        (encoder.encode_documents, "document"),
    ):
        wanted = own(folder, texts, prompts.get(name, ""))
        assert wanted.shape == (len(texts), DIMENSION)
        np.testing.assert_allclose(encode(texts), wanted, atol=1e-4)


def test_poolings_differ_so_that_the_wrong_one_would_be_seen(exports: Exports) -> None:
    encoders = [exports(f"BERT, {pooling}")[1] for pooling in ("mean", "CLS", "max")]
    vectors = [encoder.encode_queries(TEXTS[:2]) for encoder in encoders]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.einsum("ij,ij->i", vectors[one], vectors[other]).max() < 0.99


@pytest.mark.parametrize("kind", ["StaticEmbedding", "model2vec"])
def test_a_static_model_is_the_mean_of_its_tokens_without_marks(
    kind: str, exports: Exports
) -> None:
    folder, encoder = exports(kind)
    jazz, rome, both, empty = encoder.encode_documents(["jazz", "rome", "jazz rome", ""])

    table = _lengths(folder)
    wanted = jazz * table["jazz"] + rome * table["rome"]
    np.testing.assert_allclose(both, wanted / np.linalg.norm(wanted), atol=1e-4)
    np.testing.assert_array_equal(empty, np.zeros(DIMENSION))


def _lengths(folder: Path) -> dict[str, float]:
    from safetensors.numpy import load_file

    from tests.indexer.encoder.tiny_models import VOCABULARY

    (weights,) = load_file(folder / "model.safetensors").values()
    return {word: float(np.linalg.norm(weights[row])) for word, row in VOCABULARY.items()}


@pytest.mark.parametrize("kind", ["BERT, CLS", "StaticEmbedding"])
def test_vectors_are_cut_to_their_first_dimensions_and_have_length_one(
    kind: str, tmp_path: Path
) -> None:
    model = resolve_model(str(KINDS[kind](tmp_path)))
    cut = prepare(model.truncated(16), tmp_path / "cache", "fp32", threads=1)
    encoder = open_encoder(cut.directory, cut.record, threads=1)

    whole = own(model.path, TEXTS[:-1])[:, :16]
    wanted = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode_documents(TEXTS[:-1]), wanted, atol=1e-4)
    assert (cut.record.dimension, cut.record.dimensions) == (16, 16)
    assert cut.record.fingerprint != model.fingerprint  # its vectors are kept apart


def test_more_dimensions_than_a_model_has_are_refused(tmp_path: Path) -> None:
    model = resolve_model(str(static(tmp_path))).truncated(DIMENSION + 1)
    with pytest.raises(ModelMismatch, match="has 32 dimensions and 33 are asked for"):
        prepare(model, tmp_path / "cache", "fp32", threads=1)


def test_a_reindex_keeps_the_dimensions(tmp_path: Path) -> None:
    corpus, root = tmp_path / "corpus.txt", tmp_path / "snapshots"
    corpus.write_text("Jazz on guitar and piano.\nA history of Rome and its empire.\n")
    folder = static(tmp_path)
    asked = ["--corpus", str(corpus), "--model", str(folder), "--dimensions", "16"]
    assert main(["build", "--out", str(root), *asked]) == 0
    corpus.write_text(f"{corpus.read_text()}The garden: soil and seeds.\n")
    assert main(["reindex", "--out", str(root)]) == 0

    snapshot = Snapshot.current(root)
    assert (len(snapshot.episodes), snapshot.manifest.encoder.dimension) == (3, 16)
