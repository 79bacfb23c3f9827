"""The calibration of corpora that are too small for their own.

Fitted to 60 samples of 8 to 64 episodes of three podcast corpora; `python -m
tests.evaluation.prior` prints it.
"""

from indexer.ranking.calibration import Calibration
from indexer.ranking.calibration.logistic import Logistic

PRIOR = Calibration(
    relevance=Logistic(
        means=(0.2592, 0.3796, 0.1721, 0.2389),
        scales=(0.2139, 0.2608, 0.3504, 0.3981),
        weights=(0.0000, 1.5159, 0.1877, 0.4756),
        intercept=-1.4910,
    ),
    answerable=Logistic(
        means=(0.2925, 0.4494, 0.2624, 0.3585),
        scales=(0.2539, 0.3205, 0.4211, 0.5043),
        weights=(2.2902, 5.2773, 2.0858, 0.0000),
        intercept=4.0027,
    ),
    fitted_on=0,
)
