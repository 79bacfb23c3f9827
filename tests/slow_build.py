"""Builds with the fake encoder and stalls at a chosen moment, so that a test can kill it there.

python -m tests.slow_build CORPUS SNAPSHOTS EVENT PART

EVENT is an audit event of Python ("open", "os.link", "os.rename"), or "encode". The build prints
"stalled" and waits at the first such event that has PART in its arguments.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from indexer.build import build
from indexer.encoder import Vectors
from indexer.encoder.onnx_encoder import OnnxEncoder
from tests.fakes import fake_artifact

_encode = OnnxEncoder.encode_documents


def main(corpus: str, root: str, event: str, part: str) -> None:
    artifact = fake_artifact(Path(f"{root}-encoder-{os.getpid()}"))
    stall_once(event, part)
    build([Path(corpus)], Path(root), artifact)


def stall_once(event: str, part: str) -> None:
    """At the first such moment from now on."""
    stalled = False

    def stall(happening: str, arguments: tuple[object, ...]) -> None:
        nonlocal stalled
        if not stalled and happening == event and part in str(arguments):
            stalled = True
            print("stalled", flush=True)
            time.sleep(60)

    def encode(encoder: OnnxEncoder, texts: Sequence[str]) -> Vectors:
        stall("encode", ())
        return _encode(encoder, texts)

    patch.object(OnnxEncoder, "encode_documents", encode).start()
    sys.addaudithook(stall)


if __name__ == "__main__":
    main(*sys.argv[1:])
