"""What runs in a namespace ends with who started it. Run as a module, this is the inside."""

import os
import shutil
import subprocess
import sys
from functools import partial

import pytest

from tests.conftest import REPOSITORY
from tests.indexer.index.engine.namespace import end_together
from tests.torture.processes import is_running
from tests.torture.service import until

_ISOLATED = """
import sys
from functools import partial
from tests.indexer.index.engine.namespace import isolated
with isolated("tests.indexer.index.engine.test_namespace") as inside:
    print(*inside.told, flush=True)
    sys.stdin.read()
"""
_ATTACHED = """
import subprocess, sys
from tests.attached import attached
print(subprocess.Popen(attached(["sleep", "600"])).pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not shutil.which("setpriv"), reason="there is no setpriv")
@pytest.mark.skipif(not shutil.which("unshare"), reason="there is no unshare")
@pytest.mark.parametrize(("starting", "processes"), [(_ISOLATED, 2), (_ATTACHED, 1)])
def test_programs_end_with_who_is_killed(starting: str, processes: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", starting],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        started = [int(each) for each in parent.stdout.readline().split()]
        parent.kill()
    assert len(started) == processes
    for each in started:
        assert until(partial(_has_ended, each))


def _has_ended(pid: int) -> bool:
    return not is_running(pid)


def _inside() -> None:
    end_together()
    with subprocess.Popen(["sleep", "600"]) as child:
        print(os.getpid(), child.pid, flush=True)


if __name__ == "__main__":
    _inside()
