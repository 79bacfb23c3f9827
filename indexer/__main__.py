"""The command line of the indexer: `python -m indexer --help`."""

import argparse
import logging
import os
import re
import sqlite3
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias, get_args

from indexer.adaptation.adaptation import Adaptation, told_figures
from indexer.adaptation.adapters import Adapters
from indexer.build import BuildOptions, Outcome, build
from indexer.corpus import FeedHistory, Fetch, Rejection, field_names
from indexer.corpus.companions import Companions
from indexer.corpus.feeds.history import FeedRound
from indexer.corpus.fetching.fetcher import Fetcher
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.artifact_cache import ModelRecord
from indexer.encoder.cluster import Cluster
from indexer.encoder.cluster.ray_actors import RayCluster
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.device import CUDA, Device, embedder_on
from indexer.encoder.model import DEFAULT_NAME, Model, resolve_model
from indexer.encoder.pair import EncoderPair
from indexer.encoder.record import EncoderRecord
from indexer.encoder.reranker import prepare_reranker
from indexer.errors import (
    AdaptationRefused,
    ClusterError,
    CorpusError,
    EpisodeSearchError,
    ModelNotFound,
    SnapshotError,
    TooMuchChurn,
)
from indexer.index.engine.address import FAISS, VARIABLE
from indexer.index.engine.engine import Engine
from indexer.index.engine.opening import open_engine
from indexer.index.vectors.record import WANTED_RECALL
from indexer.reindexing import remember, remembered_index, restore
from indexer.snapshot import (
    ADAPTERS,
    TRANSCRIPTS,
    Snapshot,
    current_name,
    names,
    prune_between_builds,
    read_manifest,
    rollback,
    verify,
)
from indexer.snapshot.comparison import Gate, compare, read_questions
from indexer.snapshot.snapshot_store import SnapshotStore
from indexer.storage.object_store import is_address
from indexer.watch.due_feeds import DueFeeds
from indexer.watch.schedule import Bounds
from indexer.watch.stopping import Stopping
from indexer.watch.textfile import Textfile
from indexer.watch.watch import Watch

_REJECTIONS_PRINTED = 20
_FEWEST_DIMENSIONS = 8
_MINUTES_TO_ADAPT = 10.0
_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

_LOCAL, _RAY = "local", "ray"

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: list[str] | None = None) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except EpisodeSearchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # what reads the output has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, sqlite3.Error) as error:
        print(f"error: {error}; the snapshot in force is unchanged.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indexer", description="Build snapshots.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    building = (_add_build, _add_reindex, _add_watch, _add_forget)
    for add in (*building, _add_verify, _add_diff, _add_rollback, _add_push):
        command = add(commands)
        command.add_argument(
            "--out",
            type=_directory,
            required=True,
            metavar="DIR",
            help="directory of the snapshots",
        )
    return parser


def _add_build(commands: _Commands) -> argparse.ArgumentParser:
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
        type=_dimensions,
        metavar="N",
        help="keep the first N dimensions of the vectors, of models that are trained for it",
    )
    command.set_defaults(adapter=None)
    _add_adapting_options(command)
    _add_reading_options(command)
    _add_publishing_options(command)
    return command


def _add_reindex(commands: _Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("reindex", help="read the same corpus again and publish changes")
    command.set_defaults(run=_reindex)
    _add_adapting_options(command)
    _add_reading_options(command)
    _add_publishing_options(command)
    return command


def _add_watch(commands: _Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("watch", help="read the corpus in force again, feeds when due")
    command.set_defaults(run=_watch, adapt=False, adapt_minutes=None)
    command.add_argument(
        "--every", type=_period, default="15m", help="time between two rounds (default 15m)"
    )
    command.add_argument("--once", action="store_true", help="run one round and exit")
    command.add_argument(
        "--shortest",
        type=_period,
        default="5m",
        help="least time between two requests of a feed (default 5m)",
    )
    command.add_argument(
        "--longest",
        type=_period,
        default="1d",
        help="most time between two requests of a feed (default 1d)",
    )
    command.add_argument(
        "--textfile",
        type=_new_file,
        metavar="FILE",
        help="write metrics for node_exporter to this file, whose name ends in .prom",
    )
    _add_reading_options(command)
    _add_publishing_options(command)
    return command


def _add_adapting_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--adapt",
        action="store_true",
        help="train the encoder with the corpus, and use it if held-out podcasts rank better",
    )
    command.add_argument(
        "--adapt-minutes",
        type=_minutes,
        metavar="N",
        help=f"most time to train (default {_MINUTES_TO_ADAPT:g})",
    )


def _add_reading_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reread", action="store_true", help="read unchanged files too")
    command.add_argument("--strict", action="store_true", help="stop at the first bad record")
    command.add_argument(
        "--allow-private", action="store_true", help="fetch from private addresses too"
    )
    command.add_argument(
        "--transcripts",
        action=argparse.BooleanOptionalAction,
        help="fetch and index transcripts and files of chapters (default: as last time, else not)",
    )
    command.add_argument(
        "--keep-episodes",
        choices=("all", "listed"),
        help="episodes of a feed: all that it ever listed (default), or those it lists now",
    )
    command.add_argument(
        "--map",
        metavar="FIELD=NAME,…",
        help="what the columns or fields of files are, as 'summary=Show Notes,title=Name'",
    )
    command.add_argument(
        "--device",
        choices=get_args(Device),
        default="auto",
        help="where documents are embedded; auto uses a graphics card if there is one",
    )
    command.add_argument(
        "--embed-with",
        type=_embedding_place,
        default=_LOCAL,
        metavar="local|ray|ray://HOST:PORT",
        help="where documents are embedded: here (default), or by a cluster of Ray",
    )
    command.add_argument(
        "--threads", type=int, default=available_cpus(), help="default: the number of processors"
    )


def _add_publishing_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--max-lost",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="refuse if more of the episodes would disappear from the same sources (default 0.05)",
    )
    command.add_argument(
        "--max-churn",
        type=float,
        metavar="SHARE",
        help="refuse if the answers change more than this: 0 allows no change, 1 any",
    )
    _add_questions(command)
    command.add_argument(
        "--recall",
        type=_share,
        help=f"least recall@10 of the vector index (default {WANTED_RECALL:g}; of a reindex, that "
        "of the snapshot in force)",
    )
    command.add_argument("--keep", type=int, default=3, help="snapshots to keep (default 3)")
    _add_index(command)


def _add_index(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--index",
        default=os.environ.get(VARIABLE),
        metavar="ADDRESS",
        help="where vectors are: faiss, in the snapshot (default), milvus://host:19530/name, or "
        f"milvus+file:path.db/name; also {VARIABLE} (else as last time)",
    )


def _add_questions(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="questions to compare answers of, one on each line (default: titles)",
    )


def _add_forget(commands: _Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("forget", help="forget a feed or an episode that was kept")
    command.set_defaults(run=_forget)
    command.add_argument(
        "name", metavar="ADDRESS|ID", help="address of the feed, or id of the episode"
    )
    return command


def _add_verify(commands: _Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("verify", help="check every file of the snapshot in force")
    command.set_defaults(run=_verify)
    return command


def _add_diff(commands: _Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("diff", help="compare a snapshot with the one in force")
    command.set_defaults(run=_diff)
    command.add_argument(
        "name", nargs="?", help="the snapshot (default: the newest that is not in force)"
    )
    _add_questions(command)
    _add_index(command)
    return command


def _add_rollback(commands: _Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("rollback", help="put the previous snapshot in force again")
    command.set_defaults(run=_rollback)
    command.add_argument("--to", metavar="NAME", help="put this snapshot in force instead")
    _add_index(command)
    return command


def _add_push(commands: _Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("push", help="put the snapshot in force in an object store")
    command.set_defaults(run=_push)
    command.add_argument("store", metavar="ADDRESS", help="the store, as s3://bucket/prefix")
    command.add_argument("--again", action="store_true", help="upload what is there already too")
    command.add_argument(
        "--keep", type=int, default=3, help="snapshots to keep in the store (default 3)"
    )
    return command


def _build(options: argparse.Namespace) -> None:
    started = time.monotonic()
    history = FeedHistory(options.out / "feeds")
    fetcher = Fetcher(options.out / "feeds", allow_private=options.allow_private)
    try:
        outcome = _publish(options, history, fetcher)
    finally:
        history.close()
        _tell_feeds(history.rounds)
    _tell(outcome, options.out, time.monotonic() - started)


def _publish(options: argparse.Namespace, history: FeedHistory, fetch: Fetch) -> Outcome:
    """Build, put in force and prune."""
    named = field_names(options.map or "")  # before a model is looked for
    cluster = _cluster(options)
    engine = open_engine(options.index or FAISS)
    adaptation = _adaptation(options)
    pair = _encoders(options, adaptation)
    reranker = options.reranker and prepare_reranker(
        resolve_model(options.reranker, options.reranker_revision), options.out / "encoders"
    )
    history.listed_only = options.keep_episodes == "listed"
    build_options = BuildOptions(
        reranker=reranker,
        document_encoder=None if pair.is_one else pair.documents,
        embedder=None if cluster else embedder_on(options.device, pair.document_model),
        cluster=cluster,
        wanted_recall=options.recall or WANTED_RECALL,
        threads=options.threads,
        on_rejected=_Rejections(strict=options.strict),
        fetch=fetch,
        reread=options.reread or options.strict or options.adapt,
        gate=_gate(options),
        history=history,
        field_names=named,
        companions=_companions(options),
        max_lost=options.max_lost,
        adapt=adaptation,
        engine=engine,
    )
    try:
        outcome = build(options.corpus, options.out, pair.questions, build_options)
        models: list[ModelRecord] = [*_models(pair, outcome)]
        remember(history, options, [*models, reranker.record] if reranker else models)
    except TooMuchChurn:
        prune_between_builds(options.out, options.keep, engine)
        raise
    prune_between_builds(options.out, options.keep, engine)
    if adaptation:
        adaptation.prune(_adapters_used(options.out))
    return outcome


def _adaptation(options: argparse.Namespace) -> Adaptation | None:
    """What adapts the encoder, or follows the corpus with that adapted before; None for neither."""
    if not (options.adapt or options.adapter):
        return None
    if options.query_model:
        raise AdaptationRefused(
            "--adapt trains one encoder for documents and questions; leave --query-model out."
        )
    return Adaptation(
        base=_model(options, options.model, options.revision),
        adapters=Adapters(options.out / ADAPTERS),
        encoders=options.out / "encoders",
        precision=options.precision,
        device=options.device,
        threads=options.threads,
        minutes=options.adapt_minutes or _MINUTES_TO_ADAPT,
        asked=options.adapt,
        adapter=options.adapter,
    )


def _adapters_used(root: Path) -> set[str]:
    """The adapters of the snapshots that are kept."""
    used = set()
    for name in names(root):
        with suppress(SnapshotError):
            if adaptation := read_manifest(root / name).encoder.adaptation:
                used.add(adaptation.adapter)
    return used


def _models(pair: EncoderPair, outcome: Outcome) -> list[EncoderRecord]:
    """The encoders of the build; one that it adapted is found where its base is."""
    base, used = pair.questions.record, outcome.manifest.encoder
    adapted = [used.called(base.model, base.revision)] if used.adaptation else []
    return [pair.documents.record, base, *adapted]


def _encoders(options: argparse.Namespace, adaptation: Adaptation | None) -> EncoderPair:
    """The encoder of the documents, and that of the questions, which is often the same."""
    if adaptation:
        documents = adaptation.in_use
    else:
        documents = _model(options, options.model, options.revision)
    artifact = _exported(options, documents)
    if not options.query_model:
        return EncoderPair(documents, artifact, artifact)
    questions = _model(options, options.query_model, options.query_revision)
    pair = EncoderPair(documents, artifact, _exported(options, questions))
    pair.refuse_unrelated(options.threads)
    return pair


def _model(options: argparse.Namespace, name: str, revision: str | None) -> Model:
    model = resolve_model(name, revision)
    return model.truncated(options.dimensions) if options.dimensions else model


def _exported(options: argparse.Namespace, model: Model) -> Artifact:
    return prepare(model, options.out / "encoders", options.precision, options.threads)


def _companions(options: argparse.Namespace) -> Companions | None:
    if not options.transcripts:
        return None
    return Companions(options.out / TRANSCRIPTS, options.allow_private)


def _cluster(options: argparse.Namespace) -> Cluster | None:
    if options.embed_with == _LOCAL:
        return None
    if options.device == CUDA:
        raise ClusterError("--device cuda is of this machine; leave out --embed-with, or --device.")
    return RayCluster(None if options.embed_with == _RAY else options.embed_with)


def _forget(options: argparse.Namespace) -> None:
    with FeedHistory(options.out / "feeds") as history:
        dropped = history.forget(options.name)
    if not dropped:
        raise CorpusError(
            f"No feed has the address {options.name} and no episode of a feed has this id; "
            "copy it from an answer of the service."
        )
    print(f"forgotten  {dropped:,} episodes; the next build omits them")


def _tell_feeds(rounds: list[FeedRound]) -> None:
    for each in rounds:
        if each.is_changed or each.failed_since:
            print(f"feed       {each}")


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if 0 < share <= 1:
        return share
    raise argparse.ArgumentTypeError(
        f"{text} is out of range; give a number above 0 and up to 1, such as 0.98"
    )


def _dimensions(text: str) -> int:
    if text.isdecimal() and int(text) >= _FEWEST_DIMENSIONS:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text} is no number of dimensions; give {_FEWEST_DIMENSIONS} or more, such as 256"
    )


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if 0 < minutes < float("inf"):
        return minutes
    raise argparse.ArgumentTypeError(f"{text} is no time; give minutes above 0, such as 10")


def _period(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([smhd]?)", text.strip())
    if found:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    raise argparse.ArgumentTypeError(f"{text} is no period; give one as 90s, 15m, 2h or 1d")


def _directory(text: str) -> Path:
    if is_address(text):
        raise argparse.ArgumentTypeError(
            f"{text} is an object store; build in a directory, then run python -m indexer push"
        )
    return Path(text)


def _embedding_place(text: str) -> str:
    if text in (_LOCAL, _RAY) or re.fullmatch(r"ray://[^/\s:]+:\d+", text):
        return text
    raise argparse.ArgumentTypeError(f"{text} is no place; give local, ray, or ray://host:10001")


def _new_file(text: str) -> Path:
    if (file := Path(text)).parent.is_dir():
        return file
    raise argparse.ArgumentTypeError(f"{file.parent} is no folder; make it, or name another")


def _gate(options: argparse.Namespace) -> Gate | None:
    if options.max_churn is None:
        return None
    return Gate(options.max_churn, _questions(options))


def _questions(options: argparse.Namespace) -> list[str]:
    return read_questions(options.questions) if options.questions else []


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
            return _publish(again, history, feeds.asking(fetcher))

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


class _Rejections:
    """Prints the first 20 rejections; raises CorpusError at the first one if strict."""

    def __init__(self, *, strict: bool) -> None:
        self.count = 0
        self._strict = strict

    def __call__(self, rejection: Rejection) -> None:
        if self._strict:
            raise CorpusError(f"{rejection}.")
        self.count += 1
        if self.count <= _REJECTIONS_PRINTED:
            print(f"{'note' if rejection.kept else 'skipped'}: {rejection}", file=sys.stderr)
        elif self.count == _REJECTIONS_PRINTED + 1:
            print("… further ones are only counted", file=sys.stderr)


def _tell(outcome: Outcome, root: Path, seconds: float) -> None:
    manifest, changes = outcome.manifest, outcome.changes
    print(f"read       {manifest.corpus.episodes:,} episodes")
    print(f"skipped    {manifest.corpus.skipped:,} records")
    print(f"merged     {manifest.corpus.merged:,} copies")
    print(
        f"episodes   {changes.new:,} new, {changes.changed:,} changed, "
        f"{changes.removed:,} removed, {changes.unchanged:,} unchanged"
    )
    if outcome.earlier and not outcome.earlier.embedded_by.is_same(manifest.embedded_by):
        print(f"model      {manifest.embedded_by.model}, changed: all texts are embedded again")
    if manifest.encoder.adaptation:
        print(f"adapted    {told_figures(manifest.encoder.adaptation)}")
    if outcome.texts:
        reused = outcome.texts - outcome.embedded
        print(f"texts      {outcome.embedded:,} embedded, {reused:,} reused")
    else:
        print("texts      none embedded: nothing has changed")
    found, wanted = manifest.index.recall_at_10, manifest.wanted_recall
    print(f"index      recall@10 {found:.3f}, wanted {wanted:g}")
    if outcome.seconds:
        stages = (f"{stage} {seconds:.1f}" for stage, seconds in outcome.seconds.items())
        print(f"seconds    {', '.join(stages)}")
    print(f"took       {seconds:.1f} s")
    print(f"in force   {root / manifest.snapshot_id}")


def _diff(options: argparse.Namespace) -> None:
    in_force = current_name(options.out)
    others = [name for name in names(options.out) if name != in_force]
    name = options.name or next(reversed(others), in_force)
    engine = _engine_of(options)
    old, new = (Snapshot(options.out / each, engine=engine) for each in (in_force, name))
    print(f"in force   {old.id}\ncompared   {new.id}")
    print(compare(old, new, _questions(options)))


def _rollback(options: argparse.Namespace) -> None:
    print(f"in force   {options.out / rollback(options.out, options.to, _engine_of(options))}")


def _engine_of(options: argparse.Namespace) -> Engine | None:
    """The engine that is given, or that the last build wrote to."""
    if options.index or not (options.out / "feeds").exists():
        return open_engine(options.index or FAISS)
    with FeedHistory(options.out / "feeds") as history:
        return open_engine(remembered_index(history))


def _push(options: argparse.Namespace) -> None:
    store = SnapshotStore(options.store)
    name = store.push(options.out, max(1, options.keep), again=options.again)
    print(f"in force   {store.address}/{name}")


def _verify(options: argparse.Namespace) -> None:
    directory = options.out / current_name(options.out)
    manifest = read_manifest(directory)
    verify(directory, manifest)
    print(f"{directory}: all {len(manifest.files)} files are unchanged")


if __name__ == "__main__":
    sys.exit(main())
