"""The documents name every make target, setting, route, parameter and path, and no other."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from indexer.corpus.readers.shapes_table import shapes_table
from indexer.snapshot import Snapshot
from service.app import create_app
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.settings import PREFIX, Settings
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text()
SERVICE = (REPOSITORY / "service" / "README.md").read_text()
DOCUMENTS = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    *(f"{folder}/README.md" for folder in ("indexer", "service", "tests")),
]
MOST_README_LINES = 200
LEFT_OUT = re.compile(r"# (?:type: ignore|noqa)(?:: \w+|\[[\w-]+\])?(?P<reason> - .+)?")
TARGETS = re.findall(r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_in_the_readme(target: str) -> None:
    assert re.search(rf"`{target}`", README)


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_README_LINES


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_target_and_path_in_a_document_exists(document: str) -> None:
    text = (REPOSITORY / document).read_text()
    named = re.findall(r"`(?:[A-Z]+=\S+ )*make ([a-z-]+)", text)
    named += re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)
    assert {*named} <= {*TARGETS}
    for path in re.findall(r"`((?:indexer|service|tests|seeds)/[\w/.-]*)`", text):
        assert (REPOSITORY / path).exists(), path
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (REPOSITORY / document).parent.joinpath(link).exists(), link


@pytest.mark.parametrize("side", ["indexer", "service"])
def test_the_architecture_names_every_package(side: str) -> None:
    architecture = (REPOSITORY / "ARCHITECTURE.md").read_text()
    for package in (REPOSITORY / side).iterdir():
        if (package / "__init__.py").exists():
            assert f"`{side}/{package.name}/`" in architecture


def test_every_route_and_parameter_is_in_the_readme_of_the_service() -> None:
    document = create_app(Settings()).openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert re.search(
                rf"`{method.upper()} {re.escape(path.replace('episode_id', 'id'))}[`?]", SERVICE
            ), path
            queried = (p for p in operation.get("parameters", ()) if p["in"] == "query")
            for parameter in queried:
                assert re.search(rf"\b{parameter['name']}\b", SERVICE), parameter["name"]


def test_the_names_of_fields_are_those_that_are_read() -> None:
    assert f"\n\n{shapes_table()}\n\n" in (REPOSITORY / "indexer" / "README.md").read_text()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_readme_of_the_service(name: str) -> None:
    default = Settings.model_fields[name].default

    assert f"| `{PREFIX}{name.upper()}` | `{default}` |" in SERVICE


def test_the_example_in_the_readme_is_the_actual_answer(seed_root: Path) -> None:
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


def test_a_check_that_is_left_out_says_why() -> None:
    """On its line, or on the line above."""
    folders = ("indexer", "service", "tests", "seeds")
    for path in (file for folder in folders for file in (REPOSITORY / folder).rglob("*.py")):
        lines = path.read_text().splitlines()
        for above, line in pairwise(["", *lines]):
            if found := LEFT_OUT.search(line):
                assert found["reason"] or above.lstrip().startswith("# "), f"{path}: {line}"
