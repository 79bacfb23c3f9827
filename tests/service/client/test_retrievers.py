"""The retrievers of LangChain and LlamaIndex, with what they need in a folder of its own."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.benchmarks.install import UV, outside
from tests.conftest import REPOSITORY
from tests.service.cli.test_wheel import fetching
from tests.test_server import serving

STANDARD = Path(__file__).with_name("standard_retrievers.py")
WHAT_RUNS_THEM = ("langchain-tests>=1.1,<2", "pytest>=9,<10")


def test_the_retrievers_pass_the_standard_tests(tmp_path: Path, seed_root: Path) -> None:
    packages = installed(tmp_path / "packages")
    (tmp_path / "standard").mkdir()
    tests = tmp_path / "standard" / "test_retrievers.py"
    tests.write_text(STANDARD.read_text())
    path = os.pathsep.join([str(packages), str(REPOSITORY)])
    with serving(seed_root, tmp_path / "log", "--workers=1") as server:
        url = str(server.client.base_url)
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-c", os.devnull, "-o", "asyncio_mode=auto", tests],
            env=outside() | {"TESTED_SERVICE": url, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " passed" in ran.stdout
    assert " skipped" not in ran.stdout


def installed(folder: Path) -> Path:
    """The folder, with what both extras name; skips the test where it cannot be fetched."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    install = [*UV, "pip", "install", "--quiet", "--native-tls", "--python", sys.executable]
    needed = [*extras["langchain"], *extras["llama-index"], *WHAT_RUNS_THEM]
    with fetching():
        command = [*install, "--target", str(folder), *needed]
        subprocess.run(command, capture_output=True, text=True, check=True)
    return folder
