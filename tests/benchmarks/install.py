"""Measures an installation: python -m tests.benchmarks.install

Installs the wheel into fresh environments outside of the repository, as users do, and prints the
seconds and megabytes of each until its first answer: of the service alone, from a snapshot at hand,
and of the indexer, with the seed episodes indexed. The seconds hold the downloads, unless pip has
them in its cache.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks.servers import HOST, System, environment, running

REPOSITORY = Path(__file__).resolve().parents[2]
ASKED = "Who kept MySpace running?"
TORCH = "torch==2.13.0"
_MOST_SECONDS = 60
_MOST_MEGABYTES = 350
_LEFT_OUT = (".*", "build", "*.egg-info", "__pycache__", "tests")
UV = (sys.executable, "-m", "uv", "--no-config")
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")


@dataclass(frozen=True)
class Figures:
    """Seconds from an empty folder to an answer, of it the installation; megabytes installed."""

    seconds: float
    installing: float
    megabytes: float


class Environment:
    """A virtual environment with nothing but what pip installs into it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        venv.create(directory)
        self.command = directory / "bin" / "episode-search"

    def install(self, *requirements: str) -> None:
        """Raises CalledProcessError, with what pip said."""
        pip = (*_PIP, "--python", str(self.directory / "bin" / "python"), "install")
        _run([*pip, *requirements])

    def run(self, *arguments: str, cwd: Path) -> str:
        """What the command prints. Raises CalledProcessError if it fails."""
        return _run([str(self.command), *arguments], cwd)

    def megabytes(self) -> float:
        files = (file for file in self.directory.rglob("*") if not file.is_symlink())
        return sum(file.stat().st_size for file in files if file.is_file()) / 1e6

    def has(self, package: str) -> bool:
        return any(self.directory.glob(f"lib/python*/site-packages/{package}"))


def build_wheel(directory: Path) -> Path:
    """The wheel of this repository, built from a copy, so that nothing is left in it."""
    _run([*_PIP, "wheel", "--no-deps", "-w", str(directory), str(_copied(directory))])
    (wheel,) = directory.glob("*.whl")
    return wheel


def build_sdist(directory: Path) -> tuple[Path, Path]:
    """The source distribution of this repository, and the wheel that is built from it."""
    build = [*UV, "build", "--quiet", "--native-tls", "--out-dir", str(directory)]
    _run([*build, str(_copied(directory))])
    (sdist,), (wheel,) = directory.glob("*.tar.gz"), directory.glob("*.whl")
    return sdist, wheel


def _copied(directory: Path) -> Path:
    source = directory / "source"
    shutil.copytree(REPOSITORY, source, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    return source


def outside() -> dict[str, str]:
    """The environment variables without those that make Python find the repository."""
    return {name: value for name, value in environment().items() if name != "PYTHONPATH"}


def service_alone(wheel: Path, snapshots: Path, directory: Path) -> tuple[Environment, Figures]:
    """Install the wheel, and ask the snapshot."""
    started = time.monotonic()
    fresh = Environment(directory / "service")
    fresh.install(str(wheel))
    installing = time.monotonic() - started
    _ask(fresh, snapshots, directory)
    seconds = time.monotonic() - started
    return fresh, Figures(seconds, installing, fresh.megabytes())


def with_indexer(wheel: Path, torch: str, directory: Path) -> tuple[Environment, Figures]:
    """Install the wheel with its extra, index the seeds, and ask them."""
    started = time.monotonic()
    fresh = Environment(directory / "indexer")
    fresh.install(torch)
    fresh.install(f"{wheel}[indexer]")
    installing = time.monotonic() - started
    with _own_cache(directory):
        seeds = next(fresh.directory.glob("lib/python*/site-packages/seeds/*.txt"))
        fresh.run("index", str(seeds), "--snapshots", str(directory / "seeds"), cwd=directory)
        _ask(fresh, directory / "seeds", directory)
    seconds = time.monotonic() - started
    return fresh, Figures(seconds, installing, fresh.megabytes())


def serving(fresh: Environment, directory: Path, *options: str) -> float:
    """Seconds from `episode-search serve` to the first answer over HTTP, in an empty folder."""
    directory.mkdir()
    command = (str(fresh.command), "serve", *options, "--workers", "1", "--port", "{port}")
    cache = {"XDG_CACHE_HOME": str(directory / "cache")}
    system = System("episode-search serve", command, "/search?q=", cache, directory)
    with running(system) as server:
        return server.first_answer("/search?q=MySpace&k=1").seconds


def _run(command: Sequence[str], cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=outside(), capture_output=True, text=True, check=True
    )
    return done.stdout


@contextmanager
def _own_cache(directory: Path) -> Iterator[None]:
    """As for a new user: no encoder has been exported yet."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(directory / "user-cache")
    try:
        yield
    finally:
        del os.environ["XDG_CACHE_HOME"]
        if before is not None:
            os.environ["XDG_CACHE_HOME"] = before


def _ask(fresh: Environment, snapshots: Path, directory: Path) -> None:
    found = fresh.run("search", ASKED, "--snapshots", str(snapshots), "--json", cwd=directory)
    if not json.loads(found)["hits"]:
        raise SystemExit(f"error: {fresh.command} found nothing in {snapshots}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.install")
    parser.add_argument("--torch", default=TORCH, help=f"installed first (default {TORCH})")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            figures = _measure(Path(folder), options.torch)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"error: {error}\n{error.stderr}") from None
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _measure(directory: Path, torch: str) -> dict[str, object]:
    wheel = build_wheel(directory)
    print(f"wheel              {wheel.stat().st_size / 1e6:.2f} MB", flush=True)
    indexer, built = with_indexer(wheel, torch, directory)
    _tell("[indexer], seeds", built)
    corpus = directory / "mine.txt"
    corpus.write_text("Who kept MySpace running, and how.\nA baker explains sourdough.\n")
    seeds = serving(indexer, directory / "no-corpus")
    own = serving(indexer, directory / "corpus", "--corpus", str(corpus))
    print(f"serve, no corpus   {seeds:.1f} s until it answers over http://{HOST}, seeds indexed")
    print(f"serve --corpus     {own:.1f} s until it answers, the corpus indexed", flush=True)
    light, alone = service_alone(wheel, directory / "seeds", directory)
    _tell("service alone", alone)
    print(
        f"wanted             service alone under {_MOST_SECONDS} s and {_MOST_MEGABYTES} MB, "
        f"without torch: {_verdict(light, alone)}"
    )
    return {"service": asdict(alone), "indexer": asdict(built), "serve": seeds, "corpus": own}


def _tell(name: str, figures: Figures) -> None:
    print(
        f"{name:18} {figures.seconds:.1f} s to the first answer, {figures.installing:.1f} of them "
        f"installing; {figures.megabytes:,.0f} MB installed",
        flush=True,
    )


def _verdict(light: Environment, figures: Figures) -> str:
    met = (
        figures.seconds < _MOST_SECONDS
        and figures.megabytes < _MOST_MEGABYTES
        and not light.has("torch")
    )
    return "met" if met else "not met"


if __name__ == "__main__":
    main()
