"""The wheel, installed outside of the repository: it has the command, the seeds and the page."""

import json
import re
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.benchmarks.install import ASKED, UV, Environment, build_sdist, build_wheel, outside
from tests.conftest import SEEDS

UNREACHABLE = re.compile("connection|timed out|name resolution|unreachable", re.IGNORECASE)


@contextmanager
def fetching() -> Iterator[None]:
    """Skips the test where packages cannot be fetched."""
    try:
        yield
    except subprocess.CalledProcessError as error:
        if UNREACHABLE.search(error.stderr):
            pytest.skip("packages cannot be fetched here")
        raise AssertionError(error.stderr) from error


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with fetching():  # what builds it
        return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def command(wheel: Path) -> Path:
    """`episode-search` in an environment with the wheel and the dependencies of this one."""
    environment = Environment(wheel.parent / "environment")
    (packages,) = environment.directory.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    environment.install("--no-deps", "--ignore-installed", str(wheel))
    return environment.command


@pytest.fixture(scope="module")
def light(wheel: Path) -> Environment:
    """An environment with the wheel and what it requires, as `pip install` makes it."""
    environment = Environment(wheel.parent / "light")
    with fetching():
        environment.install(str(wheel))
    return environment


def test_a_source_distribution_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with fetching():
        sdist, built = build_sdist(tmp_path)
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}

    assert {"service/web/index.html", "service/web/main.js", "LICENSE", "README.md"} <= packed
    assert {f"seeds/{seeds.name}" for seeds in SEEDS.glob("*.txt")} <= packed
    assert files_of(built) == files_of(wheel)
    assert {"service/web/index.html", "service/web/main.js"} <= files_of(wheel)


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {*archive.namelist()}


def test_uvx_runs_the_command(wheel: Path, tmp_path: Path) -> None:
    """With the packages of this environment, so that none is fetched."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        told = message_from_bytes(archive.read(metadata))
    names = {re.split(r"[^\w.-]", each)[0] for each in told.get_all("Requires-Dist", ())}
    names.remove(told["Name"])  # by an extra that has others
    without = tmp_path / "without.txt"
    without.write_text("".join(f"{name}; sys_platform == 'none'\n" for name in names))
    uvx = [*UV, "tool", "run", "--offline", "--cache-dir", str(tmp_path / "cache")]
    source = ["--python", sys.executable, "--overrides", str(without), "--from", str(wheel)]
    tools = {"UV_TOOL_DIR": str(tmp_path), "PYTHONPATH": sysconfig.get_path("purelib")}
    ran = subprocess.run(
        [*uvx, *source, "episode-search", "--version"],
        cwd=tmp_path,
        env=outside() | tools,
        capture_output=True,
        text=True,
    )

    assert (ran.returncode, ran.stdout) == (0, f"{told['Version']}\n"), ran.stderr


@contextmanager
def running(*arguments: str | Path, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        arguments, cwd=cwd, env=outside(), text=True, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def test_two_commands_give_an_index_and_an_answer(command: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("A baker explains sourdough and how to keep a starter.\n")
    for arguments in (["index", "mine.txt"], ["search", "sourdough"]):
        done = subprocess.run(
            [command, *arguments], cwd=tmp_path, env=outside(), capture_output=True, text=True
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
        assert "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text()


def test_the_service_alone_answers_without_what_builds(
    light: Environment, seed_root: Path, tmp_path: Path
) -> None:
    root = ("--snapshots", str(seed_root))
    asked = json.loads(light.run("search", ASKED, *root, "--json", cwd=tmp_path))

    assert asked["answered"]
    assert light.run("search", f"カフカ {ASKED}", *root, cwd=tmp_path)  # words without spaces
    assert light.run("podcasts", *root, "--json", cwd=tmp_path)
    assert not any(map(light.has, ("torch", "sklearn", "pyarrow", "icu4py")))
    assert light.megabytes() < 350


def test_what_needs_an_extra_names_it(light: Environment, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("A baker explains sourdough.\n")
    for arguments, extra in (
        (["index", "mine.txt"], "episode-search[indexer]"),
        (["serve"], "episode-search[indexer]"),
        (["evaluate", "--corpus", "mine.txt"], "episode-search[indexer]"),
        (["mcp"], "episode-search[mcp]"),
    ):
        with pytest.raises(subprocess.CalledProcessError) as failed:
            light.run(*arguments, cwd=tmp_path)
        assert failed.value.returncode == 5
        assert extra in failed.value.stderr
        assert "Traceback" not in failed.value.stderr
