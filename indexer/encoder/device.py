"""Chooses where documents are embedded: on the processors or on a graphics card.

Questions are always embedded by the ONNX graph in the snapshot.
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
    """The model on a graphics card; None if the ONNX graph should run on the processors.

    Raises DeviceMissing if `device` is "cuda" and no graphics card can be used.
    """
    if device == "cpu":
        return None
    if _has_driver() and sees_graphics_card():
        return ReferenceEncoder(model.path, CUDA, model.dimensions, model.adapter)
    if device == "auto":
        return None
    raise DeviceMissing(
        "No graphics card can be used: it needs NVIDIA's driver and a torch that is built for "
        "CUDA; leave --device out, or make it cpu."
    )


def _has_driver() -> bool:
    """Whether NVIDIA's driver is installed; checked first, since importing torch takes seconds."""
    try:
        ctypes.CDLL(_DRIVER)
    except OSError:
        return False
    return True
