"""Compares the base and the adapted encoder on questions that no training has seen."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.adaptation.pairs import Told
from indexer.encoder import Encoder, Vectors
from indexer.encoder.model import Figure
from indexer.ranking.calibration.synthetic_queries import synthetic_queries

TITLES, REWORDED, GENERAL = "titles", "reworded", "general"

_MOST_EPISODES = 2000
_MOST_QUESTIONS = 1000  # of a kind
_MARGIN = 0.02  # of nDCG@10 that questions of other kinds may lose
_RESAMPLES = 1000

Floats = NDArray[np.float64]


class Question(NamedTuple):
    text: str
    place: int  # of the text that answers it


@dataclass(frozen=True)
class Examination:
    """Questions with the texts among which their answers are."""

    texts: list[str]
    questions: list[Question]

    def ndcg_at_10(self, texts: Vectors, questions: Vectors) -> Floats:
        """(questions,): of a single right answer, so one divided by the logarithm of its rank."""
        places = np.array([question.place for question in self.questions])
        cosines = questions @ texts.T
        own = cosines[np.arange(len(places)), places]
        ranks = 1 + (cosines > own[:, None]).sum(axis=1)
        return np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0.0)


class Gate:
    """The examinations of a corpus; the base encoder has taken them."""

    def __init__(self, held_out: Sequence[Told], base: Encoder) -> None:
        """Kinds that the episodes give no question of are left out."""
        self._examinations = {k: each for k, each in _examinations(held_out) if each.questions}
        self._base = _marks(self._examinations, base)

    def figures(self, adapted: Encoder) -> dict[str, Figure]:
        marks = _marks(self._examinations, adapted)
        return {kind: _figure(self._base[kind], marks[kind]) for kind in self._examinations}


def refusal(figures: Mapping[str, Figure]) -> str | None:
    """Why the adapted encoder is not taken; None if it is."""
    if figures[TITLES].low <= 0:
        return "titles of episodes that were held out are not surely found better"
    for kind in (REWORDED, GENERAL):
        if kind in figures and figures[kind].gain < -_MARGIN:
            return f"{kind} questions lose more than {_MARGIN}"
    return None


def general_questions() -> Examination:
    """Questions of everyday knowledge, several of each subject, with passages that answer them."""
    read = json.loads(files(__package__).joinpath("general.json").read_text(encoding="utf-8"))
    questions = [Question(each["question"], place) for place, each in enumerate(read)]
    return Examination([each["passage"] for each in read], questions)


def _examinations(held_out: Sequence[Told]) -> Iterator[tuple[str, Examination]]:
    episodes = list(held_out[:_MOST_EPISODES])
    texts = [each.text for each in episodes]
    titles = [Question(each.title, i) for i, each in enumerate(episodes) if each.title]
    yield TITLES, Examination(texts, titles[:_MOST_QUESTIONS])
    yield REWORDED, Examination(texts, _reworded(episodes))
    yield GENERAL, general_questions()


def _reworded(episodes: Sequence[Told]) -> list[Question]:
    """Fragments, imprecise memories, keywords and names, as calibration asks; no titles."""
    rng = random.Random(0)  # noqa: S311 - the same questions each time, not a secret
    untitled = [(i, replace(each.episode, title=None)) for i, each in enumerate(episodes)]
    made = [Question(query.text, query.row) for query in synthetic_queries(untitled, rng)]
    return rng.sample(made, min(_MOST_QUESTIONS, len(made)))


def _marks(examinations: Mapping[str, Examination], encoder: Encoder) -> dict[str, Floats]:
    """The vectors of the texts that several kinds of questions share are made once."""
    embedded: dict[int, Vectors] = {}
    marks = {}
    for kind, each in examinations.items():
        texts = embedded.get(id(each.texts))
        if texts is None:
            texts = embedded[id(each.texts)] = encoder.encode_documents(each.texts)
        questions = encoder.encode_queries([question.text for question in each.questions])
        marks[kind] = each.ndcg_at_10(texts, questions)
    return marks


def _figure(base: Floats, adapted: Floats) -> Figure:
    gains = adapted - base
    picks = np.random.default_rng(0).integers(0, len(gains), (_RESAMPLES, len(gains)))
    low, high = np.percentile(gains[picks].mean(axis=1), [2.5, 97.5])
    return Figure(
        questions=len(gains),
        base=float(base.mean()),
        adapted=float(adapted.mean()),
        gain=float(gains.mean()),
        low=float(low),
        high=float(high),
    )
