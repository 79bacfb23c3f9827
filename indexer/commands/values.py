"""Reads the values of options; argparse tells what is wrong with one."""

import argparse
import re
from datetime import timedelta
from pathlib import Path

from indexer.storage.object_store import is_address

_FEWEST_DIMENSIONS = 8
_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LOCAL, RAY = "local", "ray"  # where documents are embedded


def share_of_one(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if 0 < share <= 1:
        return share
    raise argparse.ArgumentTypeError(
        f"{text} is out of range; give a number above 0 and up to 1, such as 0.98"
    )


def dimensions(text: str) -> int:
    if text.isdecimal() and int(text) >= _FEWEST_DIMENSIONS:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text} is no number of dimensions; give {_FEWEST_DIMENSIONS} or more, such as 256"
    )


def minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if 0 < minutes < float("inf"):
        return minutes
    raise argparse.ArgumentTypeError(f"{text} is no time; give minutes above 0, such as 10")


def period(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([smhd]?)", text.strip())
    if found:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    raise argparse.ArgumentTypeError(f"{text} is no period; give one as 90s, 15m, 2h or 1d")


def directory(text: str) -> Path:
    if is_address(text):
        raise argparse.ArgumentTypeError(
            f"{text} is an object store; build in a directory, then run python -m indexer push"
        )
    return Path(text)


def embedding_place(text: str) -> str:
    if text in (LOCAL, RAY) or re.fullmatch(r"ray://[^/\s:]+:\d+", text):
        return text
    raise argparse.ArgumentTypeError(f"{text} is no place; give local, ray, or ray://host:10001")


def new_file(text: str) -> Path:
    if (file := Path(text)).parent.is_dir():
        return file
    raise argparse.ArgumentTypeError(f"{file.parent} is no folder; make it, or name another")
