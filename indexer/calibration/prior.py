"""What a corpus too small to fit on is given; `python -m tests.evaluation.prior` prints it.

Fitted to 60 stretches of 8 to 64 episodes of three podcast corpora.
"""

from indexer.calibration import Calibration
from indexer.calibration.logistic import Logistic

PRIOR = Calibration(
    relevance=Logistic(
        means=(0.2496, 0.3166, 0.2032, 0.2632),
        scales=(0.2197, 0.2165, 0.3437, 0.4277),
        weights=(0.6356, 0.8697, 0.2720, 0.2301),
        intercept=-1.4604,
    ),
    answerable=Logistic(
        means=(0.2874, 0.3546, 0.2266),
        scales=(0.2590, 0.2516, 0.4012),
        weights=(3.6601, 3.9389, 2.5449),
        intercept=3.1435,
    ),
    fitted_on=0,
)
