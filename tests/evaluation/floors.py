"""The lowest accepted figures: floors.json, by collection, system and metric."""

import json
from importlib.resources import files

from service.evaluation.systems import Report


def shortfalls(collection: str, report: Report) -> list[str]:
    """A sentence for each figure below its floor; none for a collection without floors."""
    floors = json.loads(files(__package__).joinpath("floors.json").read_text())
    return [
        f"{collection}: {metric} of {system} is {report[system][metric].mean:.3f}, under {floor}"
        for system, metrics in floors.get(collection, {}).items()
        for metric, floor in metrics.items()
        if report[system][metric].mean < floor
    ]
