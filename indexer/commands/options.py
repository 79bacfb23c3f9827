"""The options that several commands have."""

import argparse
import os
from pathlib import Path
from typing import TypeAlias, get_args

from indexer.commands.values import LOCAL, embedding_place, minutes, share_of_one
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.device import Device
from indexer.index.engine.address import VARIABLE
from indexer.index.vectors.record import WANTED_RECALL
from indexer.snapshot.comparison import read_questions

MINUTES_TO_ADAPT = 10.0
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_adapting_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--adapt",
        action="store_true",
        help="train the encoder with the corpus, and use it if held-out podcasts rank better",
    )
    command.add_argument(
        "--adapt-minutes",
        type=minutes,
        metavar="N",
        help=f"most time to train (default {MINUTES_TO_ADAPT:g})",
    )


def add_reading_options(command: argparse.ArgumentParser) -> None:
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
        type=embedding_place,
        default=LOCAL,
        metavar="local|ray|ray://HOST:PORT",
        help="where documents are embedded: here (default), or by a cluster of Ray",
    )
    command.add_argument(
        "--threads", type=int, default=available_cpus(), help="default: the number of processors"
    )


def add_publishing_options(command: argparse.ArgumentParser) -> None:
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
    add_questions(command)
    command.add_argument(
        "--recall",
        type=share_of_one,
        help=f"least recall@10 of the vector index (default {WANTED_RECALL:g}; of a reindex, that "
        "of the snapshot in force)",
    )
    command.add_argument("--keep", type=int, default=3, help="snapshots to keep (default 3)")
    add_index(command)


def add_index(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--index",
        default=os.environ.get(VARIABLE),
        metavar="ADDRESS",
        help="where vectors are: faiss, in the snapshot (default), milvus://host:19530/name, or "
        f"milvus+file:path.db/name; also {VARIABLE} (else as last time)",
    )


def add_questions(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="questions to compare answers of, one on each line (default: titles)",
    )


def questions_to_compare(options: argparse.Namespace) -> list[str]:
    return read_questions(options.questions) if options.questions else []
