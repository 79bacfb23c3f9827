"""A larger model for the documents and a smaller one for the questions, if they share a space."""

from pathlib import Path

import numpy as np
import pytest

from indexer.__main__ import main
from indexer.encoder.artifact import prepare
from indexer.encoder.model import resolve_model
from indexer.encoder.pair import EncoderPair
from indexer.encoder.parity_check import open_encoder
from indexer.errors import ModelMismatch
from indexer.snapshot import Snapshot
from tests.indexer.encoder.tiny_models import static, transformer

CORPUS = "Jazz on guitar and piano.\nA history of Rome and its empire.\n"


def near(folder: Path, noise: float) -> Path:
    """A static model whose vectors are those of `static` with noise, as of a distilled one."""
    from safetensors.numpy import load_file, save_file

    model = static(folder)
    ((name, table),) = load_file(model / "model.safetensors").items()
    moved = table + noise * np.random.default_rng(1).standard_normal(table.shape, np.float32)
    save_file({name: moved}, model / "model.safetensors")
    return model


def pair_of(documents: Path, questions: Path, dimensions: int | None = None) -> EncoderPair:
    models = [resolve_model(str(folder)) for folder in (documents, questions)]
    models[1] = models[1].truncated(dimensions) if dimensions else models[1]
    cache = documents.parent / "cache"
    return EncoderPair(models[0], *(prepare(model, cache, "fp32", threads=1) for model in models))


def test_models_of_one_space_are_a_pair(tmp_path: Path) -> None:
    pair = pair_of(static(tmp_path / "large"), near(tmp_path / "small", 0.3))
    pair.refuse_unrelated(threads=1)
    assert not pair.is_one


def test_models_of_other_spaces_are_refused(tmp_path: Path) -> None:
    unrelated = near(tmp_path / "unrelated", 300)
    pair = pair_of(static(tmp_path / "large"), unrelated)
    with pytest.raises(ModelMismatch, match=r"do not share a space: \d of 9 texts are nearest"):
        pair.refuse_unrelated(threads=1)


def test_models_of_other_dimensions_are_refused(tmp_path: Path) -> None:
    pair = pair_of(static(tmp_path / "large"), near(tmp_path / "small", 0.3), dimensions=16)
    with pytest.raises(ModelMismatch, match=r"gives 32 dimensions and .* 16; choose"):
        pair.refuse_unrelated(threads=1)


def test_a_build_takes_each_model_for_its_own_texts_and_a_reindex_keeps_both(
    tmp_path: Path,
) -> None:
    corpus, root = tmp_path / "corpus.txt", tmp_path / "snapshots"
    corpus.write_text(CORPUS)
    prompts = {"query": "query: ", "document": "passage: "}
    large = transformer(tmp_path / "large", kind="bert", pooling="mean", prompts=prompts)
    small = transformer(tmp_path / "small", kind="bert", pooling="mean", prompts={})
    models = ["--model", str(large), "--query-model", str(small), "--precision", "fp32"]
    assert main(["build", "--out", str(root), "--corpus", str(corpus), *models]) == 0
    corpus.write_text(f"{CORPUS}The garden: soil and seeds.\n")
    assert main(["reindex", "--out", str(root)]) == 0

    snapshot, pair = Snapshot.current(root), pair_of(large, small)
    manifest = snapshot.manifest
    assert manifest.document_encoder is not None
    assert manifest.document_encoder.is_same(pair.documents.record)
    assert manifest.encoder.is_same(pair.questions.record)
    assert len(snapshot.episodes) == 3
    documents = open_encoder(pair.documents.directory, pair.documents.record, threads=1)
    wanted = documents.encode_documents([snapshot.episodes.episode(0).summary])
    first = snapshot.indexes.passages.starts[:1]
    np.testing.assert_allclose(snapshot.indexes.dense.rows(first), wanted, atol=1e-3)
    assert len(list((root / "embeddings").glob("*.sqlite"))) == 1  # of the documents' model
