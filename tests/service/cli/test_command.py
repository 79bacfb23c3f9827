"""The command `episode-search`, run on the seed episodes and against a running service."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.http_host import http_host

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
        (("index", "missing.txt"), 1, "missing.txt"),
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
        assert "Traceback" not in process.stderr.read()


def test_version_and_help_name_every_command() -> None:
    assert run("--version").stdout.strip()[0].isdigit()
    shown = run("--help").stdout
    commands = (
        "mcp serve index reindex forget search similar episodes podcasts verify diff rollback"
    )
    for command in (*commands.split(), "keys"):
        assert command in shown
