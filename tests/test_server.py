"""The real service process, over HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from indexer.build import build
from indexer.encoder.artifact import Artifact
from service.keys import new_key
from tests.attached import attached
from tests.conftest import EPISODES, REPOSITORY, BuildFake
from tests.torture.processes import snapshots_held

HEAVY = {"torch", "transformers", "sentence_transformers", "onnx", "sklearn", "scipy"}


class Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while not self._is_ready():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def stop(self) -> int:
        """Stop it by SIGTERM, as an operator does; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(
    snapshots: Path | str,
    log: Path,
    *options: str,
    python: tuple[str, ...] = (),
    prefix: tuple[str, ...] = (),
    port: int | None = None,
) -> Iterator[Server]:
    port = port or free_port()
    command = [*prefix, sys.executable, *python, "-m", "service", f"--port={port}", *options]
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            attached([*command, f"--snapshots={snapshots}"]), cwd=REPOSITORY, stderr=stderr
        ) as process,
    ):
        server = Server(process, port, log)
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.client.close()
            if process.poll() is None:
                server.stop()


@pytest.fixture(scope="module")
def server(seed_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(seed_root, log, python=("-X", "importtime")) as server:
        yield server


def test_a_question_is_answered_with_the_sentence_that_matches(
    server: Server,
) -> None:
    asked = {"q": "Who kept MySpace running before the cloud?"}
    answer = server.client.get("/search", params=asked).json()
    first = answer["hits"][0]
    assert answer["answered"]
    assert "MySpace" in first["episode"]["summary"]
    highlight = first["highlight"]
    shown = first["episode"]["summary"][highlight["start"] : highlight["end"]]
    assert "MySpace" in shown == highlight["text"]
    assert server.client.post("/search", json=asked).json()["hits"] == answer["hits"]


def test_the_service_imports_nothing_that_only_a_build_needs(server: Server) -> None:
    assert server.client.get("/search", params={"q": "stream governance"}).status_code == 200
    imported = {
        line.rsplit("|", 1)[1].strip().split(".")[0]
        for line in server.log.splitlines()
        if line.startswith("import time:")
    }
    assert {"fastapi", "onnxruntime", "service"} <= imported
    assert not HEAVY & imported
    assert "libtorch" not in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_answers_from_subscriptions_can_be_filtered_and_counted(
    tmp_path: Path, artifact: Artifact
) -> None:
    feed = """<rss version="2.0"><channel><title>{0}</title><language>{1}</language>
      <item><title>Jazz guitar</title><guid>{0}-1</guid><description>Jazz on a guitar.</description>
        <pubDate>Wed, 01 Jan 2025 08:00:00 GMT</pubDate></item>
      <item><title>Rome</title><guid>{0}-2</guid><description>History of Rome.</description>
        <pubDate>Thu, 01 Jan 2026 08:00:00 GMT</pubDate></item></channel></rss>"""
    (tmp_path / "one.xml").write_text(feed.format("Sounds", "en-GB"))
    (tmp_path / "two.xml").write_text(feed.format("Klänge", "de"))
    (tmp_path / "list.opml").write_text(
        '<opml><body><outline xmlUrl="one.xml"/><outline xmlUrl="two.xml"/></body></opml>'
    )
    build([tmp_path / "list.opml"], tmp_path / "snapshots", artifact)
    with serving(tmp_path / "snapshots", tmp_path / "log") as server:
        asked = {"q": "jazz guitar", "facets": "podcast,year,language"}
        answer = server.client.get("/search", params={**asked, "language": "en"}).json()
        later = server.client.get("/search", params={**asked, "published_after": "2025-06-01"})

    assert [hit["episode"]["title"] for hit in answer["hits"]] == ["Jazz guitar", "Rome"]
    assert answer["facets"] == {
        "podcast": [{"value": "Sounds", "count": 2, "id": "Sounds"}],
        "year": [{"value": "2025", "count": 1}, {"value": "2026", "count": 1}],
        "language": [{"value": "en", "count": 2}],
    }
    assert {hit["episode"]["podcast"]["title"] for hit in later.json()["hits"]} == {
        "Sounds",
        "Klänge",
    }
    assert {hit["episode"]["title"] for hit in later.json()["hits"]} == {"Rome"}


@pytest.mark.parametrize("workers", [1, 2])
def test_it_answers_until_sigterm_and_exits_with_0(
    seed_root: Path, tmp_path: Path, workers: int
) -> None:
    with serving(seed_root, tmp_path / "log", f"--workers={workers}") as server:
        for _ in range(8):
            (hit, *_) = server.client.get("/search?q=Aravind+Suresh").json()["hits"]
            assert "Aravind Suresh" in hit["episode"]["summary"]
        assert server.stop() == 0
    assert "Traceback" not in server.log


def children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return list(map(int, listed.split()))


def is_running(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_that_is_killed_is_replaced(seed_root: Path, tmp_path: Path) -> None:
    with serving(seed_root, tmp_path / "log", "--workers=2") as server:
        first = server.process.pid
        killed, other = children(first)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: len(children(first)) == 2 and killed not in children(first))

        assert other in children(first)
        for _ in range(8):
            server.client.close()
            server.client = httpx2.Client(base_url=server.client.base_url, trust_env=False)
            assert server.client.get("/search?q=kafka").status_code == 200


def by_a_request(server: Server, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    assert server.client.post("/admin/reload", headers=headers).status_code == 200


def by_a_signal(server: Server, _: str) -> None:
    server.process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("reload", [by_a_request, by_a_signal])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_reload_reaches_every_worker(
    root: Path,
    build_fake: BuildFake,
    tmp_path: Path,
    workers: int,
    reload: Callable[[Server, str], None],
) -> None:
    key, line = new_key("me", ["admin"])
    (tmp_path / "keys").write_text(line)
    build_fake()
    options = (f"--workers={workers}", "--refresh-interval=3600", f"--keys={tmp_path / 'keys'}")
    with serving(root, tmp_path / "log", *options) as server:
        published = build_fake(EPISODES[:2]).manifest.snapshot_id
        reload(server, key)

        answering = children(server.process.pid) or [server.process.pid]
        wait_until(lambda: all(snapshots_held(pid, root) == {published} for pid in answering))


def status_of(server: Server, key: str) -> set[int]:
    """Of a question with that key, over enough connections to reach every worker."""
    address = server.client.base_url.join("/search?q=jazz")
    headers = {"Authorization": f"Bearer {key}"}
    return {httpx2.get(address, headers=headers, trust_env=False).status_code for _ in range(16)}


@pytest.mark.parametrize("reload", [by_a_request, by_a_signal])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_key_is_revoked_and_another_added_in_every_worker(
    root: Path,
    build_fake: BuildFake,
    tmp_path: Path,
    workers: int,
    reload: Callable[[Server, str], None],
) -> None:
    build_fake()
    (old, of_old), (new, of_new) = new_key("old", ["read"]), new_key("new", ["read"])
    admin, of_admin = new_key("admin", ["admin"])
    keys = tmp_path / "keys"
    keys.write_text(f"{of_admin}\n{of_old}\n")
    with serving(root, tmp_path / "log", f"--workers={workers}", f"--keys={keys}") as server:
        assert (status_of(server, old), status_of(server, new)) == ({200}, {401})
        keys.write_text(f"{of_admin}\n{of_new}\n")
        reload(server, admin)
        wait_until(lambda: status_of(server, old) == {401} and status_of(server, new) == {200})

        keys.write_text("broken")
        reload(server, admin)
        wait_until(lambda: "the API keys stay as they were" in server.log)
        killed = children(server.process.pid)
        for worker in killed:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: len({*children(server.process.pid)} - {*killed}) == len(killed))
        assert (status_of(server, old), status_of(server, new)) == ({401}, {200})
    assert "Traceback" not in server.log


def test_rate_limits_are_counted_over_all_workers(
    root: Path, build_fake: BuildFake, tmp_path: Path
) -> None:
    build_fake()
    with serving(root, tmp_path / "log", "--workers=2", "--rate-limit=10/hour") as server:
        address = server.client.base_url.join("/search?q=jazz")
        statuses = [httpx2.get(address, trust_env=False).status_code for _ in range(40)]

    assert (statuses.count(200), statuses.count(429)) == (10, 30)


def test_workers_end_when_the_first_process_is_killed(seed_root: Path, tmp_path: Path) -> None:
    with serving(seed_root, tmp_path / "log", "--workers=2") as server:
        workers = children(server.process.pid)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(map(is_running, workers)))


def test_a_port_that_is_in_use_is_reported_in_a_sentence(seed_root: Path, tmp_path: Path) -> None:
    """Even if it is in use by a service whose workers share it by SO_REUSEPORT."""
    with serving(seed_root, tmp_path / "log", "--workers=2") as server:
        port = server.client.base_url.port
        run = subprocess.run(
            [sys.executable, "-m", "service", f"--port={port}", f"--snapshots={seed_root}"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 1
    (told,) = run.stderr.splitlines()
    assert told.startswith(f"Cannot listen on 127.0.0.1:{port}: Address already in use")


def test_workers_share_the_memory_of_the_snapshot(seed_root: Path, tmp_path: Path) -> None:
    """The encoder alone takes more than 20 MB, so a worker that loaded it would have more."""
    with serving(seed_root, tmp_path / "log", "--workers=2") as server:
        server.client.get("/search?q=kafka")
        own = [private_mib(worker) for worker in children(server.process.pid)]
    assert max(own) < 35


def private_mib(process: int) -> float:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(
        int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith("Private")
    )
