"""Files in an object store, or wherever else fsspec reaches: s3://bucket/prefix, file:///folder.

fsspec is imported when the first store is opened, so that nobody else pays for it.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indexer.errors import StoreError

_SEPARATOR = "://"
_NEEDED = "needs fsspec and s3fs; run pip install 'episode-search[s3]'"
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
# A service polls a store, so one that is gone must be noticed within seconds.
_OPTIONS: dict[str, dict[str, Any]] = {
    "file": {"auto_mkdir": True},
    "s3": {
        "use_listings_cache": False,  # it would hide what another process writes
        "config_kwargs": {
            "connect_timeout": 3,
            "read_timeout": 20,
            "retries": {"max_attempts": 2},
        },
    },
}


def is_address(text: str) -> bool:
    """Whether `text` names an object store, and not a local directory."""
    return _SEPARATOR in text


class ObjectStore:
    """The files below one address; safe to share between threads, and to use after a fork.

    A method raises FileNotFoundError if the file is not there, and StoreError if the store refuses
    or does not answer.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._files, self._base, self._process = *_opened(self.address), os.getpid()

    def place(self, path: str) -> str:
        return f"{self.address}/{path}"

    def read(self, path: str) -> bytes:
        with self._told(path) as files:
            return bytes(files.cat_file(self._key(path)))

    def version(self, path: str) -> str:
        """Another one whenever the file is another; a store of S3 is asked for the ETag alone."""
        with self._told(path) as files:
            key = self._key(path)
            return str(files.info(key).get("ETag") or files.ukey(key))

    def fetch(self, path: str, target: Path) -> None:
        with self._told(path) as files:
            files.get_file(self._key(path), str(target))

    def chunks(self, path: str, size: int) -> Iterator[bytes]:
        with self._told(path) as files, files.open(self._key(path), "rb", block_size=size) as file:
            while part := file.read(size):
                yield part

    def write(self, path: str, content: bytes) -> None:
        """Replace the file at once: nobody reads a part of it."""
        with self._told(path) as files, files.transaction:
            files.pipe_file(self._key(path), content)

    def upload(self, source: Path, path: str) -> None:
        with self._told(path) as files:
            files.makedirs(files._parent(self._key(path)), exist_ok=True)
            files.put_file(str(source), self._key(path))

    def names(self) -> list[str]:
        """What lies right below the address: files and folders; nothing if there is no such."""
        with self._told("") as files:
            try:
                found = files.ls(self._base, detail=False)
            except FileNotFoundError:
                return []
            return [str(each).rstrip("/").rpartition("/")[2] for each in found]

    def sizes(self, folder: str) -> dict[str, int]:
        """The bytes of each file in the folder, by its path there."""
        with self._told(folder) as files:
            base = self._key(folder)
            found = files.find(base, detail=True)
            return {path.removeprefix(f"{base}/"): item["size"] for path, item in found.items()}

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it."""
        with self._told(path) as files:
            files.rm(self._key(path), recursive=True)

    def refuse_missing_bucket(self) -> None:
        """Raises StoreError if it is not the file that is missing, but the bucket."""
        bucket = self._base.partition("/")[0]
        with self._told("") as files:
            if bucket and not files.exists(bucket):
                raise StoreError(
                    f"{self.address}: there is no bucket {bucket}; make it, or correct the address."
                )

    def _key(self, path: str) -> str:
        return f"{self._base}/{path}".rstrip("/")

    @contextmanager
    def _told(self, path: str) -> Iterator[Any]:
        """The file system; what it raises becomes a sentence with the place."""
        try:
            if self._process != os.getpid():  # connections do not outlive a fork
                self._files, self._base, self._process = *_opened(self.address), os.getpid()
            yield self._files
        except (FileNotFoundError, StoreError):
            raise
        except PermissionError as error:
            raise StoreError(
                f"{self.place(path)}: the store refuses the credentials ({_reason(error)}); "
                "correct those that the environment gives, or what they are allowed to do."
            ) from error
        except Exception as error:  # each kind of store raises errors of its own library
            if isinstance(error, OSError) and error.errno in _DISK_FULL:
                raise
            raise StoreError(
                f"{self.place(path)}: the store does not answer ({_reason(error)}); "
                "correct the address, or see whether it runs."
            ) from error


def _opened(address: str) -> tuple[Any, str]:
    """The file system and the path in it. Raises StoreError."""
    protocol = address.partition(_SEPARATOR)[0]
    try:
        from fsspec.core import url_to_fs

        files, base = url_to_fs(address, **_OPTIONS.get(protocol, {}))
    except ModuleNotFoundError as error:
        raise StoreError(f"{address}: {_NEEDED} ({error.name} is missing).") from error
    except (ImportError, ValueError) as error:
        needed = _NEEDED if protocol == "s3" else _reason(error)
        raise StoreError(f"{address}: {needed}.") from error
    return files, str(base).rstrip("/")


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
