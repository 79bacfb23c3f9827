"""Invented episodes in languages that put no space between words, with questions by word."""

import json
from pathlib import Path
from typing import NamedTuple

LANGUAGES = ("chinese", "japanese", "thai")


class Collection(NamedTuple):
    episodes: list[dict[str, str]]
    questions: list[tuple[str, str]]  # with the id of the episode that says it


def collection(language: str) -> Collection:
    found = json.loads(Path(__file__).with_name(f"{language}.json").read_text("utf-8"))
    return Collection(found["episodes"], [(text, wanted) for text, wanted in found["questions"]])
