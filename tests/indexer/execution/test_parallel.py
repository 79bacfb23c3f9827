"""Work in several processes gives the same results as in one."""

import os
import subprocess
import sys
import time

import pytest

from indexer.execution.parallel import map_in_processes, run_in_process
from tests.conftest import REPOSITORY
from tests.torture.processes import is_running

ORPHANED = r"""
import os, time
from indexer.execution.parallel import map_in_processes

def work(part):
    os.write(1, f"{os.getpid()}\n".encode())  # whole, whoever else writes
    time.sleep(60)

list(map_in_processes(work, [1, 2], 2))
"""


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_come_in_the_order_of_the_parts(count: int, processes: int) -> None:
    assert list(map_in_processes(lambda part: part + 1, range(count), processes)) == [
        *range(1, count + 1)
    ]


def test_few_parts_are_taken_ahead() -> None:
    taken: list[int] = []
    results = map_in_processes(str, map(taken.append, range(1000)), 2)
    next(results)
    assert len(taken) < 20
    assert len(list(results)) == 999


def test_work_runs_in_other_processes_if_there_are_several_parts() -> None:
    assert os.getpid() not in map_in_processes(lambda _: os.getpid(), range(4), 2)
    assert list(map_in_processes(lambda _: os.getpid(), [1], 2)) == [os.getpid()]
    with run_in_process(os.getpid, 2) as result:
        assert result() != os.getpid()
    with run_in_process(os.getpid, 1) as result:
        assert result() == os.getpid()


def test_an_error_in_a_worker_is_raised_in_the_parent() -> None:
    def fail(*_: int) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        list(map_in_processes(fail, range(4), 2))
    with run_in_process(fail, 2) as result, pytest.raises(OSError, match="no space left"):
        result()


def test_workers_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANED], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    children = [int(parent.stdout.readline()) for _ in range(2)]
    assert all(map(is_running, children))
    parent.kill()
    parent.communicate()
    for _ in range(500):
        if not any(map(is_running, children)):
            return
        time.sleep(0.01)
    pytest.fail("a process goes on without its parent")
