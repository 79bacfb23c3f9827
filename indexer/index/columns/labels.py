"""The labels of each row and the rows of each label, memory-mapped.

The code of a label is the position of its key in sorted order. So all fields share one vocabulary,
a field is a range of codes, and a label is found by bisection.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.index.columns.filters import label_key
from indexer.storage.memory_map import mapped
from indexer.storage.segments import Rows, Segments

Codes = NDArray[np.uint32]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class LabelFiles:
    names: Path  # UTF-8, in the order of their keys
    name_starts: Path  # (labels + 1,) int64
    codes: Path  # uint32, row after row
    code_starts: Path  # (rows + 1,) int64
    rows: Path  # uint32, label after label, ascending
    row_starts: Path  # (labels + 1,) int64


class LabelWriter:
    """Writes the labels of row after row; takes four bytes of memory for each, and a vocabulary."""

    def __init__(self) -> None:
        self._provisional: dict[str, int] = {}  # codes by key, in the order of first use
        self._names: list[bytes] = []  # in the spelling of their first use
        self._codes = array("I")
        self._starts = array("q", [0])

    def add(self, labels: Iterable[str]) -> None:
        self._codes.extend(dict.fromkeys(map(self._code, labels)))
        self._starts.append(len(self._codes))

    def write(self, files: LabelFiles) -> None:
        in_order = np.array([self._provisional[key] for key in sorted(self._provisional)], np.int64)
        final = np.empty(len(in_order), np.uint32)
        final[in_order] = np.arange(len(in_order))
        codes: Codes = final[np.frombuffer(self._codes, np.uint32)]
        starts = np.frombuffer(self._starts, np.int64)
        names = [self._names[code] for code in in_order]
        files.names.write_bytes(b"".join(names))
        np.save(files.name_starts, _starts(np.array([len(name) for name in names], np.int64)))
        np.save(files.codes, codes)
        np.save(files.code_starts, starts)
        np.save(files.rows, _rows_by_label(codes, starts))
        np.save(files.row_starts, _starts(np.bincount(codes, minlength=len(names))))

    def _code(self, label: str) -> int:
        key = label_key(label)
        code = self._provisional.setdefault(key, len(self._names))
        if code == len(self._names):
            self._names.append(label.encode("utf-8", "replace"))
        return code


class Labels:
    def __init__(self, files: LabelFiles) -> None:
        self._names = np.asarray(np.memmap(files.names, np.uint8, "r"))
        self._name_starts = mapped(files.name_starts)
        self._codes = mapped(files.codes)
        self._of_rows = Segments(mapped(files.code_starts))
        self._rows = mapped(files.rows)
        self._row_starts = mapped(files.row_starts)

    def __len__(self) -> int:
        return len(self._name_starts) - 1

    def name(self, code: int) -> str:
        """The label without its field."""
        _, _, name = self._label(code).partition(":")
        return name

    def rows(self, key: str) -> Rows:
        """The rows with the label of this key, in ascending order; empty if there are none."""
        code = self._place(key)
        if code == len(self) or label_key(self._label(code)) != key:
            return np.empty(0, np.int64)
        return self._rows[self._row_starts[code] : self._row_starts[code + 1]].astype(np.int64)

    def field(self, field: str) -> range:
        """The codes of the labels of a field."""
        return range(self._place(f"{field}:"), self._place(f"{field};"))  # ";" follows ":"

    def counts(self, rows: Rows | None) -> Counts:
        """(labels,): the number of `rows`, or of all for None, with each label."""
        if rows is None:
            return np.diff(self._row_starts)
        positions, _ = self._of_rows.gather(rows)
        return np.bincount(self._codes[positions], minlength=len(self))

    def first_of(self, rows: Rows, field: str, otherwise: int) -> NDArray[np.int64]:
        """(rows,): the code of each row's first label of a field; `otherwise` if it has none."""
        codes = self.field(field)
        positions, counts = self._of_rows.gather(rows)
        found = self._codes[positions].astype(np.int64)
        inside = (found >= codes.start) & (found < codes.stop)
        firsts = np.full(len(rows), otherwise, np.int64)
        owners = np.repeat(np.arange(len(rows)), counts)[inside]
        firsts[owners[::-1]] = found[inside][::-1]
        return firsts

    def least(self, field: str, values: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """For each label of a field, the least of the `values` of its rows; `values` is (rows,)."""
        codes = self.field(field)
        starts = self._row_starts[codes.start : codes.stop + 1]
        if not codes:
            return np.empty(0, np.uint32)
        rows = self._rows[starts[0] : starts[-1]]
        least: NDArray[np.uint32] = np.minimum.reduceat(values[rows], starts[:-1] - starts[0])
        return least

    def _label(self, code: int) -> str:
        start, stop = self._name_starts[code : code + 2].tolist()
        return self._names[start:stop].tobytes().decode()

    def _place(self, key: str) -> int:
        return bisect_left(range(len(self)), key, key=lambda code: label_key(self._label(code)))


def _rows_by_label(codes: Codes, starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Rows sorted by label: sorts both packed in uint64, which needs no stable sort."""
    packed = codes.astype(np.uint64) << np.uint64(32)
    packed |= np.repeat(np.arange(len(starts) - 1, dtype=np.uint32), np.diff(starts))
    packed.sort()
    return packed.astype(np.uint32)


def _starts(counts: Counts) -> Counts:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
