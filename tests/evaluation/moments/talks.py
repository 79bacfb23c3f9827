"""Asks a hundred questions about what is said in real transcripts, which stand beside their corpus.

Each was written from a passage, in words of its own, before any answer was seen: it names the
episode and the second. The summaries of these episodes say no more than their titles.
"""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from indexer.build import BuildOptions, Outcome, build
from indexer.corpus.companions import Companions
from indexer.encoder.artifact import Artifact
from indexer.ranking.ranker import Mode
from indexer.snapshot import TRANSCRIPTS, Snapshot
from service.evaluation.metrics import Estimate
from tests.evaluation.moments.questions import Asked, measure, read_questions

NEAR_S = 60.0
QUESTIONS = Path(__file__).with_name("talkpython_questions.jsonl")

_SUFFIXES = (".vtt", ".txt")


def indexed(
    transcripts: Path, others: Path, root: Path, artifact: Artifact, threads: int
) -> tuple[Snapshot, Outcome, float]:
    """A snapshot of the transcripts' episodes among others, and the seconds that it took."""
    corpus = _corpus(transcripts, root / "corpus")
    options = BuildOptions(threads=threads, companions=Companions(root / TRANSCRIPTS))
    started = time.monotonic()
    outcome = build([corpus, others], root, artifact, options)
    return Snapshot.current(root, threads=threads), outcome, time.monotonic() - started


def rows(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, Estimate]]]:
    questions: list[Asked] = read_questions(QUESTIONS)
    modes: dict[str, Mode] = {
        "both": "hybrid",
        "by meaning alone": "dense",
        "by words alone": "lexical",
    }
    for name, mode in modes.items():
        yield name, measure(snapshot, questions, mode, NEAR_S)


def _corpus(transcripts: Path, folder: Path) -> Path:
    """One record for each transcript, which lies beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus = folder / "episodes.jsonl"
    with corpus.open("w") as file:
        for each in sorted(transcripts.iterdir()):
            if each.suffix in _SUFFIXES:
                shutil.copy(each, folder / each.name)
                title = re.sub(r"[\W_\d]+", " ", each.stem).strip()
                record = {"id": each.stem, "title": title, "summary": f"About {title}."}
                file.write(json.dumps({**record, "podcast": "P", "transcript": each.name}) + "\n")
    return corpus
