"""The probability that a hit answers the question: one scale for the order, `answered` and words.

`features` says what it is computed from, `prior` has the regression that was learnt from real
questions of many corpora and samples of them, for the default model. For another model, or with a
reranker, `fitting` fits one without labels: `synthetic_queries` makes questions from the corpus's
titles, sentences, words and names, and reads off-topic ones from a file; each is asked with its
episode present and removed.
"""

from pydantic import BaseModel, ConfigDict, field_validator

from indexer.ranking.calibration.features import FEATURES, Floats
from indexer.ranking.calibration.logistic import Logistic

__all__ = ["GOOD_MATCH", "Calibration", "Floats"]

# A hit that is at least so probable is a good match. An answer whose first hit is one is
# `answered`, the feed shows such hits, and the page calls them good. Operators may set another.
# At one half, right hits of paraphrases that the encoder half knows are withheld; of the questions
# about other topics, none comes near either.
GOOD_MATCH = 0.4


class Calibration(BaseModel):
    model_config = ConfigDict(frozen=True)

    relevance: Logistic
    fitted_on: int  # number of examples of this corpus; 0 for the prior

    @field_validator("relevance")
    @classmethod
    def _of_these_features(cls, relevance: Logistic) -> Logistic:
        if len(relevance.weights) != len(FEATURES):
            raise ValueError(f"has {len(relevance.weights)} weights of {len(FEATURES)} features")
        return relevance
