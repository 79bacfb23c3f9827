"""Stores what is said in the episodes: passages of transcripts, with vectors, times and speakers.

The vectors have four bits a number, and the texts of a row are packed together: an hour of speech
has a hundred passages, and they are read only for the hits of a question.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.vectors.half_bytes import HalfByteVectors
from indexer.storage.array_file import ArrayWriter
from indexer.storage.memory_map import mapped
from indexer.storage.segments import Segments

_TENTHS = 10  # times are whole tenths of a second
_ROWS_KEPT = 64  # whose texts stay unpacked, about 60 KB each: some transcripts answer much

Texts = list[tuple[str, str | None]]


@dataclass(frozen=True)
class SaidFiles:
    codes: Path  # (passages, dimension / 2) uint8: two numbers of four bits each
    scales: Path  # (passages,) float32
    times: Path  # (passages, 2) uint32: start and end in tenths of a second
    starts: Path  # (rows + 1,) int64, of the passages of each row
    texts: Path  # packed JSON lists of the text and speaker of each passage, row after row
    offsets: Path  # (rows + 1,) int64, bytes of texts


class Said(NamedTuple):
    start_s: float
    end_s: float
    text: str
    speaker: str | None


class SaidWriter:
    """Writes what is said, row by row."""

    def __init__(self, files: SaidFiles) -> None:
        self._times = ArrayWriter(files.times, np.uint32, 2)
        self._starts = ArrayWriter(files.starts, np.int64)
        self._offsets = ArrayWriter(files.offsets, np.int64)
        self._texts = files.texts.open("wb")
        self._starts.append([0])
        self._offsets.append([0])

    def add(self, passages: Sequence[Said]) -> None:
        times = [(_TENTHS * each.start_s, _TENTHS * each.end_s) for each in passages]
        self._times.append(np.rint(np.array(times, np.float64).reshape(-1, 2)))
        self._starts.append([len(self._times)])
        if passages:
            packed = orjson.dumps([[each.text, each.speaker] for each in passages])
            self._texts.write(zlib.compress(packed, 9))
        self._offsets.append([self._texts.tell()])

    def close(self) -> None:
        for writer in (self._times, self._starts, self._offsets):
            writer.close()
        self._texts.close()


class SaidIndex:
    def __init__(self, files: SaidFiles, dimension: int) -> None:
        """`dimension` is that of the vectors."""
        self.vectors = HalfByteVectors(files.codes, files.scales, dimension)
        self.segments = Segments(np.load(files.starts))
        self._times: NDArray[Any] = mapped(files.times)
        packed = np.asarray(np.memmap(files.texts, np.uint8, "r"))
        self._texts_of = lru_cache(_ROWS_KEPT)(partial(_texts, packed, np.load(files.offsets)))

    def cosines(self, row: int, vector: Vectors) -> NDArray[np.float32]:
        """(passages of the row,): within .03 of the exact ones."""
        return self.vectors.cosines(self._of(row), vector)

    def passages(self, row: int) -> list[Said]:
        """What is said in an episode, in order; empty without a transcript."""
        texts = self._texts_of(row)
        return [
            Said(begins / _TENTHS, ends / _TENTHS, text, speaker)
            for (begins, ends), (text, speaker) in zip(
                self._times[self._of(row)].tolist(), texts, strict=True
            )
        ]

    def some(self, row: int, places: Sequence[int]) -> list[Said]:
        """The passages at these places in an episode."""
        texts, times = self._texts_of(row), self._times[self._of(row)]
        return [
            Said(begins / _TENTHS, ends / _TENTHS, *texts[place])
            for place, (begins, ends) in zip(places, times[places].tolist(), strict=True)
        ]

    def end_s(self, row: int) -> float:
        """When the last passage of an episode that has some ends."""
        return float(self._times[self.segments.starts[row + 1] - 1, 1]) / _TENTHS

    def _of(self, row: int) -> slice:
        return slice(*self.segments.starts[row : row + 2].tolist())


def _texts(packed: NDArray[np.uint8], offsets: NDArray[np.int64], row: int) -> Texts:
    """The text and the speaker of each passage of a row."""
    start, stop = offsets[row : row + 2].tolist()
    if start == stop:
        return []
    texts: Texts = orjson.loads(zlib.decompress(packed[start:stop].tobytes()))
    return texts
