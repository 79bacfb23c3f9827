"""Prints an evaluation: a row for each system and a column for each metric, and the confidence."""

from service.evaluation.confidence import Confidence
from service.evaluation.evaluation import Evaluation
from service.evaluation.systems import Report


def print_evaluation(evaluation: Evaluation) -> None:
    print(
        f"\n{evaluation.name}: {evaluation.episodes:,} episodes, "
        f"{evaluation.questions:,} questions, {evaluation.precision}; "
        "in brackets the middle 95% of 1,000 resamples"
    )
    print_table(evaluation.report)
    _print_confidence(evaluation.confidence)


def print_table(report: Report, *, headed: bool = True) -> None:
    metrics = list(next(iter(report.values())))
    if headed:
        print(f"{'':16}" + "".join(f"{metric:>24}" for metric in metrics))
    for system, row in report.items():
        cells = (f"{v.mean:.3f} [{v.low:.3f} {v.high:.3f}]" for v in row.values())
        print(f"{system:16}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def _print_confidence(confidence: Confidence) -> None:
    told = {
        "relevance against off-topic, AUC": confidence.auc_off_topic,
        "relevance without its answers, AUC": confidence.auc_removed,
        "relevance, expected calibration error": confidence.calibration_error,
        "answered, where the first hit is right": confidence.answered,
        "answered, off-topic": confidence.answered_off_topic,
        "answered, without its answers": confidence.answered_removed,
        "answers with a hit out of order": confidence.out_of_order,
        "answered, but nothing in the feed": confidence.empty_feeds,
    }
    for name, value in told.items():
        print(f"{name:44} {value.mean:.3f} [{value.low:.3f} {value.high:.3f}]")
