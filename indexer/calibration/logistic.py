"""A ridge logistic regression, small enough to read."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Floats = NDArray[np.float64]

_RIDGE = 1.0
_NEWTON_STEPS = 25
_FARTHEST_LOGIT = 30.0


class Logistic(BaseModel):
    """Over standardised features."""

    model_config = ConfigDict(frozen=True)

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def probability(self, features: Floats) -> Floats:
        """(n, features) -> (n,)"""
        standard = (features - np.array(self.means)) / np.array(self.scales)
        return _sigmoid(standard @ np.array(self.weights) + self.intercept)


def fit(features: Floats, labels: Floats, sample_weights: Floats) -> Logistic:
    """By Newton's method; the ridge holds the weights, not the intercept, towards zero.

    `features` is (n, features), `labels` (n,) of 0 and 1, `sample_weights` (n,).
    """
    means, scales = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    design = np.column_stack(((features - means) / scales, np.ones(len(labels))))
    penalty = np.append(np.full(features.shape[1], _RIDGE), 1e-6)
    solution = np.zeros(design.shape[1])
    for _ in range(_NEWTON_STEPS):
        chance = _sigmoid(design @ solution)
        gradient = design.T @ (sample_weights * (chance - labels)) + penalty * solution
        spread = sample_weights * chance * (1 - chance) + 1e-9
        solution -= np.linalg.solve(
            design.T @ (design * spread[:, None]) + np.diag(penalty), gradient
        )
    *weights, intercept = solution.tolist()
    return Logistic(
        means=means.tolist(), scales=scales.tolist(), weights=tuple(weights), intercept=intercept
    )


def _sigmoid(logits: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-np.clip(logits, -_FARTHEST_LOGIT, _FARTHEST_LOGIT)))
    return chances
