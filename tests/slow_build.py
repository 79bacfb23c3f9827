"""Build with the fake encoder and stall at one moment, for a test to kill it there.

python -m tests.slow_build CORPUS SNAPSHOTS EVENT PART

EVENT is an audit event of Python ("open", "os.link", "os.rename"), or "encode"; the moment is the
first of them that has PART in its arguments, and the word "stalled" is printed when it comes.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

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

    setattr(OnnxEncoder, "encode_documents", encode)  # noqa: B010 - a method, to mypy
    sys.addaudithook(stall)


if __name__ == "__main__":
    main(*sys.argv[1:])
