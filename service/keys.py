"""API keys: a file with one line for each key, which has its digest and not the key itself.

    python -m service.keys alice read >> keys.txt

adds a line with the name, the scopes and the SHA-256 of the key, and prints the key once. A key has
256 random bits, so its plain digest cannot be reversed by guessing.
"""

import argparse
import hmac
import logging
import re
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import RLock

SCOPES = ("read", "admin")
_LINE = re.compile(r"(?P<name>\S+)\s+(?P<scopes>[a-z,]+)\s+(?P<digest>[0-9a-f]{64})")

_log = logging.getLogger("uvicorn.error")


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    scopes: frozenset[str]
    digest: bytes

    def refusal(self, scope: str) -> str:
        """The error message for a client whose key lacks `scope`."""
        return f"The key of {self.name} may not do this; it needs the scope {scope}"


class Keys:
    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = keys

    @classmethod
    def read(cls, file: Path) -> "Keys":
        """Read the keys of a file. Raises OSError, or ValueError that names the line."""
        try:
            lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{file}: is not UTF-8 text; make it with python -m service.keys"
            ) from error
        told = [(number, line.strip()) for number, line in lines if not _is_empty(line)]
        if not told:
            raise ValueError(f"{file}: has no key; make one with python -m service.keys NAME read")
        return cls([_key(f"{file}:{number}", line) for number, line in told])

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, presented: str) -> Key | None:
        """The key of this text, if any; compares in constant time, so timing reveals nothing."""
        digest = sha256(presented.encode()).digest()
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found


class KeyFile:
    """The keys of a file, which can be read again while requests are answered."""

    def __init__(self, file: Path) -> None:
        """Raises OSError or ValueError as `Keys.read` does."""
        self._file = file
        self._keys = Keys.read(file)
        self._reloading = RLock()  # a signal may come while another is handled
        self.problem: str | None = None  # why the file as it is now is not in force

    def find(self, presented: str) -> Key | None:
        return self._keys.find(presented)

    def reload(self) -> None:
        """Put the file as it is now in force; where it is broken, the keys stay as they were."""
        with self._reloading:
            try:
                self._keys = Keys.read(self._file)
            except (OSError, ValueError) as error:
                self._tell(f"the API keys stay as they were: {error}")
            else:
                self.problem = None
                _log.info("%d API keys are in force", len(self._keys))

    def _tell(self, problem: str) -> None:
        """Log a problem once, however often it comes back."""
        if problem != self.problem:
            _log.error("%s", problem)
        self.problem = problem


def new_key(name: str, scopes: Sequence[str]) -> tuple[str, str]:
    """A new random key, and its line for the file."""
    key = secrets.token_urlsafe(32)
    return key, f"{name} {','.join(scopes)} {sha256(key.encode()).hexdigest()}"


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _key(location: str, line: str) -> Key:
    found = _LINE.fullmatch(line)
    if not found or not set(scopes := found["scopes"].split(",")) <= {*SCOPES}:
        raise ValueError(
            f"{location}: is not a name, scopes ({', '.join(SCOPES)}, separated by a comma) and "
            "a SHA-256; make it with python -m service.keys"
        )
    return Key(found["name"], frozenset(scopes), bytes.fromhex(found["digest"]))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m service.keys", description=__doc__)
    parser.add_argument("name", help="the client's name; errors and rate limits use it")
    parser.add_argument("scopes", nargs="+", choices=SCOPES, help="what the key may do")
    options = parser.parse_args(arguments)
    if len(options.name.split()) != 1:
        parser.error("the name must be one word")
    key, line = new_key(options.name, options.scopes)
    print(line)
    print(f"The key of {options.name}, shown only now: {key}", file=sys.stderr)


if __name__ == "__main__":
    main()
