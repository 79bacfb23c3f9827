"""Runs txtai's own API with the same model, in a separate virtual environment.

txtai is compared as it is shipped: none of this project's packages are on its path, and pip chooses
its dependencies, except that torch has the version installed here, so that both run the same.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.material import Material
from tests.benchmarks.servers import System, environment

NAME = "txtai"
_WANTED = "txtai[api]>=9,<10"
_TOLD = ("txtai", "torch", "transformers", "faiss-cpu", "fastapi", "uvicorn")
_VERSIONS = (
    "import importlib.metadata as m, json, sys;"
    "print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))"
)


@dataclass(frozen=True)
class Peer:
    system: System
    versions: dict[str, str]


def txtai(directory: Path, material: Material) -> Peer:
    """Install txtai and build its index, unless that was done before. Raises BenchmarkFailed."""
    python = _installed(directory)
    index = material.indexes / NAME
    if not (index / "config.json").exists() and not (index / "config").exists():
        script = Path(__file__).with_name("txtai_index.py").resolve()
        _run(python, "-P", str(script), str(material.corpus), str(material.model), str(index))
    config = index.with_suffix(".yml")
    settings = {"path": str(index), "embeddings": {"path": str(material.model), "content": True}}
    config.write_text(json.dumps(settings))  # JSON is YAML too
    told = json.loads(_run(python, "-c", _VERSIONS, *_TOLD))
    return Peer(_system(python, config), {f"{NAME}: {name}": told[name] for name in _TOLD})


def _system(python: Path, config: Path) -> System:
    arguments = ("txtai.api:app", "--host", "127.0.0.1", "--port", "{port}", "--no-access-log")
    return System(
        NAME,
        (str(python), "-m", "uvicorn", *arguments),
        "/search?query=",
        environment={"CONFIG": str(config), "PYTHONPATH": ""},
        directory=config.parent,
    )


def _installed(directory: Path) -> Path:
    python = directory / "bin" / "python"
    done = directory / ".installed"
    torch = f"torch=={version('torch').partition('+')[0]}"
    wanted = f"{torch} {_WANTED}\n"
    if not done.exists() or done.read_text() != wanted:
        print(f"installing {_WANTED} in {directory} …", file=sys.stderr)
        _run(Path(sys.executable), "-m", "venv", "--clear", str(directory))
        _run(python, "-m", "pip", "install", "--quiet", torch)
        _run(python, "-m", "pip", "install", "--quiet", torch, _WANTED)
        done.write_text(wanted)
    return python


def _run(python: Path, *arguments: str) -> str:
    done = subprocess.run(
        [python, *arguments],
        env=environment() | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkFailed(f"{python} {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout
