"""Imports between packages follow one order, and folders stay small."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SOURCES = sorted(
    path for room in ("indexer", "service") for path in (REPOSITORY / room).rglob("*.py")
)
MOST_MODULES_AT_THE_TOP = 6
MOST_MODULES = 13

# Each package may import those before it in its row.
INDEXER = (
    "errors episode execution storage text corpus encoder index map ranking adaptation snapshot "
    "pipeline build reindexing watch commands __main__"
).split()
SERVICE = (
    "keys settings telemetry search evaluation snapshots api client mcp server app serve "
    "__main__ cli"
).split()
SERVICE_IMPORTS = set("episode encoder errors index ranking snapshot storage text".split())
RUN_THE_INDEXER = ("cli", "evaluation")  # by commands, and never while the service answers
# Each is imported by one module, or by one package, whose path ends with a slash.
ONLY_IMPORTERS = {
    "icu4py": "indexer/text/segmentation.py",
    "fsspec": "indexer/storage/object_store.py",
    "ray": "indexer/encoder/cluster/ray_actors.py",
    "faiss": "indexer/index/vectors/vector_index.py",
    "tantivy": "indexer/index/words/lexical_index.py",
    "openTSNE": "indexer/map/projection.py",
    "pymilvus": "indexer/index/engine/milvus/",
    "grpc": "indexer/index/engine/milvus/",
    "langchain_core": "service/client/langchain.py",
    "llama_index": "service/client/llama_index.py",
    "peft": "indexer/adaptation/trainer.py",
    "sentence_transformers": "indexer/encoder/torch_models.py",
    "transformers": "indexer/encoder/torch_models.py",
}
IMPORTERS = {"torch": ("indexer/encoder/torch_models.py", "indexer/adaptation/trainer.py")}
USED_IF_INSTALLED = {"brotli", "_brotli"}  # by httpx2
LAZY = {"fsspec", "icu4py", "peft", "ray", "torch", "sentence_transformers", "transformers"}


def imports(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute here"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)


def at_import(tree: ast.Module) -> Iterator[str]:
    """The modules that are imported with this one: imports outside of functions."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = [name for function in functions for name in imports(function)]
    return (name for name in imports(tree) if name not in inside)


def is_in(place: str, importer: str) -> bool:
    return place.startswith(importer) if importer.endswith("/") else place == importer


def room_of(module: str) -> str:
    """The package or top module right below indexer or service."""
    return f"{module}.__init__".split(".")[1]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_imports_go_one_way(path: Path) -> None:
    place, tree = path.relative_to(REPOSITORY).as_posix(), ast.parse(path.read_text())
    lazy_too_early = LAZY.intersection(name.split(".")[0] for name in at_import(tree))
    assert not lazy_too_early, "import it inside the function that uses it"
    side, room = place.split("/")[0], Path(place).parts[1].removesuffix(".py")
    order = INDEXER if side == "indexer" else SERVICE
    for name in imports(tree):
        package = name.split(".")[0]
        assert package != "tests"
        assert is_in(place, ONLY_IMPORTERS.get(package, place)), name
        assert place in IMPORTERS.get(package, (place,)), name
        assert package != "mcp" or place.startswith("service/mcp/"), name
        if package == side:
            assert order.index(room_of(name)) <= order.index(room), name
        elif package == "indexer" and room not in RUN_THE_INDEXER:
            assert room_of(name) in SERVICE_IMPORTS, name
        assert not (side == "indexer" and package == "service"), name


@pytest.mark.parametrize("side", ["indexer", "service"])
def test_no_folder_holds_too_many_modules(side: str) -> None:
    root = REPOSITORY / side
    assert len(list(root.glob("*.py"))) <= MOST_MODULES_AT_THE_TOP
    for folder in {path.parent for path in SOURCES if path.is_relative_to(root)}:
        assert len(list(folder.glob("*.py"))) <= MOST_MODULES, folder


def packages_of(requirements: Iterable[str]) -> set[str]:
    """The names that the distributions are imported by."""
    names = {re.split(r"[<>=;\[ ]", each)[0].lower().replace("_", "-") for each in requirements}
    return {
        package
        for package, distributions in packages_distributions().items()
        for distribution in distributions
        if distribution.lower().replace("_", "-") in names
    }


def test_the_service_imports_nothing_that_only_the_indexer_requires() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extra = packages_of(project["optional-dependencies"]["indexer"])
    imported = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, service.app, service.serve, service.cli.app, service.client\n"
            "print(*{name.split('.')[0] for name in sys.modules})",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )

    assert {"torch", "sklearn", "feedparser"} < extra
    assert not {"pymilvus", "grpc"} & {*imported.stdout.split()}  # with FAISS, the default
    assert extra & {*imported.stdout.split()} - USED_IF_INSTALLED == set()
