"""The README tells of every target and every setting, and its example is what is answered."""

import json
import re
from pathlib import Path

import pytest

from indexer.snapshot import Snapshot
from service.search.question_cache import QuestionCache
from service.search.retriever import Question, Retriever
from service.settings import PREFIX, Settings
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text()
TARGETS = re.findall(r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_in_the_readme(target: str) -> None:
    assert re.search(rf"`{target}`", README)


def test_every_target_in_the_readme_exists() -> None:
    assert set(re.findall(r"make ([a-z-]+)\b", README)) <= {*TARGETS}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_readme_with_its_default(name: str) -> None:
    default = Settings.model_fields[name].default

    assert f"| `{PREFIX}{name.upper()}` | `{default}` |" in README


def test_the_example_is_what_is_answered(seed_root: Path) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    example = json.loads(block)
    retriever = Retriever(Snapshot.current(seed_root), QuestionCache(0))

    (answer,) = retriever.search([Question(example["query"], 1)])

    (hit,) = answer.hits
    (shown,) = example["hits"]
    assert answer.answered == example["answered"]
    assert json.loads(hit.episode)["id"] == shown["episode"]["id"]
    assert hit.highlight
    assert hit.highlight.text == shown["highlight"]["text"]
    assert [list(match) for match in hit.highlight.matches] == shown["highlight"]["matches"]
    assert hit.score == pytest.approx(shown["score"], abs=0.02)
    assert hit.relevance == pytest.approx(shown["relevance"], abs=0.05)
