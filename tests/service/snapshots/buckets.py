"""A server of S3 in a process of its own, by moto; its packages lie in a folder of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.attached import attached
from tests.conftest import REPOSITORY
from tests.service.cli.test_wheel import UNREACHABLE
from tests.test_server import free_port

REQUIREMENTS = Path(__file__).with_name("s3_requirements.txt")
BUCKET = "podcasts"
_ENDLESS = 1 << 40
_CREDENTIAL = "someone/20260101/us-east-1/s3/aws4_request, SignedHeaders=host"


class Store:
    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self.process = process
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)

    def put(self, path: str, content: bytes) -> None:
        signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={_CREDENTIAL}, Signature=0"}
        answer = self.client.put(f"/{BUCKET}/{path}", content=content, headers=signed)
        answer.raise_for_status()

    @contextmanager
    def refusing_everyone(self) -> Iterator[None]:
        """Only keys of users that were made count, and there are none."""
        self._check_after(0)
        yield
        self._check_after(_ENDLESS)

    def _check_after(self, requests: int) -> None:
        answer = self.client.post("/moto-api/reset-auth", content=str(requests).encode())
        answer.raise_for_status()


def installed(folder: Path) -> Path:
    """The folder, with s3fs and moto in it."""
    uv = [sys.executable, "-m", "uv", "--no-config", "pip", "install", "--quiet", "--native-tls"]
    into = ["--target", str(folder), "--python", sys.executable, "--requirements"]
    ran = subprocess.run(
        [*uv, *into, str(REQUIREMENTS)], capture_output=True, text=True, check=False
    )
    if ran.returncode and UNREACHABLE.search(ran.stderr):
        pytest.skip("packages cannot be fetched here")
    assert ran.returncode == 0, ran.stderr
    return folder


def environment(packages: Path, port: int) -> dict[str, str]:
    """Variables of a process that uses the store at this port."""
    return {
        "PYTHONPATH": os.pathsep.join([str(packages), str(REPOSITORY)]),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }


@contextmanager
def bucket(packages: Path, log: Path, port: int | None = None) -> Iterator[Store]:
    """A store with one empty bucket."""
    port = port or free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            attached(command),
            env=os.environ | environment(packages, port),
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        store = Store(port, process)
        try:
            _make_bucket(store, log)
            yield store
        finally:
            store.client.close()
            process.terminate()


def _make_bucket(store: Store, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert store.process.poll() is None, log.read_text()
        try:
            store.client.put(f"/{BUCKET}").raise_for_status()
            return
        except httpx2.TransportError:
            time.sleep(0.02)
    raise AssertionError(log.read_text())
