"""The retrievers of LangChain and LlamaIndex, in an environment of their own."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.benchmarks.install import Environment, build_wheel, outside
from tests.service.cli.test_wheel import UNREACHABLE
from tests.test_server import serving

STANDARD = Path(__file__).with_name("standard_retrievers.py")
WHAT_RUNS_THEM = ("langchain-tests>=1.1,<2", "pytest>=9,<10")


@pytest.mark.skipif(
    "FETCH_PACKAGES" not in os.environ,
    reason="installs a gigabyte of packages: FETCH_PACKAGES=1 make test",
)
def test_the_retrievers_pass_the_standard_tests(tmp_path: Path, seed_root: Path) -> None:
    environment = Environment(tmp_path / "environment")
    try:
        environment.install(f"{build_wheel(tmp_path)}[langchain,llama-index]", *WHAT_RUNS_THEM)
    except subprocess.CalledProcessError as error:
        if UNREACHABLE.search(error.stderr):
            pytest.skip("packages cannot be fetched here")
        raise AssertionError(error.stderr) from error
    (tmp_path / "standard").mkdir()
    tests = tmp_path / "standard" / "test_retrievers.py"
    tests.write_text(STANDARD.read_text())
    python = environment.directory / "bin" / "python"
    with serving(seed_root, tmp_path / "log", "--workers=1") as server:
        ran = subprocess.run(
            [python, "-m", "pytest", "-q", "-c", os.devnull, "-o", "asyncio_mode=auto", tests],
            env=outside() | {"TESTED_SERVICE": str(server.client.base_url)},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " failed" not in ran.stdout
