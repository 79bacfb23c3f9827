"""The calibration of the default model, learnt from questions that people asked or titles ask.

Three podcast corpora, of each at most 3,000 episodes whose titles ask for their summaries, and
three judged collections, each as a whole and in samples of 8, 20, 50, 100 and 300 episodes; every
question with and without its answers. Words and names that a summary says weigh a tenth of these
each. `python -m tests.evaluation.prior` fits it and prints it.
"""

from indexer.ranking.calibration import Calibration
from indexer.ranking.calibration.logistic import Logistic

PRIOR = Calibration(
    relevance=Logistic(
        means=(0.2530, 0.3316, 0.2713, 0.3887, 0.1352, 0.2239, 0.2900, 0.5728, -4.3979),
        scales=(0.1998, 0.1988, 0.3893, 0.4082, 0.3223, 0.1769, 0.1747, 0.4216, 1.6258),
        weights=(0.7741, 0.2041, 0.3868, 0.6871, 2.9892, 0.3105, 0.5994, 0.2565, 0.4355),
        intercept=-1.3910,
    ),
    fitted_on=0,
)
