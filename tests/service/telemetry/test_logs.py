"""What the log is told of threads that end."""

from threading import Thread

import pytest

from service.telemetry.logs import failures_of_threads


def fail() -> None:
    raise ValueError("a failure nobody expected")


def test_a_thread_that_fails_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with failures_of_threads():
        thread = Thread(target=fail, name="watcher")
        thread.start()
        thread.join()

    (record,) = caplog.records
    assert "watcher" in record.message
    assert record.levelname == "ERROR"
    assert record.exc_info
    assert "a failure nobody expected" in str(record.exc_info[1])
