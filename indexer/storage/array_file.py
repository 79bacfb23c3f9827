"""Writes an array row by row; only the rows being written are in memory."""

from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import ArrayLike, DTypeLike


class ArrayWriter:
    """Writes an .npy file that grows along its first axis.

    The header is rewritten at the end; numpy reserves space in it for a larger number of rows.
    """

    def __init__(self, file: Path, dtype: DTypeLike, *row: int) -> None:
        """`row` is the shape of each row."""
        self._dtype, self._row = np.dtype(dtype), row
        self._rows = 0
        self._file = file.open("wb")
        self._write_header()

    def __len__(self) -> int:
        return self._rows

    def append(self, rows: ArrayLike) -> None:
        """Append rows of shape (n, *row), converted to the dtype of the file."""
        array = np.asarray(rows, self._dtype).reshape(-1, *self._row)
        self._file.write(np.ascontiguousarray(array).data)
        self._rows += len(array)

    def close(self) -> None:
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        shape = (self._rows, *self._row)
        descr = npy.dtype_to_descr(self._dtype)
        header = {"descr": descr, "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self._file, header)
