"""Who may import whom, read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SOURCES = sorted(
    path for room in ("indexer", "service") for path in (REPOSITORY / room).rglob("*.py")
)
FROM_INDEXER = (
    "episode",
    "encoder",
    "snapshot",
    "errors",
    "filters",
    "fusion",
    "likeness",
    "calibration",
    "terms",
)
ONLY_IMPORTERS = {
    "faiss": "indexer/vector_index.py",
    "tantivy": "indexer/lexical_index.py",
    "openTSNE": "indexer/map/projection.py",
    "torch": "indexer/encoder/reference.py",
    "sentence_transformers": "indexer/encoder/reference.py",
    "transformers": "indexer/encoder/reference.py",
}
LAZY = {"torch", "sentence_transformers", "transformers"}


def imports(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute here"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)


def at_import(tree: ast.Module) -> Iterator[str]:
    """What runs when the module is imported: everything outside of functions."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = [name for function in functions for name in imports(function)]
    return (name for name in imports(tree) if name not in inside)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_imports_go_one_way(path: Path) -> None:
    place, tree = path.relative_to(REPOSITORY).as_posix(), ast.parse(path.read_text())
    lazy_too_early = LAZY.intersection(name.split(".")[0] for name in at_import(tree))
    assert not lazy_too_early, "import it inside the function that uses it"
    for name in imports(tree):
        package, _, rest = name.partition(".")
        assert package != "tests"
        assert place == ONLY_IMPORTERS.get(package, place), name
        if place.startswith("indexer/"):
            assert package != "service"
        elif package == "indexer":
            assert rest.split(".")[0] in FROM_INDEXER, name
