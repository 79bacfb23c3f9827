"""The probability that a hit answers the question, fitted without labels.

`synthetic_queries` makes questions of the corpus's own titles, sentences and names, and takes
others from elsewhere. `fitting` asks them with their episode present and removed, and fits two
logistic regressions (`logistic`): one for the relevance of a hit, one for whether the corpus
answers at all. Both use the two cosines and how much of the question the hit's words cover
(`term_coverage`).
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from indexer.ranking.calibration.logistic import Logistic
from indexer.ranking.fusion import Ranked

Floats = NDArray[np.float64]


class Calibration(BaseModel):
    model_config = ConfigDict(frozen=True)

    relevance: Logistic
    answerable: Logistic
    fitted_on: int  # examples; 0 where the corpus was too small and a prior was taken


def features_of(ranked: Ranked, coverage: Floats, question_weight: float) -> Floats:
    """(hits, 4): the two cosines, how fully a hit's words say the question, and how much they say.

    `coverage` is (hits,), from 0 to 1; `question_weight` as `LexicalIndex.weight` has it.
    """
    full = coverage**2  # half of a question's words may match by chance
    said = np.log1p(coverage * question_weight)
    return np.column_stack((ranked.dense, ranked.evidence, full, said))
