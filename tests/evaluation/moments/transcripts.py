"""Indexes real transcripts, and measures their cost and whether a passage is found by its words.

A question is a sentence of a passage from an imprecise memory: without its small words and a third
of the others, shuffled. It is asked of the episode that the passage is from.
"""

import json
import random
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from indexer.build import BuildOptions, build
from indexer.corpus.companions import Companions
from indexer.encoder.artifact import Artifact
from indexer.index.said_index import Said, SaidIndex
from indexer.snapshot import TRANSCRIPTS, Snapshot
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.evaluation.moments.questions import Asked, reworded

NEAR_S = 60.0

_SEED = 7
_QUESTIONS = 100
_SUFFIXES = (".vtt", ".txt")
_FEWEST_WORDS = 12  # of a sentence that is asked for


def figures(transcripts: Path, root: Path, artifact: Artifact, threads: int) -> Iterator[str]:
    """Lines of text; the corpus and its snapshot are made anew in `root`."""
    corpus = _corpus(transcripts, root / "corpus")
    companions = Companions(root / TRANSCRIPTS)
    started = time.monotonic()
    outcome = build([corpus], root, artifact, BuildOptions(threads=threads, companions=companions))
    seconds = time.monotonic() - started
    snapshot = Snapshot.current(root, threads=threads)
    said = snapshot.indexes.said
    assert said
    talks = [passages for row in range(len(snapshot.episodes)) if (passages := said.passages(row))]
    hours = sum(passages[-1].end_s for passages in talks) / 3600
    files = outcome.manifest.files
    size = sum(record.bytes for name, record in files.items() if name.startswith("said"))
    yield f"{len(talks)} transcripts, {hours:.0f} hours of speech"
    yield f"an hour: {sum(map(len, talks)) / hours:.0f} passages, {size / hours / 1000:.0f} kB"
    if outcome.embedded:
        yield f"an hour: {seconds / hours:.1f} s to build, {outcome.embedded:,} texts embedded"
    yield f"moment right within {NEAR_S:.0f} s: {_found(snapshot, said):.2f} of {_QUESTIONS}"


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


def _found(snapshot: Snapshot, said: SaidIndex) -> float:
    retriever = Retriever(snapshot, QuestionCache(_QUESTIONS))
    rng = random.Random(_SEED)
    right = 0
    for _ in range(_QUESTIONS):
        row = rng.randrange(len(snapshot.episodes))
        passages = said.passages(row)
        sentence, passage = _sentence(passages, rng)
        moments = retriever.moments(row, reworded(Asked(sentence, "", 0.0)).query, 3)
        right += any(abs(each.start_s - passage.start_s) <= NEAR_S for each in moments)
    return right / _QUESTIONS


def _sentence(passages: list[Said], rng: random.Random) -> tuple[str, Said]:
    """A long sentence of a passage drawn by chance."""
    for passage in rng.sample(passages, len(passages)):
        for sentence in re.split(r"(?<=[.?!]) ", passage.text):
            if len(sentence.split()) >= _FEWEST_WORDS:
                return sentence, passage
    return passages[0].text, passages[0]
