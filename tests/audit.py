"""Checks the pinned dependencies for known vulnerabilities with pip-audit.

If its database cannot be reached, it says so and does not fail.

python -m tests.audit constraints.txt
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SECONDS = 10


def main() -> int:
    (pinned,) = map(Path, sys.argv[1:])
    told = _audit(pinned)
    audited = [package for package in told if "vulns" in package]
    found = list(_vulnerabilities(audited))
    if not audited:
        print("Not audited: the database of vulnerabilities cannot be reached from here.")
    else:
        print(f"{len(audited)} of {len(told) or '?'} packages audited, {len(found)} vulnerable.")
    for line in found:
        print(line)
    return 1 if found else 0


def _audit(pinned: Path) -> list[dict[str, Any]]:
    """pip-audit's report of each package; empty if it fails before it has one."""
    options = ["--no-deps", "--disable-pip", "--format=json", f"--timeout={_SECONDS}"]
    command = [sys.executable, "-m", "pip_audit", f"--requirement={pinned}", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except ValueError:
        return []
    return packages


def _vulnerabilities(packages: list[dict[str, Any]]) -> Iterator[str]:
    for package in packages:
        for each in package["vulns"]:
            fixed = ", ".join(each["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {each['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
