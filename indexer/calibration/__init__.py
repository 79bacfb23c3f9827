"""How likely is it that a hit answers the question?

Nobody labels a corpus, so it is asked questions whose answers are known: `pseudo` makes them of
its own titles, sentences and names, and adds questions from elsewhere. `fitting` asks them, with
their episode there and with it taken away, and fits two logistic regressions (`logistic`) to
what was measured: one for a hit's relevance, one for whether the corpus answers at all.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from indexer.calibration.logistic import Logistic
from indexer.fusion import Ranked

Floats = NDArray[np.float64]


class Calibration(BaseModel):
    model_config = ConfigDict(frozen=True)

    relevance: Logistic
    answerable: Logistic
    fitted_on: int  # pseudo-questions; 0 where the corpus was too small and a prior was taken


class Features(NamedTuple):
    """(hits, features) for each of the two regressions."""

    relevance: Floats
    answerable: Floats


def features_of(ranked: Ranked, question_weight: float) -> Features:
    """`question_weight` as `LexicalIndex.weight` has it."""
    share = np.clip(ranked.lexical, 0, 1).astype(np.float64)
    matched = np.log1p(share * question_weight)
    complete = np.clip(2 * share - 1, 0, 1)  # half of a question's words may match by chance
    return Features(
        np.column_stack((ranked.dense, ranked.evidence, share, matched)),
        np.column_stack((ranked.dense, ranked.evidence, complete)),
    )
