"""Runs nginx before services of a test."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.attached import attached
from tests.test_server import free_port

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
_CONFIGURATION = """
daemon off; {user}
pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {upstreams}
  server {{
    listen 127.0.0.1:{port};
    {location}
  }}
}}
"""


@contextmanager
def nginx(
    folder: Path, location: str, upstreams: str = "", path: str = ""
) -> Iterator[httpx2.Client]:
    """A client of nginx, whose configuration has these blocks; it asks below `path`."""
    assert NGINX
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    told = {"folder": folder, "user": user, "port": port}
    blocks = {"location": location, "upstreams": upstreams}
    (folder / "nginx.conf").write_text(_CONFIGURATION.format(**told, **blocks))
    command = [NGINX, "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"]
    with (
        subprocess.Popen(attached(command)) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}{path}", trust_env=False) as client,
    ):
        try:
            _wait_for(client)
            yield client
        finally:
            process.terminate()


def _wait_for(client: httpx2.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            client.get("/healthz")
            return
        except httpx2.TransportError:
            time.sleep(0.02)
    raise AssertionError("nginx does not answer")
