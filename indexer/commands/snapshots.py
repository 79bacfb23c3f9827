"""The commands about published snapshots: verify, diff, rollback, push."""

import argparse

from indexer.commands.options import Commands, add_index, add_questions, questions_to_compare
from indexer.corpus import FeedHistory
from indexer.index.engine.address import FAISS
from indexer.index.engine.engine import Engine
from indexer.index.engine.opening import open_engine
from indexer.reindexing import remembered_index
from indexer.snapshot import Snapshot, current_name, names, read_manifest, rollback, verify
from indexer.snapshot.comparison import compare
from indexer.snapshot.snapshot_store import SnapshotStore


def add_verify(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("verify", help="check every file of the snapshot in force")
    command.set_defaults(run=_verify)
    return command


def add_diff(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("diff", help="compare a snapshot with the one in force")
    command.set_defaults(run=_diff)
    command.add_argument(
        "name", nargs="?", help="the snapshot (default: the newest that is not in force)"
    )
    add_questions(command)
    add_index(command)
    return command


def add_rollback(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("rollback", help="put the previous snapshot in force again")
    command.set_defaults(run=_rollback)
    command.add_argument("--to", metavar="NAME", help="put this snapshot in force instead")
    add_index(command)
    return command


def add_push(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser("push", help="put the snapshot in force in an object store")
    command.set_defaults(run=_push)
    command.add_argument("store", metavar="ADDRESS", help="the store, as s3://bucket/prefix")
    command.add_argument("--again", action="store_true", help="upload what is there already too")
    command.add_argument(
        "--keep", type=int, default=3, help="snapshots to keep in the store (default 3)"
    )
    return command


def _verify(options: argparse.Namespace) -> None:
    directory = options.out / current_name(options.out)
    manifest = read_manifest(directory)
    verify(directory, manifest)
    print(f"{directory}: all {len(manifest.files)} files are unchanged")


def _diff(options: argparse.Namespace) -> None:
    in_force = current_name(options.out)
    others = [name for name in names(options.out) if name != in_force]
    name = options.name or next(reversed(others), in_force)
    engine = _engine_of(options)
    old, new = (Snapshot(options.out / each, engine=engine) for each in (in_force, name))
    print(f"in force   {old.id}\ncompared   {new.id}")
    print(compare(old, new, questions_to_compare(options)))


def _rollback(options: argparse.Namespace) -> None:
    current_name(options.out)  # before there is a folder to lock
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
