"""Stores how far a training is, so that it goes on after a kill."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from indexer.storage.durable_write import sync_directory, write_synced

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Progress:
    """The weights and the optimizer's moments after a number of steps."""

    step: int
    seconds: float
    weights: Weights


class Checkpoint:
    """A file that is replaced by one rename, so it is whole after a kill at any moment."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def save(self, progress: Progress) -> None:
        told = {"step": progress.step, "seconds": progress.seconds}
        written = self._file.with_suffix(".new")
        write_synced(written, save(progress.weights, {"progress": json.dumps(told)}))
        written.replace(self._file)
        sync_directory(self._file.parent)

    def read(self) -> Progress | None:
        """None if there is none, or if it cannot be read: then training begins anew."""
        try:
            with safe_open(self._file, "np") as stored:
                told = json.loads((stored.metadata() or {})["progress"])
            weights = load_file(self._file)
        except (OSError, SafetensorError, KeyError, ValueError):
            return None
        return Progress(told["step"], told["seconds"], weights)

    def remove(self) -> None:
        self._file.unlink(missing_ok=True)
