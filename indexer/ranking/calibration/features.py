"""What the probability of a hit is computed from: how well it matches, and how it stands out."""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from indexer.ranking.fusion import Ranked
from indexer.storage.segments import Scores

Floats = NDArray[np.float64]

SEEN = 10  # first hits that are looked at together
FEATURES = (
    "dense",  # cosine of the best passage
    "evidence",  # cosine of the best clause
    "covered",  # share of the question that the hit says, squared: half may match by chance
    "said",  # the same times the weight of the question, logarithmic
    "short",  # the share squared, over the number of words squared: a word, or a name, said whole
    "gap",  # root of what the hit's score is above the next one's
    "lead",  # root of what it is above the mean of the next three
    "unsaid",  # share of the question that none of the first hits says
    "few",  # minus the logarithm of the number of episodes: the nearest of many is nearer
)
REWORDED = {"covered": 0.0, "said": 0.0, "short": 0.0, "unsaid": 1.0}  # as if no word matched
_NEXT = 3
_MANY = 1000  # episodes, above which more of them hardly make the nearest nearer


@dataclass(frozen=True)
class Asked:
    """What is the same for every hit of a question."""

    weight: float  # of the question's words: see QuestionTerms
    words: int
    unsaid: float
    episodes: int  # of the corpus

    def features(self, ranked: Ranked, leads: Floats, coverage: Floats) -> Floats:
        """(hits, 9) of hits with these `leads`, whose words cover these shares, (hits,) 0 to 1."""
        covered = coverage**2
        features = np.empty((len(coverage), len(FEATURES)))
        features[:, 0], features[:, 1] = ranked.dense, ranked.evidence
        features[:, 2] = covered
        features[:, 3] = np.log1p(coverage * self.weight)
        features[:, 4] = covered / max(1, self.words) ** 2
        features[:, 5:7] = leads
        features[:, 7] = self.unsaid
        features[:, 8] = -log(self.episodes / (1 + self.episodes / _MANY))
        return features


def leads_of(scores: Scores) -> Floats:
    """(hits, 2): the features `gap` and `lead` of hits with these scores, best first.

    Only the first hits can stand out, so that those of no hit depend on how deep is searched.
    """
    known = scores[: SEEN + _NEXT].tolist()
    last = known if len(known) > 1 else [0.0]  # an only hit stands out from nothing
    pairs = []
    for place, score in enumerate(known[:SEEN]):
        below = known[place + 1 : place + 1 + _NEXT] or last[-1:]
        pairs.append((score - below[0], score - sum(below) / len(below)))
    leads = np.zeros((len(scores), 2))
    leads[: len(pairs)] = np.array(pairs).reshape(-1, 2)
    return np.sqrt(np.maximum(leads, 0, out=leads))


def reworded(features: Floats) -> Floats:
    """The features of the same hits if no word of the question matched."""
    copy = features.copy()
    for name, value in REWORDED.items():
        copy[:, FEATURES.index(name)] = value
    return copy
