import subprocess
import sys
from pathlib import Path

import pytest

from service.keys import KeyFile, Keys, new_key
from tests.conftest import REPOSITORY


def keys_of(tmp_path: Path, text: str) -> Keys:
    file = tmp_path / "keys.txt"
    file.write_text(text)
    return Keys.read(file)


def test_only_keys_of_the_file_are_found(tmp_path: Path) -> None:
    (alice, of_alice), (bob, of_bob) = new_key("alice", ["read"]), new_key("bob", ["read", "admin"])
    keys = keys_of(tmp_path, f"# who may ask\n{of_alice}\n\n{of_bob}\n")

    found = keys.find(bob)
    assert found
    assert (found.name, found.scopes) == ("bob", frozenset(["read", "admin"]))
    assert (found := keys.find(alice))
    assert found.scopes == {"read"}
    for wrong in ("", alice[:-1], bob + "a", of_bob, "é"):
        assert keys.find(wrong) is None


def test_the_file_contains_no_key(tmp_path: Path) -> None:
    key, line = new_key("alice", ["read"])

    assert key not in line
    assert keys_of(tmp_path, line).find(line.split()[-1]) is None


@pytest.mark.parametrize(
    "line",
    ["alice", "alice read", "alice root " + "0" * 64, "alice read xyz", "a b read " + "0" * 64],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"keys\.txt:2: .* python -m service\.keys"):
        keys_of(tmp_path, f"{new_key('bob', ['read'])[1]}\n{line}\n")


def test_a_file_without_keys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no key"):
        keys_of(tmp_path, "# nobody yet\n")


def test_the_command_prints_a_key_and_its_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.keys", "alice", "read", "admin"]
    made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)

    key = made.stderr.split()[-1]
    found = keys_of(tmp_path, made.stdout).find(key)
    assert found
    assert (found.name, found.scopes) == ("alice", frozenset(["read", "admin"]))


@pytest.fixture
def changing(tmp_path: Path) -> tuple[Path, KeyFile, dict[str, str]]:
    """A file with the key of alice that is in force, and keys by name."""
    made = {name: new_key(name, ["read"]) for name in ("alice", "bob")}
    file = tmp_path / "keys.txt"
    file.write_text(made["alice"][1])
    lines = {name: line for name, (_, line) in made.items()}
    (tmp_path / "bob.txt").write_text(lines["bob"])
    return file, KeyFile(file), {name: key for name, (key, _) in made.items()}


def test_a_reload_reads_the_keys_of_the_changed_file(
    changing: tuple[Path, KeyFile, dict[str, str]],
) -> None:
    file, keys, made = changing
    file.with_name("bob.txt").replace(file)
    assert keys.find(made["alice"])
    keys.reload()
    assert (keys.find(made["alice"]), keys.problem) == (None, None)
    assert keys.find(made["bob"])


@pytest.mark.parametrize("content", [b"", b"alice read\n", b"\xff\xfe\x00", None])
def test_a_faulty_file_keeps_the_old_keys_and_is_reported_in_one_line(
    changing: tuple[Path, KeyFile, dict[str, str]],
    content: bytes | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file, keys, made = changing
    whole = file.read_bytes()
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    for _ in range(2):
        keys.reload()
    assert keys.find(made["alice"])
    (told,) = caplog.messages
    assert told == keys.problem
    assert told.startswith("the API keys stay as they were: ")
    assert str(file) in told
    assert len(told.splitlines()) == 1
    file.write_bytes(whole)
    keys.reload()
    assert keys.problem is None
