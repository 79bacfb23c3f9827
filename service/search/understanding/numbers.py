"""Season and episode in a question: S02E05; season 2, episode 5; the third season; episode 42."""

import re
from collections.abc import Iterator

from service.search.understanding.constraint import NUMBER, Constraint, number_of

_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_PAIR = re.compile(
    r"\bs(?:eason )?0*(?P<season>\d{1,2})[ .,-]{0,2}e(?:p|pisode)?[ .]?0*(?P<episode>\d{1,4})\b",
    re.IGNORECASE,
)
_SEASON = re.compile(
    rf"\b(?:season (?:no\.? |number |#)?(?P<season>{NUMBER})|(?P<ordinal>{'|'.join(_ORDINALS)}) "
    r"season)\b(?![.,]\d)",
    re.IGNORECASE,
)
_EPISODE = re.compile(
    r"\b(?:episode|ep\.?)(?: (?:no\.?|number))? ?#?"
    rf"(?P<episode>(?<=[ #.])(?:{NUMBER}))\b(?![.,]\d)",
    re.IGNORECASE,
)
_HINT = re.compile(r"\bs\d|\bseason|\bep", re.IGNORECASE)
_NAME_BEFORE = re.compile(r"([A-Z][\w'-]*)\s+$")
_OF_A_NAME = re.compile(r"\s+(?:of|from)\s+(?:the\s+)?[A-Z]")


def numbers_in(text: str, names: list[Constraint]) -> Iterator[Constraint]:
    """`names` are the podcasts in the text: what belongs to another name is its subject."""
    if not _HINT.search(text):
        return
    for found in _PAIR.finditer(text):
        yield _constraint(found, {"season": found["season"], "episode": found["episode"]})
    for found in _SEASON.finditer(text):
        ordinal = found["ordinal"]
        number = str(_ORDINALS.index(ordinal.lower()) + 1) if ordinal else found["season"]
        if not _is_of_another(text, found, names):
            yield _constraint(found, {"season": number})
    for found in _EPISODE.finditer(text):
        if not _is_of_another(text, found, names):
            yield _constraint(found, {"episode": found["episode"]})


def _constraint(found: re.Match[str], numbers: dict[str, str]) -> Constraint:
    fields = {name: (int(number_of(number)),) for name, number in numbers.items()}
    return Constraint(*found.span(), fields, certain=False, topic=found[0])


def _is_of_another(text: str, found: re.Match[str], names: list[Constraint]) -> bool:
    """Whether a name that is no podcast of the corpus stands right before it, or after "of"."""
    before = _NAME_BEFORE.search(text[: found.start()])
    if before and before.start():  # a word at the beginning may have a capital anyway
        return not any(name.start <= before.start(1) < name.stop for name in names)
    after = _OF_A_NAME.match(text, found.end())
    return bool(after and not any(name.start <= after.end() <= name.stop for name in names))
