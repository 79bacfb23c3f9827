"""The documents name everything a user can set, ask or run, every module, and nothing else."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from starlette.routing import Route

from indexer.__main__ import main as run_indexer
from indexer.corpus.readers.shapes_table import shapes_table
from indexer.snapshot import Snapshot
from service.app import create_app
from service.cli import INTERRUPTED, failures
from service.cli.app import app as command
from service.keys import SCOPES
from service.keys import main as make_key
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
    "indexer/capacity.md",
    *(f"{folder}/README.md" for folder in ("indexer", "service", "service/deploy", "tests")),
]
MOST_README_LINES = 200
LEFT_OUT = re.compile(r"# (?:type: ignore|noqa)(?:: \w+|\[[\w-]+\])?(?P<reason> - .+)?")
TEXT = "\n".join((REPOSITORY / document).read_text() for document in DOCUMENTS)
MAKEFILE = (REPOSITORY / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
SET_BY_MAKE = {"MAKE", "MAKEFILE_LIST"}
VARIABLES = {*re.findall(r"\$\((?:if |or )?\$?\(?([A-Z_]+)\)", MAKEFILE)} - {
    *re.findall(r"^([A-Z_]+)\s*:=", MAKEFILE, re.MULTILINE),
    *SET_BY_MAKE,
}
COMMANDS = ("build", "reindex", "watch", "forget", "verify", "diff", "rollback", "push")
FIELDS_OF_EPISODES = {"EpisodeBody", "ChapterBody", "PodcastBody", "AppearanceBody"}
MODULES = sorted(
    path.relative_to(REPOSITORY).with_suffix("")
    for side in ("indexer", "service")
    for path in (REPOSITORY / side).rglob("*.py")
    if path.stem != "__init__"
)


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


def test_routes_that_openapi_leaves_out_are_in_the_readme_of_the_service_too() -> None:
    app = create_app(Settings(mcp=True))
    described = {path.replace("episode_id", "id") for path in app.openapi()["paths"]}
    named = {*re.findall(r"`((?:GET|POST) /[^`?]*)[`?]", SERVICE)}
    others = {
        f"{method} {route.path}"
        for route in app.routes
        if isinstance(route, Route) and route.path not in described
        for method in {*(route.methods or ())} - {"HEAD"}
        if "{" not in route.path  # which OpenAPI has, written otherwise
    }

    assert {"GET /", "POST /mcp", "GET /docs", "GET /redoc", "GET /openapi.json"} <= others
    assert others - named == {"GET /docs/oauth2-redirect"}  # a part of /docs
    assert {line.split()[1] for line in named} - described <= {line.split()[1] for line in others}


def test_the_command_for_keys_takes_what_the_documents_give_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    used = re.findall(r"^python -m service\.keys ([^>\n]+)", TEXT, re.MULTILINE)
    for arguments in used:
        make_key(arguments.split())
    with pytest.raises(SystemExit):
        make_key(["--help"])
    options = {*re.findall(r"--[a-z-]+", capsys.readouterr().out)}

    assert used
    assert options - {"--help"} == {*re.findall(r"--[a-z-]+", " ".join(used))}
    assert {scope for scope in SCOPES if f"`{scope}`" not in SERVICE} == set()


def test_the_names_of_fields_are_those_that_are_read() -> None:
    assert f"\n\n{shapes_table()}\n\n" in (REPOSITORY / "indexer" / "README.md").read_text()


def openapi_schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = create_app(Settings()).openapi()["components"]["schemas"]
    return schemas


def fields_of(schema: str) -> set[str]:
    return {*openapi_schemas()[schema]["properties"]}


def named_in(text: str) -> set[str]:
    """The names in backticks, each part of `highlight.start` by itself."""
    return {part for name in re.findall(r"`([a-z_.]+)[`=]", text) for part in name.split(".")}


@pytest.mark.parametrize("body", ["SearchRequest", "LikeRequest"])
def test_every_field_of_a_request_body_is_in_the_readme_of_the_service(body: str) -> None:
    in_routes = {*re.findall(r"[?&]([a-z_]+)=", SERVICE)}

    assert fields_of(body) - named_in(SERVICE) - in_routes == set()


def test_the_fields_of_answers_in_the_readme_of_the_service_are_those_that_are_returned() -> None:
    (table,) = re.findall(r"### Fields of answers\n(.*?)\n#", SERVICE, re.DOTALL)
    returned = {
        field
        for schema in openapi_schemas()
        if schema not in FIELDS_OF_EPISODES and not schema.endswith(("Request", "Error"))
        for field in fields_of(schema)
    }
    first_column = named_in("\n".join(re.findall(r"^\| ([^|]*) \|", table, re.MULTILINE)))

    assert returned - named_in(table) == set()
    assert first_column - returned == set()


@pytest.mark.parametrize("schema", sorted(FIELDS_OF_EPISODES - {"AppearanceBody"}))
def test_every_field_of_an_episode_is_in_the_readme_of_the_indexer(schema: str) -> None:
    indexer = (REPOSITORY / "indexer" / "README.md").read_text()

    assert fields_of(schema) - named_in(indexer) - named_in(SERVICE) == set()


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_every_make_variable_is_in_a_document(variable: str) -> None:
    assert re.search(rf"\b{variable}(=|`)", TEXT)


def test_every_make_variable_in_a_document_exists() -> None:
    commands = re.findall(r"make [a-z-]+((?: [A-Z_]+=(?:'[^']*'|\"[^\"]*\"|[^\s`]*))+)", TEXT)

    named = {name for command in commands for name in re.findall(r" ([A-Z_]+)=", command)}
    assert named - VARIABLES == set()
    assert named


def options_of_the_indexer(capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            run_indexer([name, "--help"])
        yield from re.findall(r"^  (?:-\w, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)


def options_in(parameters: Iterable[Any]) -> set[str]:
    return {opt for each in parameters for opt in each.opts if opt.startswith("--")}


def declared_commands() -> dict[str, set[str]]:
    """The options of each command, which is written with its arguments; of all, under no name."""
    group: Any = typer.main.get_command(command)
    declared = {"": options_in(group.params)}
    for name, each in group.commands.items():
        arguments = (p.name.upper() for p in each.params if p.param_type_name == "argument")
        declared[" ".join((name, *arguments))] = options_in(each.params)
    return declared


def options_of_the_command() -> set[str]:
    return {*chain.from_iterable(declared_commands().values())}


def table_of_commands() -> str:
    (table,) = re.findall(r"## The command\n(.*?)\n## ", SERVICE, re.DOTALL)
    return str(table)


def test_the_table_of_commands_has_all_with_their_options() -> None:
    rows = re.findall(r"^\| (?:`([a-z][^`…]*)`)? ?\| ([^|]*)\|", table_of_commands(), re.MULTILINE)

    assert {name: {*re.findall(r"`(--[a-z-]+)`", said)} for name, said in rows} == (
        declared_commands()
    )


def test_the_table_of_exit_codes_has_all() -> None:
    told = re.findall(r"^\| `(\d+)` \|", table_of_commands(), re.MULTILINE)
    codes = {code for name, code in vars(failures).items() if name.isupper()}

    assert {*map(int, told)} == {0, INTERRUPTED} | {c for c in codes if isinstance(c, int)}


def test_every_option_of_the_commands_is_in_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    options = {*options_of_the_indexer(capsys), *options_of_the_command()} - {"--help"}

    assert {option for option in options if not re.search(rf"{option}(?![a-z-])", TEXT)} == set()


def test_every_option_of_a_command_in_a_document_exists(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = re.findall(r"(?:python -m indexer|episode-search) [a-z]+[^`\n#]*", TEXT)
    options = {option for line in named for option in re.findall(r"(?<= )--[a-z-]+", line)}

    assert options - {*options_of_the_indexer(capsys), *options_of_the_command()} == set()
    assert options


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_is_named_in_the_architecture_or_beside_it(module: Path) -> None:
    beside = (REPOSITORY / module.parts[0] / "README.md").read_text()
    architecture = (REPOSITORY / "ARCHITECTURE.md").read_text()
    named = rf"`{module.name}`|`{module}\.py`"

    assert re.search(named, architecture + beside)


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


def test_every_suppressed_check_has_a_reason() -> None:
    """On its line, or on the line above."""
    folders = ("indexer", "service", "tests", "seeds")
    for path in (file for folder in folders for file in (REPOSITORY / folder).rglob("*.py")):
        lines = path.read_text().splitlines()
        for above, line in pairwise(["", *lines]):
            if found := LEFT_OUT.search(line):
                assert found["reason"] or above.lstrip().startswith("# "), f"{path}: {line}"
