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
from unittest.mock import patch

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
    patch.object(OnnxEncoder, "encode_documents", encode).start()
    sys.addaudithook(stall)
    build([Path(corpus)], Path(root), artifact)


if __name__ == "__main__":
    main(*sys.argv[1:])
