"""The wheel, installed outside of the repository: it has the command, the seeds and the page."""

import os
import shutil
import subprocess
import sys
import sysconfig
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`episode-search` in an environment with the wheel and the dependencies of this one."""
    directory = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    source = directory / "source"
    left_out = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(REPOSITORY, source, ignore=left_out)
    subprocess.run([*pip, "wheel", "--no-deps", "-w", directory, source], check=True)
    (wheel,) = directory.glob("*.whl")
    environment = directory / "environment"
    venv.create(environment)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = environment / "lib" / version / "site-packages"
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    python = environment / "bin" / "python"
    install = ["--python", str(python), "install", "--no-deps", "--ignore-installed", str(wheel)]
    subprocess.run([*pip, *install], check=True)
    return environment / "bin" / "episode-search"


@contextmanager
def running(*arguments: str | Path, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        arguments, cwd=cwd, env=_environment(), text=True, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def test_two_commands_give_an_index_and_an_answer(command: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("A baker explains sourdough and how to keep a starter.\n")
    for arguments in (["index", "mine.txt"], ["search", "sourdough"]):
        done = subprocess.run(
            [command, *arguments], cwd=tmp_path, env=_environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert "baker" in done.stdout


def test_serve_indexes_the_seeds_and_shows_the_page(command: Path, tmp_path: Path) -> None:
    with running(command, "serve", "--port", "0", "--workers", "1", cwd=tmp_path) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "listening on" in line:
                port = line.split("port ")[1].split()[0]
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert b"<!doctype html>" in page.read().lower()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/search?q=kafka&k=1") as answer:
            assert b'"rank":1' in answer.read().replace(b" ", b"")


def _environment() -> dict[str, str]:
    """This environment without the variables that make Python find the repository."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
