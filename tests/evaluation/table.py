"""Prints a table with a row for each system and a column for each metric."""

from tests.evaluation.systems import Report


def print_table(report: Report) -> None:
    metrics = list(next(iter(report.values())))
    print(f"{'':16}" + "".join(f"{metric:>24}" for metric in metrics))
    for system, row in report.items():
        cells = (f"{v.mean:.3f} [{v.low:.3f} {v.high:.3f}]" for v in row.values())
        print(f"{system:16}" + "".join(f"{cell:>24}" for cell in cells))
