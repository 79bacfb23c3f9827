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

from indexer.build import build
from indexer.encoder import Vectors
from indexer.encoder.onnx_encoder import OnnxEncoder
from tests.fakes import fake_artifact

_encode = OnnxEncoder.encode_documents


def main(corpus: str, root: str, event: str, part: str) -> None:
    def stall(happening: str, arguments: tuple[object, ...]) -> None:
        if happening == event and part in str(arguments):
            print("stalled", flush=True)
            time.sleep(60)

    def encode(encoder: OnnxEncoder, texts: Sequence[str]) -> Vectors:
        stall("encode", ())
        return _encode(encoder, texts)

    artifact = fake_artifact(Path(f"{root}-encoder-{os.getpid()}"))
    setattr(OnnxEncoder, "encode_documents", encode)  # noqa: B010 - a method, to mypy
    sys.addaudithook(stall)
    build([Path(corpus)], Path(root), artifact)


if __name__ == "__main__":
    main(*sys.argv[1:])
