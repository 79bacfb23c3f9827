"""How well a fit's probabilities hold for a collection that it does not know, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.evaluation.confidence import auc, auc_removed, calibration_error
from service.evaluation.metrics import Estimate, Floats, resampled_corpora

_ERROR, _REMOVED, _OFF_TOPIC = "calibration error", "AUC without its answers", "AUC off-topic"
OF_PODCASTS = {_ERROR: 0.03, _REMOVED: 0.88, _OFF_TOPIC: 0.98}
OF_QUESTIONS = {_ERROR: 0.08, _REMOVED: 0.80, _OFF_TOPIC: 0.98}
OF_SAMPLES = {_ERROR: 0.05}


@dataclass(frozen=True)
class Judged:
    """The probabilities of a corpus's first hits."""

    twice: Floats  # (questions, 3), as `judged` returns them
    off_topic: Floats  # (questions,)


def figures(corpora: Sequence[Judged]) -> dict[str, Estimate]:
    """Of one corpus, or of all samples of one size together."""
    asked = [(each.twice,) for each in corpora]
    both = [(each.twice, each.off_topic) for each in corpora]
    return {
        _ERROR: resampled_corpora(calibration_error, asked),
        _REMOVED: resampled_corpora(auc_removed, asked),
        _OFF_TOPIC: resampled_corpora(_auc_off_topic, both),
    }


def line(found: Mapping[str, Estimate], wanted: Mapping[str, float]) -> str:
    """Each figure with its interval and, where there is one, the wanted value."""
    return ", ".join(
        f"{name} {value.mean:.3f} [{value.low:.3f} {value.high:.3f}]"
        + (f" (wanted {wanted[name]:.2f})" if name in wanted else "")
        for name, value in found.items()
    )


def _auc_off_topic(twice: Floats, off_topic: Floats) -> float:
    found, is_right, _ = twice.T
    return auc(found[is_right == 1], off_topic)
