from pathlib import Path

import pytest

from tests.indexer.encoder.tiny_models import transformer


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return transformer(tmp_path_factory.mktemp("tiny"), "bert", "mean", {})
