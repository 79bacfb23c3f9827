"""The command `episode-search`, run on the seed episodes and against a running service."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer

from service.cli.app import app
from service.cli.failures import reported
from service.client.errors import Refused
from service.keys import new_key
from tests.conftest import REPOSITORY
from tests.http_host import http_host
from tests.test_server import serving

COMMAND = (sys.executable, "-c", "from service.cli import main; main()")
ASKED = "Who kept MySpace running?"


def run(*arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )


def test_search_prints_the_episode_and_its_evidence(seed_root: Path) -> None:
    found = run("search", ASKED, "--snapshots", str(seed_root), "--limit", "1")
    assert found.returncode == 0, found.stderr
    assert "Custenborder" in found.stdout.replace("\n", " ")


def test_json_is_the_answer_of_the_route(seed_root: Path) -> None:
    found = run("search", ASKED, "--snapshots", str(seed_root), "-k", "2", "--json")
    answer = json.loads(found.stdout)
    assert (answer["query"], answer["answered"], len(answer["hits"])) == (ASKED, True, 2)


def test_a_question_that_nothing_answers_exits_with_1(seed_root: Path) -> None:
    found = run("search", "growing potatoes in clay soil", "--snapshots", str(seed_root))
    assert found.returncode == 1
    assert "No episode answers this question" in found.stderr


def test_episodes_podcasts_and_similar_list_what_is_there(seed_root: Path) -> None:
    root = ("--snapshots", str(seed_root), "--json")
    listed = json.loads(run("episodes", *root).stdout)["episodes"]
    assert len(listed) == 8
    similar = json.loads(run("similar", listed[0]["id"], *root).stdout)
    assert listed[0]["id"] not in {hit["episode"]["id"] for hit in similar["hits"]}
    assert run("podcasts", *root).returncode == 0


def test_a_corpus_is_indexed_and_searched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("A baker explains sourdough and how to keep a starter.\n")
    built = run("index", "mine.txt", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    answer = json.loads(run("search", "sourdough starter", "--json", cwd=tmp_path).stdout)
    assert answer["hits"][0]["episode"]["summary"].startswith("A baker")
    assert "are unchanged" in run("verify", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("search", "jazz"), 3, "is published"),
        (("search", "jazz", "--url", "http://127.0.0.1:9"), 3, "does not answer"),
        (("search", "jazz", "-k", "0"), 2, "Invalid value"),
        (("index", "missing.txt"), 5, "missing.txt"),
        (("verify",), 3, "published"),
        (("unknown",), 2, "No such command"),
    ],
)
def test_a_failure_is_reported_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    failed = run(*arguments, cwd=tmp_path)
    assert failed.returncode == code, failed.stderr
    assert told in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.fixture(scope="module")
def kept(
    seed_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx2.Client, str]]:
    """A client of a service that needs a key, and the key."""
    folder = tmp_path_factory.mktemp("kept")
    key, line = new_key("someone", ["read"])
    (folder / "keys.txt").write_text(f"{line}\n")
    options = ("--workers=1", f"--keys={folder / 'keys.txt'}")
    with serving(seed_root, folder / "log", *options) as server:
        server.client.headers["Authorization"] = f"Bearer {key}"
        yield server.client, key


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (("search", ASKED), "/search?q=Who+kept+MySpace+running%3F&k=3"),
        (("similar", "ID"), "/episodes/ID/similar?k=3"),
        (("episodes",), "/episodes?limit=3"),
        (("podcasts",), "/podcasts?limit=3"),
    ],
)
def test_the_answers_of_a_running_service_are_printed(
    kept: tuple[httpx2.Client, str], asked: tuple[str, ...], path: str
) -> None:
    client, key = kept
    episode_id = client.get("/episodes?limit=1").json()["episodes"][0]["id"]
    arguments = [episode_id if each == "ID" else each for each in asked]
    url = ("--url", f"{client.base_url}/", "--key", key)
    told = run(*arguments, *url, "--limit", "3", "--json")
    expected = client.get(path.replace("ID", episode_id)).json()

    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout) | {"took_ms": 0} == expected | {"took_ms": 0}


def test_a_table_is_shown_of_a_running_service_whose_key_is_a_variable(
    kept: tuple[httpx2.Client, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, key = kept
    url = str(client.base_url)
    refused = run("search", ASKED, "--url", url)
    monkeypatch.setenv("EPISODE_SEARCH_KEY", key)
    found = run("search", ASKED, "--url", url, "--limit", "1")

    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert (found.returncode, found.stderr) == (0, "")
    assert "Custenborder" in found.stdout.replace("\n", " ")


@pytest.mark.parametrize(
    ("status", "code"), [(404, 2), (422, 2), (408, 4), (429, 4), (500, 4), (502, 4), (503, 4)]
)
def test_what_the_service_refuses_for_now_is_no_wrong_usage(status: int, code: int) -> None:
    with pytest.raises(typer.Exit) as ended, reported():
        raise Refused(status, "Not this time.")
    assert ended.value.exit_code == code


@pytest.mark.parametrize("status", [503, 500])
def test_a_service_that_answers_later_is_told_so(status: int) -> None:
    refusal = json.dumps({"detail": "Not this time."}).encode()
    with http_host(lambda *_: (status, refusal, {"Retry-After": "60"})) as port:
        failed = run("podcasts", "--url", f"http://127.0.0.1:{port}")
    told = " (Retry-After: 60 s)" if status == 503 else ""

    assert (failed.returncode, failed.stderr) == (4, f"error: Not this time.{told}\n")


def test_a_service_that_has_moved_is_not_taken_for_one_of_this_version() -> None:
    with http_host(lambda *_: (308, b"", {"Location": "https://127.0.0.1/"})) as port:
        failed = run("podcasts", "--url", f"http://127.0.0.1:{port}")

    assert (failed.returncode, "check the address" in failed.stderr) == (3, True), failed.stderr


def test_an_empty_question_is_wrong_usage(seed_root: Path) -> None:
    refused = run("search", " ", "--snapshots", str(seed_root))
    assert (refused.returncode, "empty" in refused.stderr) == (2, True)


def test_a_web_page_in_place_of_an_answer_is_reported_in_a_sentence() -> None:
    with http_host(lambda *_: (200, b"<h1>Welcome</h1>", {})) as port:
        failed = run("search", "jazz", "--url", f"http://127.0.0.1:{port}")
    assert failed.returncode == 3
    assert "check the address" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_pipe_that_closes_ends_the_command_quietly(seed_root: Path) -> None:
    command = [*COMMAND, "episodes", "--snapshots", str(seed_root), "--json"]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 128 + signal.SIGPIPE


def test_version_and_help_name_every_command() -> None:
    assert run("--version").stdout == f"{version('episode-search')}\n"
    group: Any = typer.main.get_command(app)
    shown = re.findall(r"^\W*([a-z]+) ", run("--help").stdout, re.MULTILINE)

    assert {"search", "watch", "evaluate"} <= {*group.commands} <= {*shown}
