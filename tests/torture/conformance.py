"""Requests that schemathesis generates from the OpenAPI document, which the answers must match."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.benchmarks.servers import HOST, running
from tests.torture.editions import publish
from tests.torture.row import Ground, Row
from tests.torture.service import service

CASES = 5000
_EXAMPLES = 600  # for each of the eight operations that have parameters or a body
_EPISODES = 50
_SHORT_PHASES = "examples,fuzzing"
_PHASES = f"{_SHORT_PHASES},coverage,stateful"  # of coverage there are as many at every dose
# 413 and 431 too: an invalid request may also be too long.
_CONFIGURATION = """
[checks]
negative_data_rejection.expected-statuses = ["400", "403", "404", "405", "413", "415", "422", "431"]
"""


def run(ground: Ground, dose: float) -> Row:
    editions = publish(ground, _EPISODES)
    with running(service(editions.root)) as server:
        server.first_answer("/search?q=anything")
        examples = max(1, round(_EXAMPLES * dose))
        phases = _PHASES if dose >= 1 else _SHORT_PHASES
        report = _examine(server.port, ground.directory, examples, phases)
    cases, found = report["test_cases"]["generated"], _found(report)
    enough = cases >= CASES * dose
    return Row(
        test="schemathesis over the OpenAPI document, every check",
        wanted=f"{round(CASES * dose):,}+ cases, 0 server errors, 0 schema violations",
        measured=f"{cases:,} cases, {'; '.join(found) or '0 of either'}",
        held=enough and not found,
        figures={"cases": cases, "failures": len(found)},
    )


def _examine(port: int, directory: Path, examples: int, phases: str) -> Any:
    address, report = f"http://{HOST}:{port}", directory / "report.json"
    description = directory / "openapi.json"
    description.write_text(json.dumps(_with_known_ids(_described(address))))
    (directory / "schemathesis.toml").write_text(_CONFIGURATION)
    examined = (f"--phases={phases}", f"--max-examples={examples}")
    options = ("--checks=all", *examined, "--continue-on-failure", "--seed=1")
    reporting = ("--report=json", f"--report-json-path={report}", "--no-color")
    command = (sys.executable, "-m", "schemathesis.cli", "run", str(description))
    done = subprocess.run(
        [*command, f"--url={address}", *options, *reporting],
        cwd=directory,  # schemathesis writes its cache there
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    return json.loads(report.read_text())


def _described(address: str) -> Any:
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        return json.load(answer)


def _with_known_ids(description: Any) -> Any:
    """The OpenAPI document with an existing episode id as an example; no generated id exists."""
    for operations in description["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "episode_id":
                    parameter["example"] = "made-up-7"
    return description


def _found(report: Any) -> list[str]:
    failures = [
        f"{failure['title']} ({', '.join(failure['operations'])})" for failure in report["failures"]
    ]
    return failures + [str(error) for error in report["errors"]]
