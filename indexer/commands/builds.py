"""The commands that read a corpus: build, reindex, watch, forget."""

import argparse
import time

from indexer.build import Outcome
from indexer.commands.options import (
    Commands,
    add_adapting_options,
    add_publishing_options,
    add_reading_options,
)
from indexer.commands.outcomes import tell_feeds, tell_outcome
from indexer.commands.publishing import publish
from indexer.commands.values import dimensions, new_file, period
from indexer.corpus import FeedHistory, refuse_missing
from indexer.corpus.fetching.fetcher import Fetcher
from indexer.encoder.model import DEFAULT_NAME
from indexer.errors import CorpusError, ModelNotFound
from indexer.reindexing import restore
from indexer.snapshot import current_name, read_manifest
from indexer.watch.due_feeds import DueFeeds
from indexer.watch.schedule import Bounds
from indexer.watch.stopping import Stopping
from indexer.watch.textfile import Textfile
from indexer.watch.watch import Watch


def add_build(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("build", help="index a corpus and publish a snapshot")
    command.set_defaults(run=_build)
    command.add_argument(
        "--corpus",
        nargs="+",
        required=True,
        metavar="SOURCE",
        help="files, folders, http(s) addresses of feeds, or - for standard input",
    )
    command.add_argument("--model", default=DEFAULT_NAME, help="name or path of the encoder")
    command.add_argument("--revision", help="revision of the encoder on the hub")
    command.add_argument(
        "--query-model",
        metavar="MODEL",
        help="a smaller encoder for the questions, of the same space (default: --model)",
    )
    command.add_argument("--query-revision", help="revision of --query-model on the hub")
    command.add_argument("--reranker", help="name or path of a cross-encoder (default: none)")
    command.add_argument("--reranker-revision", help="revision of the cross-encoder on the hub")
    command.add_argument(
        "--precision",
        choices=("int8", "fp32"),
        default="int8",
        help="arithmetic of the encoder (default int8)",
    )
    command.add_argument(
        "--dimensions",
        type=dimensions,
        metavar="N",
        help="keep the first N dimensions of the vectors, of models that are trained for it",
    )
    command.set_defaults(adapter=None)
    add_adapting_options(command)
    add_reading_options(command)
    add_publishing_options(command)
    return command


def add_reindex(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("reindex", help="read the same corpus again and publish changes")
    command.set_defaults(run=_reindex)
    add_adapting_options(command)
    add_reading_options(command)
    add_publishing_options(command)
    return command


def add_watch(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("watch", help="read the corpus in force again, feeds when due")
    command.set_defaults(run=_watch, adapt=False, adapt_minutes=None)
    command.add_argument(
        "--every", type=period, default="15m", help="time between two rounds (default 15m)"
    )
    command.add_argument("--once", action="store_true", help="run one round and exit")
    command.add_argument(
        "--shortest",
        type=period,
        default="5m",
        help="least time between two requests of a feed (default 5m)",
    )
    command.add_argument(
        "--longest",
        type=period,
        default="1d",
        help="most time between two requests of a feed (default 1d)",
    )
    command.add_argument(
        "--textfile",
        type=new_file,
        metavar="FILE",
        help="write metrics for node_exporter to this file, whose name ends in .prom",
    )
    add_reading_options(command)
    add_publishing_options(command)
    return command


def add_forget(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("forget", help="forget a feed or an episode that was kept")
    command.set_defaults(run=_forget)
    command.add_argument(
        "name", metavar="ADDRESS|ID", help="address of the feed, or id of the episode"
    )
    return command


def _build(options: argparse.Namespace) -> None:
    refuse_missing(options.corpus)  # before there is a folder for the history
    started = time.monotonic()
    history = FeedHistory(options.out / "feeds")
    fetcher = Fetcher(options.out / "feeds", allow_private=options.allow_private)
    try:
        outcome = publish(options, history, fetcher)
    finally:
        history.close()
        tell_feeds(history.rounds)
    tell_outcome(outcome, options.out, time.monotonic() - started)


def _reindex(options: argparse.Namespace) -> None:
    current_name(options.out)  # before there is a folder for the history
    with FeedHistory(options.out / "feeds") as history:
        again = _as_in_force(options, history)
    try:
        _build(again)
    except ModelNotFound as error:
        name = current_name(options.out)
        raise ModelNotFound(f"a model of {name} cannot be found again: {error}") from error


def _watch(options: argparse.Namespace) -> None:
    current_name(options.out)
    stopping = Stopping()
    with stopping.by_signals(), FeedHistory(options.out / "feeds") as history:

        def build_due(feeds: DueFeeds) -> Outcome:
            again = _as_in_force(options, history)
            fetcher = Fetcher(options.out / "feeds", again.allow_private, on_answer=feeds.hear)
            return publish(again, history, feeds.asking(fetcher))

        _as_in_force(options, history)  # so that a watch that can do nothing does not begin
        feeds = DueFeeds(history, Bounds(options.shortest, options.longest))
        textfile = Textfile(options.textfile) if options.textfile else None
        watch = Watch(options.out, history, feeds, build_due, textfile)
        try:
            watch.round_once(stopping) if options.once else watch.run(options.every, stopping)
        finally:
            watch.save()


def _as_in_force(options: argparse.Namespace, history: FeedHistory) -> argparse.Namespace:
    """The same corpus, models, precision and recall as the snapshot in force."""
    in_force = read_manifest(options.out / current_name(options.out))
    again = argparse.Namespace(**vars(options))
    restore(again, in_force, history)
    return again


def _forget(options: argparse.Namespace) -> None:
    if not (options.out / "feeds").exists():
        current_name(options.out)  # so that nothing is made where nothing was built
    with FeedHistory(options.out / "feeds") as history:
        dropped = history.forget(options.name)
    if not dropped:
        raise CorpusError(
            f"No feed has the address {options.name} and no episode of a feed has this id; "
            "copy it from an answer of the service."
        )
    print(f"forgotten  {dropped:,} episodes; the next build omits them")
