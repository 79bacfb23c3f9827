"""The commands of `episode-search`; service/README.md lists them with their exit codes."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from indexer.storage.object_store import is_address
from service.cli.answers import Source
from service.cli.failures import (
    FAILED,
    NOT_REACHABLE,
    NOTHING_ANSWERS,
    fail,
    quiet_pipe,
    reported,
)
from service.cli.tables import Terminal, print_episodes, print_hits, print_podcasts
from service.client.calls import episode_path
from service.client.errors import another_version


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        with quiet_pipe():  # here, since typer itself would exit as if nothing answered
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    help="Semantic search over podcast episode summaries.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_passed_on = {"allow_extra_args": True, "ignore_unknown_options": True}


def _directory(given: str | Path) -> Path:
    """`given` is a Path where it is a default."""
    if is_address(str(given)):
        raise typer.BadParameter(
            f"{given} is an object store; build in a directory, then run python -m indexer push"
        )
    return Path(given)


Snapshots = Annotated[
    str,
    typer.Option(
        envvar="EPISODE_SEARCH_SNAPSHOTS",
        help="Where snapshots are published: a directory, or an object store as s3://bucket/prefix.",
    ),
]
Root = Annotated[
    Path,
    typer.Option(
        "--snapshots",
        envvar="EPISODE_SEARCH_SNAPSHOTS",
        parser=_directory,
        metavar="DIRECTORY",
        help="Directory of the published snapshots.",
    ),
]
Url = Annotated[
    str | None,
    typer.Option(help="Address of a running service; without it, the local snapshot answers."),
]
ApiKey = Annotated[str | None, typer.Option(envvar="EPISODE_SEARCH_KEY", help="API key for --url.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Limit = Annotated[int, typer.Option("--limit", "-k", min=1, max=100, help="Results to show.")]
Corpus = Annotated[
    list[str] | None, typer.Option(help="A file, folder or feed address to index first.")
]

_DEFAULT = ".snapshots"
_DEFAULT_ROOT = Path(_DEFAULT)
_SEEDS = "000_2f0e223b5a2c1814.txt"


def run() -> None:
    """Run the command of `sys.argv`; exits."""
    app(prog_name="episode-search")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version("episode-search"))
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command(context_settings=_passed_on)
def serve(context: typer.Context, snapshots: Snapshots = _DEFAULT, corpus: Corpus = None) -> None:
    """Start the service. Indexes --corpus first, or the seed episodes if nothing is published.

    Further options are the settings of the service; see `python -m service --help`.
    """
    arguments = ["--snapshots", snapshots, *context.args]
    sys.argv = ["episode-search serve", *arguments]
    if (corpus or not is_address(snapshots)) and _index_first(corpus, _directory(snapshots)):
        # A new program, since this one has loaded torch and more that a service does without.
        os.execv(sys.executable, [sys.executable, "-P", "-m", "service", *arguments])
    from service.__main__ import main as run_service

    _exit_with(run_service())


@app.command(context_settings=_passed_on)
def index(context: typer.Context, sources: list[str], snapshots: Root = _DEFAULT_ROOT) -> None:
    """Index files, folders or feed addresses and publish a snapshot.

    For further options see `python -m indexer build --help`.
    """
    options = [argument for argument in sources if argument.startswith("--")]
    if options:
        raise typer.BadParameter(f"name the sources before {options[0]}")
    _index(sources, snapshots, context.args)


@app.command(context_settings=_passed_on)
def reindex(context: typer.Context, snapshots: Root = _DEFAULT_ROOT) -> None:
    """Read the corpus again and publish a new snapshot if it has changed."""
    _run_on(snapshots, "reindex", *context.args)


@app.command(context_settings=_passed_on)
def watch(context: typer.Context, snapshots: Root = _DEFAULT_ROOT) -> None:
    """Read the corpus in force again and again, each feed when it is due; publish what changed.

    Further options: see `python -m indexer watch --help`.
    """
    _run_on(snapshots, "watch", *context.args)


@app.command()
def forget(what: str, snapshots: Root = _DEFAULT_ROOT) -> None:
    """Forget the episodes of a feed address, or the episode of an id; the next build omits them."""
    _run_on(snapshots, "forget", what)


@app.command()
def verify(snapshots: Snapshots = _DEFAULT) -> None:
    """Check every file of the snapshot in force against its checksum."""
    if not is_address(snapshots):
        _run_on(Path(snapshots), "verify")
        return
    from indexer.snapshot.snapshot_store import SnapshotStore

    with reported():
        print(SnapshotStore(snapshots).verify())


@app.command(context_settings=_passed_on)
def diff(context: typer.Context, snapshots: Root = _DEFAULT_ROOT) -> None:
    """Compare the answers of a snapshot with those of the one in force."""
    _run_on(snapshots, "diff", *context.args)


@app.command(context_settings=_passed_on)
def rollback(context: typer.Context, snapshots: Root = _DEFAULT_ROOT) -> None:
    """Put the previous snapshot in force again."""
    _run_on(snapshots, "rollback", *context.args)


@app.command()
def evaluate(
    snapshots: Root = _DEFAULT_ROOT,
    corpus: Annotated[
        list[Path] | None, typer.Option(help="A file or folder whose titles are the questions.")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A folder in BEIR layout: corpus.jsonl, queries.jsonl, qrels.tsv."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Name or path of another encoder to measure.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the ranking of your own corpus.

    Its titles are hidden and asked; without --corpus and --data, those of the published snapshot,
    with its own models.
    """
    if not (corpus or data):
        _need_a_snapshot(snapshots)
    _need_the_indexer()
    from service.cli.evaluations import evaluate_all

    with reported():
        evaluate_all(snapshots, corpus or (), data or (), model, as_json=as_json)


@app.command()
def keys(name: str, scopes: list[str]) -> None:
    """Make an API key: print its line for the --keys file, and the key, which is shown once."""
    from service.keys import main as make_key

    make_key([name, *scopes])


@app.command()
def search(
    question: str,
    snapshots: Snapshots = _DEFAULT,
    url: Url = None,
    key: ApiKey = None,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """Ask a question; the exit code is 1 if no episode answers it."""
    source = Source(snapshots, url, key)
    answer = _answer(source, "/search", q=question, k=limit)
    _show(answer, as_json, lambda console: print_hits(console, answer["hits"]))
    if not answer.get("answered"):
        print("No episode answers this question; the nearest are shown.", file=sys.stderr)
        raise typer.Exit(NOTHING_ANSWERS)


@app.command()
def similar(
    episode_id: str,
    snapshots: Snapshots = _DEFAULT,
    url: Url = None,
    key: ApiKey = None,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """Find episodes similar to one."""
    source = Source(snapshots, url, key)
    answer = _answer(source, f"{episode_path(episode_id)}/similar", k=limit)
    _show(answer, as_json, lambda console: print_hits(console, answer["hits"]))


@app.command()
def episodes(
    snapshots: Snapshots = _DEFAULT,
    url: Url = None,
    key: ApiKey = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest episodes."""
    answer = _answer(Source(snapshots, url, key), "/episodes", limit=limit)
    _show(answer, as_json, lambda console: print_episodes(console, answer["episodes"]))


@app.command()
def podcasts(
    snapshots: Snapshots = _DEFAULT,
    url: Url = None,
    key: ApiKey = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List the podcasts by title."""
    answer = _answer(Source(snapshots, url, key), "/podcasts", limit=limit)
    _show(answer, as_json, lambda console: print_podcasts(console, answer["podcasts"]))


@app.command()
def mcp(snapshots: Snapshots = _DEFAULT, url: Url = None, key: ApiKey = None) -> None:
    """Give an agent tools over standard input and output (Model Context Protocol)."""
    try:
        from service.cli.agents import run_stdio
    except ModuleNotFoundError:
        fail(ModuleNotFoundError("run pip install 'episode-search[mcp]'."), FAILED)
    run_stdio(Source(snapshots, url, key))


def _answer(source: Source, path: str, **parameters: str | int) -> dict[str, Any]:
    with reported():
        return source.get(path, parameters)


def _show(answer: dict[str, Any], as_json: bool, print_table: Callable[[Console], None]) -> None:
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    try:
        print_table(Terminal())
    except (KeyError, TypeError, AttributeError):
        fail(another_version("the service"), NOT_REACHABLE)


def _index_first(corpus: Sequence[str] | None, snapshots: Path) -> bool:
    """Index what is to be served; False if there is nothing to do.

    It ends the command if the service could not start: what takes minutes must not fail at its end.
    """
    if not corpus and (snapshots / "CURRENT").exists():
        return False
    from service.__main__ import check_start

    _exit_with(check_start())
    _index(corpus or [str(_seeds())], snapshots, [])
    return True


def _index(sources: Sequence[str], snapshots: Path, options: Sequence[str]) -> None:
    _run_indexer("build", "--corpus", *sources, "--out", str(snapshots), *options)


def _seeds() -> Path:
    """The seed episodes. Other folders called seeds may be on the path of modules too."""
    spec = find_spec("seeds")
    folders = (spec and spec.submodule_search_locations) or ()
    return next(file for folder in folders if (file := Path(folder) / _SEEDS).is_file())


def _run_indexer(*arguments: str) -> None:
    _need_the_indexer()
    from indexer.__main__ import main as run_indexer

    _exit_with(run_indexer(list(arguments)))


def _exit_with(code: int) -> None:
    """Ends the command if another one's exit code tells a failure."""
    if code:
        raise typer.Exit(FAILED if code == 1 else code)


def _run_on(snapshots: Path, command: str, *options: str) -> None:
    """A command of the indexer that needs a published snapshot."""
    _need_a_snapshot(snapshots)
    _run_indexer(command, "--out", str(snapshots), *options)


def _need_a_snapshot(snapshots: Path) -> None:
    from indexer.snapshot import current_name

    with reported():
        current_name(snapshots)


def _need_the_indexer() -> None:
    try:
        import indexer.__main__  # noqa: F401 - to see whether what it needs is installed
    except ModuleNotFoundError as error:
        missing = "building an index needs more packages; run pip install 'episode-search[indexer]'"
        fail(ModuleNotFoundError(f"{missing} ({error.name} is missing)."), FAILED)
