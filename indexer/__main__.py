"""The command line of the indexer: `python -m indexer --help`."""

import argparse
import logging
import os
import signal
import sqlite3
import sys

from indexer.commands.builds import add_build, add_forget, add_reindex, add_watch
from indexer.commands.snapshots import add_diff, add_push, add_rollback, add_verify
from indexer.commands.values import directory
from indexer.errors import EpisodeSearchError


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
        return 128 + signal.SIGPIPE
    except (OSError, sqlite3.Error) as error:
        print(f"error: {error}; the snapshot in force is unchanged.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indexer", description="Build snapshots.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    building = (add_build, add_reindex, add_watch, add_forget)
    for add in (*building, add_verify, add_diff, add_rollback, add_push):
        command = add(commands)
        command.add_argument(
            "--out",
            type=directory,
            required=True,
            metavar="DIR",
            help="directory of the snapshots",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
