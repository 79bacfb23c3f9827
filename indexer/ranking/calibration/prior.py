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
        means=(0.2448, 0.3243, 0.2787, 0.3763, 0.1524, 0.2296, 0.2969, 0.5752, -4.4008),
        scales=(0.1943, 0.1960, 0.3976, 0.3964, 0.3412, 0.1825, 0.1795, 0.4259, 1.5723),
        weights=(0.8176, 0.2238, 0.2414, 0.6312, 3.0939, 0.2950, 0.6739, 0.0002, 0.5315),
        intercept=-1.4343,
    ),
    fitted_on=0,
)
