"""Where documents are embedded; a fake replaces the graphics card, which a machine may lack."""

from pathlib import Path

import numpy as np
import pytest

from indexer.build import BuildOptions, build
from indexer.encoder import device
from indexer.encoder.artifact import Artifact
from indexer.encoder.device import embedder_on
from indexer.encoder.model import resolve_model
from indexer.episode import fold
from indexer.errors import DeviceMissing
from indexer.snapshot import Snapshot
from tests.conftest import SEED_SUMMARIES


@pytest.fixture
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_DRIVER", "libno-such-driver.so")


@pytest.fixture
def feigned_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake graphics card: torch on the processors."""
    monkeypatch.setattr(device, "_has_driver", lambda: True)
    monkeypatch.setattr(device, "sees_graphics_card", lambda: True)
    monkeypatch.setattr(device, "CUDA", "cpu")


@pytest.mark.usefixtures("no_card")
def test_without_a_graphics_card_the_processors_embed_unless_cuda_is_requested() -> None:
    assert embedder_on("auto", resolve_model()) is None
    assert embedder_on("cpu", resolve_model()) is None
    with pytest.raises(DeviceMissing, match="leave --device out, or make it cpu"):
        embedder_on("cuda", resolve_model())


@pytest.mark.usefixtures("feigned_card")
def test_a_graphics_card_embeds_documents_with_the_model_and_questions_with_the_graph(
    root: Path, real_artifact: Artifact
) -> None:
    assert embedder_on("cpu", resolve_model()) is None
    card = embedder_on("auto", resolve_model())
    assert card
    outcome = build([SEED_SUMMARIES], root, real_artifact, BuildOptions(embedder=card))
    snapshot = Snapshot.current(root)
    own = card.encode_documents([fold(snapshot.episodes.episode(0).summary)])
    np.testing.assert_allclose(snapshot.indexes.dense.rows(np.array([0])), own, atol=1e-3)
    assert [snapshot.encoder.precision, outcome.manifest.embedded_in] == ["int8", "torch"]


@pytest.mark.usefixtures("feigned_card")
def test_another_device_embeds_all_texts_again(root: Path, real_artifact: Artifact) -> None:
    first = build(
        [SEED_SUMMARIES],
        root,
        real_artifact,
        BuildOptions(embedder=embedder_on("auto", resolve_model())),
    )
    again = build([SEED_SUMMARIES], root, real_artifact)
    assert again.embedded == first.embedded
    assert again.changes.unchanged == 8
