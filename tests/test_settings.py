import subprocess
import sys
from pathlib import Path

import pytest

from indexer.encoder.cpu_count import available_cpus
from service.__main__ import main
from service.keys import new_key
from service.settings import PREFIX, Settings, rename_variables
from tests.conftest import REPOSITORY


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)


def command_line(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["python -m service", *arguments])


def test_by_default_it_listens_on_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    command_line(monkeypatch)
    settings = Settings.from_command_line()
    assert (settings.host, settings.port, settings.processes) == (
        *("127.0.0.1", 8000),
        available_cpus(),
    )
    assert settings.snapshots == Path(".snapshots")


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPISODE_SEARCH_PORT", "9000")
    monkeypatch.setenv("EPISODE_SEARCH_SNAPSHOTS", "/somewhere")
    command_line(monkeypatch)
    settings = Settings.from_command_line()
    assert (settings.port, settings.snapshots) == (9000, Path("/somewhere"))


def test_an_option_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPISODE_SEARCH_PORT", "9000")
    monkeypatch.setenv("EPISODE_SEARCH_REFRESH_INTERVAL", "5")
    command_line(monkeypatch, "--port", "9001")
    settings = Settings.from_command_line()
    assert (settings.port, settings.refresh_interval) == (9001, 5)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "eighty", "integer"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("WORKERS", "-1", "greater than or equal to 0"),
        ("MAX_WAITING", "-1", "greater than or equal to 1"),
        ("REFRESH_INTERVAL", "0", "greater than 0"),
        ("LOG_LEVEL", "loud", "debug|info|warning|error"),
    ],
)
@pytest.mark.parametrize("by_option", [False, True])
def test_a_wrong_value_is_refused_with_its_name_and_the_allowed_values(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    allowed: str,
    by_option: bool,
) -> None:
    if by_option:
        command_line(monkeypatch, f"--{name.lower().replace('_', '-')}={value}")
    else:
        command_line(monkeypatch)
        monkeypatch.setenv(f"{PREFIX}{name}", value)
    assert main() == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"{PREFIX}{name} is '{value}': ")
    assert allowed in told


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org"])
def test_listening_beyond_loopback_needs_keys_or_open_access(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    command_line(monkeypatch, f"--host={host}")
    assert main() == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"{PREFIX}HOST is '{host}': ")
    assert "--keys" in told
    assert "--open-access=true" in told


def test_keys_or_open_access_allow_listening_beyond_loopback(tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(new_key("alice", ["read"])[1])
    assert Settings(host="::", keys=keys).keys == keys
    assert Settings(host="::", open_access=True).host == "::"
    assert Settings(host="::1").host == "::1"


def test_keys_that_cannot_be_read_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "Keys.txt").write_text("alice read")
    command_line(monkeypatch, f"--keys={tmp_path / 'Keys.txt'}", "--rate-limit=often")
    assert main() == 2
    told = capsys.readouterr().err.splitlines()
    assert f"{tmp_path}/Keys.txt:1: is not a name" in told[0]
    assert told[1].startswith(f"{PREFIX}RATE_LIMIT is 'often': ")


def test_every_wrong_value_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line(monkeypatch, "--port=x", "--workers=y")
    assert main() == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_processors_are_divided_among_workers_by_default() -> None:
    assert Settings().processes == available_cpus()
    assert Settings().threads_a_worker == 1
    assert Settings(workers=1).threads_a_worker == available_cpus()
    assert Settings(workers=256).threads_a_worker == 1
    assert Settings(workers=2, threads=3).threads_a_worker == 3


def python_m_service(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_setting() -> None:
    run = python_m_service("--help")
    assert run.returncode == 0
    assert all(f"--{name.replace('_', '-')} " in run.stdout for name in Settings.model_fields)


def test_a_wrong_or_unknown_option_exits_with_2() -> None:
    for option in ("--port=x", "--prot=1"):
        run = python_m_service(option)
        assert run.returncode == 2
        assert option.split("=")[0].strip("-") in run.stderr.lower()


def test_deprecated_names_still_work_and_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPISODE_SEARCH_MAX_WAITING", "")
    monkeypatch.delenv("EPISODE_SEARCH_MAX_WAITING")  # monkeypatch then removes it afterwards too
    monkeypatch.setenv("EPISODE_SEARCH_MOST_WAITING", "7")
    monkeypatch.setattr("sys.argv", ["service", "--client-seconds=3", "--drain-seconds", "4"])
    with pytest.warns(FutureWarning) as warned:
        settings = Settings.from_command_line()
    assert (settings.max_waiting, settings.client_timeout, settings.drain_timeout) == (7, 3, 4)
    assert [str(warning.message) for warning in warned] == [
        "EPISODE_SEARCH_MOST_WAITING is deprecated; use EPISODE_SEARCH_MAX_WAITING.",
        "--client-seconds is deprecated; use --client-timeout.",
        "--drain-seconds is deprecated; use --drain-timeout.",
    ]


def test_a_current_name_overrides_a_deprecated_one() -> None:
    variables = {"EPISODE_SEARCH_MOST_WAITING": "7", "EPISODE_SEARCH_MAX_WAITING": "9"}
    with pytest.warns(FutureWarning):
        rename_variables(variables)
    assert variables == {"EPISODE_SEARCH_MAX_WAITING": "9"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--index=milvus://me:secret@host"], "is no index; write faiss, milvus://host:19530/name"),
        (["--index=milvus+file:a.db/b", "--workers=2"], "more than the one process that can open"),
    ],
)
def test_an_index_that_cannot_be_used_is_refused_without_its_secret(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    reason: str,
) -> None:
    command_line(monkeypatch, *options)

    assert main() == 2

    said = capsys.readouterr().err
    assert reason in said
    assert "secret" not in said
