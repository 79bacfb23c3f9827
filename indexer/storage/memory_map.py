"""Opens arrays as memory maps; processes that map one file share its pages."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mapped(file: Path) -> NDArray[Any]:
    """A plain array over the same pages: numpy.memmap makes each slice many times slower."""
    return np.asarray(np.load(file, mmap_mode="r"))
