"""Logistic regression with a ridge penalty and no negative weights, fitted by Newton's method."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Floats = NDArray[np.float64]

_RIDGE = 1.0
_NEWTON_STEPS = 25
_FARTHEST_LOGIT = 30.0


class Logistic(BaseModel):
    """Coefficients for standardized features."""

    model_config = ConfigDict(frozen=True)

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def probability(self, features: Floats) -> Floats:
        """Probabilities, (n,), of features, (n, features)."""
        means, scales, weights = self._arrays
        # Summed by row and not by BLAS, so that a hit's value does not depend on its batch.
        return _sigmoid(((features - means) / scales * weights).sum(axis=1) + self.intercept)

    @cached_property
    def _arrays(self) -> Floats:
        """(3, features)"""
        return np.array((self.means, self.scales, self.weights))


def fit(features: Floats, labels: Floats, sample_weights: Floats) -> Logistic:
    """Fit with weights of at least 0, since a larger feature never makes the label less likely.

    `features` is (n, features), `labels` (n,) of 0 and 1, `sample_weights` (n,).
    """
    means, scales = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    standard = (features - means) / scales
    speaking = np.full(features.shape[1], True)  # correlated features may get negative weights
    weights, intercept = _newton(standard, labels, sample_weights)
    while (weights < 0).any():
        speaking &= weights > 0
        weights, intercept = _newton(standard * speaking, labels, sample_weights)
        weights = np.where(speaking, weights, 0)
    return Logistic(
        means=means.tolist(),
        scales=scales.tolist(),
        weights=weights.tolist(),
        intercept=intercept,
    )


def _newton(standard: Floats, labels: Floats, sample_weights: Floats) -> tuple[Floats, float]:
    """Newton's method; the ridge penalty does not apply to the intercept."""
    design = np.column_stack((standard, np.ones(len(labels))))
    penalty = np.append(np.full(standard.shape[1], _RIDGE), 1e-6)
    solution = np.zeros(design.shape[1])
    for _ in range(_NEWTON_STEPS):
        chance = _sigmoid(design @ solution)
        gradient = design.T @ (sample_weights * (chance - labels)) + penalty * solution
        spread = sample_weights * chance * (1 - chance) + 1e-9
        curvature = design.T @ (design * spread[:, None]) + np.diag(penalty)
        solution -= np.linalg.solve(curvature, gradient)
    return solution[:-1], float(solution[-1])


def _sigmoid(logits: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-np.clip(logits, -_FARTHEST_LOGIT, _FARTHEST_LOGIT)))
    return chances
