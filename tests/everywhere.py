"""Runs the test suite as on other machines: `python -m tests.everywhere [--drawn] [NAME …]`.

Each variant runs the suite once and prints a line. `--drawn` chooses, by the commit's hash, one of
the variants that need nothing installed, so that each is run over many commits. Arguments after
`--` are passed to pytest.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
NOBODY = 65534
# Not root: may read every file, since packages may be installed for root only, and write none.
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"),
)
_IN_PROCESSES = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "worksteal")
_BUSY = "while True: pass"
_CLOSING_LINE = re.compile(r"(\d+ (?:passed|failed|error|skipped|deselected)[^\n]*)")


@dataclass(frozen=True)
class Variant:
    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()  # a command that runs another command, such as taskset
    busy_processes: int = 0
    python: str | None = None  # a Python version, which gets its own environment

    def missing(self) -> str | None:
        """Why this machine cannot run the variant; None if it can."""
        if self.prefix and not shutil.which(self.prefix[0]):
            return f"{self.prefix[0]} is not installed"
        if self.prefix[:1] == AS_NOBODY[:1] and os.geteuid() != 0:
            return "only root can become another user"
        if self.python and not interpreter(self.python):
            return f"Python {self.python} is not installed"
        return None


VARIANTS = (
    Variant("as-it-is"),
    *(
        Variant(f"openblas-{kernel.lower()}", {"OPENBLAS_CORETYPE": kernel})
        for kernel in ("Haswell", "Zen", "SkylakeX")
    ),
    Variant("one-core", prefix=("taskset", "--cpu-list", "0")),
    Variant("busy", busy_processes=2),
    Variant("not-root", {"HOME": "/nonexistent"}, prefix=AS_NOBODY),
    Variant("python-3.12", python="3.12"),
    Variant("python-3.13", python="3.13"),
    Variant("no-chromium", {"CHROMIUM": "", "REQUIRE_CHROMIUM": ""}),
)
DRAWN = tuple(v for v in VARIANTS if not v.python and v.name not in ("as-it-is", "no-chromium"))


def drawn(commit: str) -> Variant:
    """One of DRAWN, chosen by the hexadecimal hash of a commit."""
    possible = [variant for variant in DRAWN if not variant.missing()]
    return possible[int(commit, 16) % len(possible)]


def interpreter(version: str) -> str | None:
    """The path of Python `version`: on PATH, or installed by pyenv, whose shims may not start."""
    installed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    candidates = [shutil.which(f"python{version}"), *map(str, reversed(installed))]
    return next((path for path in candidates if path and _starts(path)), None)


def _starts(python: str) -> bool:
    done = subprocess.run([python, "-c", ""], capture_output=True, check=False)
    return done.returncode == 0


def run(variant: Variant, arguments: Sequence[str]) -> bool:
    """Run the suite and print a line; False only if the suite failed."""
    if reason := variant.missing():
        print(f"{variant.name:18} not run: {reason}", flush=True)
        return True
    started = time.monotonic()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        python = _python(variant, directory)
        if variant.prefix == AS_NOBODY:
            os.chown(directory, NOBODY, NOBODY)
        stack.enter_context(_busy(variant.busy_processes))
        pytest = ["-m", "pytest", "-p", "no:cacheprovider", *_IN_PROCESSES]
        command = [*variant.prefix, python, *pytest, *arguments]
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=_environment(variant, directory),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    counts = _CLOSING_LINE.findall(done.stdout)
    outcome = counts[-1] if counts else f"exit {done.returncode}"
    print(f"{variant.name:18} {outcome} ({time.monotonic() - started:.0f} s)", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def _environment(variant: Variant, directory: Path) -> dict[str, str]:
    environment = {**os.environ, **variant.environment, "PYTHONDONTWRITEBYTECODE": "1"}
    return environment | {"TMPDIR": str(directory)}


def _python(variant: Variant, directory: Path) -> str:
    """The interpreter of the variant, with the project and its pinned dependencies installed."""
    version = variant.python and interpreter(variant.python)
    if not version:
        return sys.executable
    environment = directory / "environment"
    subprocess.run([version, "-m", "venv", environment], check=True)
    python = str(environment / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, os.environ.get("TORCH", "torch==2.13.0")], cwd=REPOSITORY, check=True)
    wanted = ["--constraint", "constraints.txt", "--editable", ".[indexer,dev]"]
    subprocess.run([*pip, *wanted], cwd=REPOSITORY, check=True)
    return python


@contextmanager
def _busy(processes: int) -> Iterator[None]:
    """Busy loops that compete with the suite for the processors."""
    loops = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(processes)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    split = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(prog="python -m tests.everywhere", description=__doc__)
    names = [variant.name for variant in VARIANTS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of {names}")
    parser.add_argument("--drawn", action="store_true", help="one, by the commit's hash")
    options = parser.parse_args(given[:split])
    if unknown := set(options.names) - set(names):
        parser.error(f"no variant is named {', '.join(sorted(unknown))}; choose from {names}")
    chosen = [v for v in VARIANTS if v.name in (options.names or names)]
    if options.drawn:
        head = ["git", "rev-parse", "HEAD"]
        commit = subprocess.run(head, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        chosen = [drawn(commit.stdout.strip())]
    passed = [run(variant, given[split + 1 :]) for variant in chosen]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
