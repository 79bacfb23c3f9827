"""Opens arrays as memory maps; processes that map one file share its pages."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mapped(file: Path) -> NDArray[Any]:
    """The array of an .npy file as a plain ndarray; slicing a numpy.memmap is many times slower."""
    return np.asarray(np.load(file, mmap_mode="r"))
