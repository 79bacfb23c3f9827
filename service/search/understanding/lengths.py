"""The length of an episode in a question: under 20 minutes, at least two hours, short episodes."""

import re
from collections.abc import Iterator

from service.search.understanding.constraint import EPISODES, NUMBER, Constraint, number_of

SHORT_S, LONG_S = 1200, 3600  # as on the page

_UNIT = r"(?P<unit>min(?:ute)?s?|h(?:ou)?rs?|h)\b"
_AMOUNT = rf"(?:(?P<half>half an? )|(?P<one>an? )|(?P<count>{NUMBER})[ -]?){_UNIT}"
_LESS = (
    r"(?P<less>under|less than|fewer than|shorter than|below|at most|up to|no more than"
    r"|no longer than|not more than|not longer than)"
)
_MORE = r"(?P<more>over|more than|longer than|above|at least|no less than|no shorter than)"
# What the words before and after turn into the length of something else.
_OTHER = r"(?! (?:of|a|per|old|away|ago|late|later|early|before|after|north|south|every)\b)"
_BOUND = re.compile(
    r"(?<!\bin )\b(?:(?:that (?:is|are|lasts?|runs?) |lasting |for |of )?"
    rf"(?:{_LESS}|{_MORE}) {_AMOUNT}(?: long| in length)?{_OTHER})",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"\bbetween (?P<least>{NUMBER}) and (?P<count>{NUMBER}) {_UNIT}(?: long)?{_OTHER}",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(
    rf"(?<!how )\b(?:(?P<less>short|quick)|(?P<more>long|lengthy))(?= (?:{EPISODES})\b)",
    re.IGNORECASE,
)
_DOING = re.compile(
    r"\b(?:run|running|ran|mile|marathon|race|swim\w*|cook\w*|bak\w*|meals?|dinners?|recipes?"
    r"|workouts?|sleep\w*|learn\w*|make|making|build\w*|fix\w*|clean\w*|finish\w*|silence)\b",
    re.IGNORECASE,
)
_HINTS = ("short", "quick", "long", "lengthy", "min", "hour", "hr", "1h", "2h", "3h")


def lengths_in(text: str) -> Iterator[Constraint]:
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS) or _DOING.search(text):
        return
    for found in _BOUND.finditer(text):
        field = "max_duration_s" if found["less"] else "min_duration_s"
        yield Constraint(*found.span(), {field: _seconds(found)})
    for found in _RANGE.finditer(text):
        most = _seconds_of(found["count"], found["unit"])
        least = _seconds_of(found["least"], found["unit"])
        yield Constraint(*found.span(), {"min_duration_s": least, "max_duration_s": most})
    for found in _ADJECTIVE.finditer(text):
        short = found["less"] is not None
        fields = {"max_duration_s": SHORT_S} if short else {"min_duration_s": LONG_S}
        yield Constraint(*found.span(), fields, certain=False)


def _seconds(found: re.Match[str]) -> int:
    if found["count"]:
        return _seconds_of(found["count"], found["unit"])
    return int(_seconds_of("1", found["unit"]) * (0.5 if found["half"] else 1))


def _seconds_of(count: str, unit: str) -> int:
    return int(number_of(count) * (3600 if unit[0] in "hH" else 60))
