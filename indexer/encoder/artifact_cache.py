"""Exported models, stored beside the snapshots and hard-linked into each of them.

An export takes most of the time of a small build, so each is also kept in the user's cache
directory, for the snapshots of other corpora. What is taken from there is checked first.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Generic, Self, TypeVar

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict

from indexer.encoder.model import Model
from indexer.storage.checksums import sha256_of

_RECORD = "record.json"
_STAGING = ".staging-"


class ModelRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    model: str
    revision: str | None
    fingerprint: str
    files: dict[str, str]  # SHA-256 by file name

    @property
    def public_model(self) -> str:
        """The model as anyone may see it: of a folder its name, and not its path."""
        path = Path(self.model)
        return path.name if path.is_absolute() else self.model

    def is_same(self, other: "ModelRecord") -> bool:
        """Whether both were made of the same files, wherever these came from."""
        return self.called("", None) == other.called("", None)

    def called(self, model: str, revision: str | None) -> Self:
        return self.model_copy(update={"model": model, "revision": revision})


R = TypeVar("R", bound=ModelRecord)


@dataclass(frozen=True)
class CachedArtifact(Generic[R]):
    directory: Path
    record: R

    def link_into(self, directory: Path) -> None:
        """Hard-link the files into a snapshot, so that they take no more space."""
        for file in self.record.files:
            target = directory / file
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(self.directory / file, target)

    def copy_into(self, directory: Path) -> R:
        self.link_into(directory)
        return self.record


def cached_artifact(
    cache: Path, model: Model, variant: str, kind: type[R], make: Callable[[Path], R]
) -> CachedArtifact[R]:
    """The artifact of `model` in `cache`; if it is missing or damaged, `make` writes it anew.

    `make` gets an empty directory and returns the record of what it wrote. The record names where
    `model` is, though the artifact may come from equal files elsewhere. A model that is adapted to
    one corpus is no use to others, and stays out of the user's cache.
    """
    name = f"{model.fingerprint}-{variant}"
    with _alone(cache):
        export = make if model.adapter else _from_user_cache(name, kind, make)
        found = _open(cache / name, kind) or _make(cache / name, export)
    return replace(found, record=found.record.called(model.name, model.revision))


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Lock the cache, waiting for other builds; remove what a killed build has left."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left_behind in cache.glob(f"{_STAGING}*"):
            shutil.rmtree(left_behind)
        yield


def _open(directory: Path, kind: type[R]) -> CachedArtifact[R] | None:
    """The stored artifact; None if a file is missing or altered, so that it is exported again."""
    try:
        record = kind.model_validate_json((directory / _RECORD).read_bytes())
        whole = all(sha256_of(directory / file) == sum_ for file, sum_ in record.files.items())
    except (OSError, ValueError):
        return None
    return CachedArtifact(directory, record) if whole else None


def _make(directory: Path, make: Callable[[Path], R]) -> CachedArtifact[R]:
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=directory.parent))
    try:
        record = make(staging)
        (staging / _RECORD).write_text(record.model_dump_json(indent=1))
        shutil.rmtree(directory, ignore_errors=True)
        staging.chmod(0o755)
        staging.rename(directory)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return CachedArtifact(directory, record)


def _from_user_cache(name: str, kind: type[R], make: Callable[[Path], R]) -> Callable[[Path], R]:
    """A `make` that links the artifact of the user's cache, or writes it there for the next time.

    A cache that cannot be written is done without.
    """

    def link_or_make(directory: Path) -> R:
        with suppress(OSError), _alone(_user_cache()):
            if cached := _open(_user_cache() / name, kind):
                cached.link_into(directory)
                return cached.record
        made = CachedArtifact(directory, make(directory))
        with suppress(OSError), _alone(_user_cache()):
            _make(_user_cache() / name, made.copy_into)
        return made.record

    return link_or_make


def _user_cache() -> Path:
    """Of this version alone, since another may export otherwise."""
    return user_cache_path("episode-search") / f"encoders-{version('episode-search')}"


def checksums(directory: Path) -> dict[str, str]:
    return {file.name: sha256_of(file) for file in sorted(directory.iterdir())}


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
