"""Watch with the fake encoder and stall at one moment, for a test to stop it there.

python -m tests.slow_watch SNAPSHOTS EVENT PART OPTIONS…

EVENT and PART are as for `tests.slow_build`; OPTIONS are those of `python -m indexer watch`.
"""

import os
import sys
from pathlib import Path
from unittest.mock import patch

from indexer.__main__ import main as run_indexer
from indexer.commands import publishing
from tests.fakes import fake_artifact
from tests.slow_build import stall_once


def main(root: str, event: str, part: str, *options: str) -> int:
    artifact = fake_artifact(Path(f"{root}-encoder-{os.getpid()}"))
    patch.object(publishing, "resolve_model", lambda *_: None).start()
    patch.object(publishing, "prepare", lambda *_: artifact).start()
    stall_once(event, part)
    return run_indexer(["watch", "--out", root, *options])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
