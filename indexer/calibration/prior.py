"""What a corpus too small to fit on is given; `python -m tests.evaluation.prior` prints it.

Fitted to 60 stretches of 8 to 64 episodes of three podcast corpora.
"""

from indexer.calibration import Calibration
from indexer.calibration.logistic import Logistic

PRIOR = Calibration(
    relevance=Logistic(
        means=(0.2474, 0.3638, 0.1922, 0.2497),
        scales=(0.2172, 0.2676, 0.3322, 0.4078),
        weights=(0.0000, 1.6717, 0.1562, 0.3748),
        intercept=-1.6626,
    ),
    answerable=Logistic(
        means=(0.2808, 0.4337, 0.2162),
        scales=(0.2603, 0.3317, 0.3995),
        weights=(2.5759, 5.7386, 2.2062),
        intercept=3.7863,
    ),
    fitted_on=0,
)
