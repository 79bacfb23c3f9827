import json
import subprocess
import sys

import pytest

from tests import audit

SOUND = {"name": "sound", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}
HOLED = {
    "name": "holed",
    "version": "1.0",
    "vulns": [{"id": "CVE-2026-1", "fix_versions": ["1.1"], "description": ""}],
}


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        ([SOUND, UNKNOWN], 0, "1 of 2 packages audited, 0 vulnerable"),
        ([SOUND, HOLED], 1, "holed 1.0: CVE-2026-1, fixed in 1.1"),
        ([UNKNOWN], 0, "Not audited"),
        (None, 0, "Not audited"),
    ],
)
def test_vulnerabilities_fail_and_unaudited_packages_are_reported(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    told: object,
    status: int,
    said: str,
) -> None:
    output = json.dumps({"dependencies": told}) if told else ""
    ran = subprocess.CompletedProcess([], 1, output, "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ran)
    monkeypatch.setattr(sys, "argv", ["audit", "constraints.txt"])

    assert audit.main() == status
    assert said in capsys.readouterr().out
