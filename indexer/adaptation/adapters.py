"""Stores adapters beside the snapshots, a folder for each training."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from safetensors.numpy import save

from indexer.adaptation.checkpoint import Checkpoint, Weights
from indexer.encoder.model import AdaptationRecord
from indexer.errors import AdaptationRefused
from indexer.storage.checksums import sha256_of
from indexer.storage.durable_write import write_synced

_WEIGHTS = "adapter.safetensors"
_RECORD = "record.json"
_CHECKPOINT = "checkpoint.safetensors"
_SKETCHED = 1024  # episodes of which it is stored that they were trained with


class Sketch(BaseModel):
    """The smallest id hashes of a corpus, by which the share of its new episodes is estimated."""

    model_config = ConfigDict(frozen=True)

    hashes: tuple[int, ...]  # ascending

    @classmethod
    def of(cls, id_hashes: NDArray[np.uint64]) -> "Sketch":
        return cls(hashes=tuple(np.sort(id_hashes)[:_SKETCHED].tolist()))

    def share_of_new(self, id_hashes: NDArray[np.uint64]) -> float:
        """The share of these episodes that are not in the corpus of this sketch."""
        whole = len(self.hashes) < _SKETCHED
        asked = id_hashes if whole else id_hashes[id_hashes <= np.uint64(self.hashes[-1])]
        known = np.isin(asked, np.array(self.hashes, np.uint64))
        return 1 - float(known.mean()) if len(asked) else 0.0


class Verdict(BaseModel):
    """What a training came to."""

    model_config = ConfigDict(frozen=True)

    adaptation: AdaptationRecord
    sketch: Sketch
    refused: str | None  # why the adapter is not used


class Adapters:
    """The folder of all adapters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def checkpoint(self, key: str) -> Checkpoint:
        (self._folder / key).mkdir(parents=True, exist_ok=True)
        return Checkpoint(self._folder / key / _CHECKPOINT)

    def write_weights(self, key: str, weights: Weights) -> Path:
        file = self._folder / key / _WEIGHTS
        _replace(file, save(weights))
        return file

    def write_verdict(self, key: str, verdict: Verdict) -> None:
        """From now on the training is done; its checkpoint is removed."""
        _replace(self._folder / key / _RECORD, verdict.model_dump_json(indent=1).encode())
        self.checkpoint(key).remove()

    def verdict(self, key: str) -> Verdict | None:
        """None if the training of this key is not done, or if a file is damaged."""
        with suppress(OSError, ValueError):
            read = Verdict.model_validate_json((self._folder / key / _RECORD).read_bytes())
            if read.refused or sha256_of(self.weights(key)) == read.adaptation.adapter:
                return read
        return None

    def weights(self, key: str) -> Path:
        return self._folder / key / _WEIGHTS

    def find(self, adapter: str, base: str) -> tuple[Path, Verdict]:
        """The weights with this SHA-256. Raises AdaptationRefused without any for this base."""
        for key in self._keys():
            found = self.verdict(key)
            if found and found.adaptation.adapter == adapter and not found.refused:
                if found.adaptation.base == base:
                    return self.weights(key), found
                raise AdaptationRefused(f"{self.weights(key)}: was made for another model")
        raise AdaptationRefused(f"{self._folder}: the adapter in force is no longer there")

    def unused(self, used: Collection[str]) -> list[str]:
        """The keys of all but the `used` adapters, by SHA-256, and the newest training."""
        keys = list(self._keys())
        newest = max(keys, key=lambda key: (self._folder / key).stat().st_mtime_ns, default=None)
        verdicts = {key: self.verdict(key) for key in keys if key != newest}
        return [key for key, v in verdicts.items() if not (v and v.adaptation.adapter in used)]

    def remove(self, key: str) -> None:
        shutil.rmtree(self._folder / key)

    def _keys(self) -> Iterator[str]:
        if self._folder.is_dir():
            yield from sorted(each.name for each in self._folder.iterdir() if each.is_dir())


def _replace(file: Path, content: bytes) -> None:
    written = file.with_suffix(".new")
    write_synced(written, content)
    written.replace(file)
