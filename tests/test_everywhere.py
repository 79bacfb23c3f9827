"""The choice and the environment of the variants; the suite itself is not run here."""

import sys
from pathlib import Path

import pytest

from tests import everywhere
from tests.everywhere import DRAWN, Variant, drawn, main, run

CHECK = "import os, sys; print('1 passed' if {seen} else '1 failed'); sys.exit(not ({seen}))"


def test_every_variant_is_drawn_by_some_commit() -> None:
    possible = {variant.name for variant in DRAWN if not variant.missing()}
    assert {drawn(f"{commit:040x}").name for commit in range(60)} == possible
    assert possible


def test_a_variant_that_the_machine_cannot_run_is_reported_and_does_not_fail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(Variant("elsewhere", prefix=("no-such-command",)), [])
    assert "elsewhere          not run: no-such-command is not installed" in capsys.readouterr().out


def test_an_unknown_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nowhere"])
    assert "no variant is named nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variant", "seen"),
    [
        (Variant("a", {"COLOUR": "green"}), "os.environ['COLOUR'] == 'green'"),
        (Variant("b", prefix=("env", "COLOUR=red")), "os.environ['COLOUR'] == 'red'"),
        (Variant("c", prefix=everywhere.AS_NOBODY), "os.geteuid() != 0"),
        (Variant("d"), "os.stat(os.environ['TMPDIR']).st_uid == os.geteuid()"),
        (
            Variant("e", prefix=everywhere.AS_NOBODY),
            "os.stat(os.environ['TMPDIR']).st_uid == os.geteuid()",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Variant) else "",
)
def test_the_suite_runs_with_the_environment_of_its_variant(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    variant: Variant,
    seen: str,
) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{CHECK.format(seen=seen)}"\n')
    python.chmod(0o755)
    monkeypatch.setattr(everywhere, "_python", lambda *_: str(python))

    if reason := variant.missing():
        assert reason
    else:
        assert run(variant, [])
        assert "1 passed" in capsys.readouterr().out


def test_the_output_of_a_failing_suite_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(everywhere, "_python", lambda *_: "/bin/false")
    assert not run(Variant("as-it-is"), [])
    assert "exit 1" in capsys.readouterr().out
