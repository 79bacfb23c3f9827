from pathlib import Path

import pytest

from tests.indexer.encoder.tiny_models import transformer


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return transformer(tmp_path_factory.mktemp("tiny"), "bert", "mean", {})


@pytest.fixture(scope="session")
def cache_of_exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("user-cache")


@pytest.fixture(autouse=True)
def user_cache(cache_of_exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache directory of a user, so that each model is exported once for all tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_of_exports))
