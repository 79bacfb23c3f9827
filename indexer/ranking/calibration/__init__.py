"""The probability that a hit answers the question, fitted without labels.

`synthetic_queries` makes questions from the corpus's titles, sentences and names, and reads
off-topic ones from a file. `fitting` asks them with their episode present and removed, and fits two
logistic regressions (`logistic`): one for the relevance of a hit, one for whether the corpus
answers at all. Both use the two cosines and the share of the question that the hit's words cover
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
    fitted_on: int  # number of examples; 0 for the prior of small corpora


def features_of(ranked: Ranked, coverage: Floats, question_weight: float) -> Floats:
    """(hits, 4): both cosines, coverage squared, and log(1 + coverage * question weight).

    `coverage` is (hits,), from 0 to 1; `question_weight` comes from `LexicalIndex.weight`.
    """
    full = coverage**2  # half of a question's words may match by chance
    said = np.log1p(coverage * question_weight)
    return np.column_stack((ranked.dense, ranked.evidence, full, said))
