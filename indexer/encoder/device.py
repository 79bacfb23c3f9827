"""Chooses where documents are embedded: processors or a graphics card.

Questions are always embedded by the graph that the snapshot carries.
"""

import ctypes
from typing import Literal

from indexer.encoder.model import Model
from indexer.encoder.torch_models import ReferenceEncoder, sees_graphics_card
from indexer.errors import DeviceMissing

Device = Literal["auto", "cpu", "cuda"]

CUDA = "cuda"
_DRIVER = "libcuda.so.1"


def embedder_on(device: Device, model: Model) -> ReferenceEncoder | None:
    """sentence-transformers on a graphics card; None where the graph is to run on processors.

    Raises DeviceMissing where one is asked for and cannot be used.
    """
    if device == "cpu":
        return None
    if _has_driver() and sees_graphics_card():
        return ReferenceEncoder(model.path, CUDA)
    if device == "auto":
        return None
    raise DeviceMissing(
        "No graphics card can be used: it takes NVIDIA's driver and a torch that is built for "
        "CUDA; leave --device out, or make it cpu."
    )


def _has_driver() -> bool:
    """Asked first, since to ask torch takes seconds."""
    try:
        ctypes.CDLL(_DRIVER)
    except OSError:
        return False
    return True
