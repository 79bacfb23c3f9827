"""Detects the language of episodes and warns when the model does not know it."""

import logging
import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import NamedTuple

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from indexer.episode import Episode

_CHARACTERS_READ = 200
# Of real titles and summaries cut to 25, 50, 100 and 200 characters, 99.5, 99.4, 99.8 and 100%
# of what py3langid was this sure of was right, and it was for 49, 72, 93 and 97% of them.
_LEAST_CONFIDENCE = 0.5
_ADDRESS = re.compile(r"(?:\w+://|www\.)\S+")
_CODE = re.compile(r"[a-z]{2}")  # py3langid has longer ones for what is no language
_NOTABLE_SHARE = 0.1
_ANY = "multilingual"
_MULTILINGUAL_MODEL = "intfloat/multilingual-e5-small"

_log = logging.getLogger(__name__)


class Language(NamedTuple):
    tag: str  # as it is said, or the ISO 639 code that was detected
    detected: bool


def language_of(episode: Episode) -> Language | None:
    """The stated language, or the detected one."""
    if episode.language:
        return Language(episode.language, detected=False)
    code = detect(f"{episode.title or ''}\n{episode.summary}")
    return Language(code, detected=True) if code else None


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the language; None if the detector is not sure."""
    code, confidence = likeliest(_ADDRESS.sub(" ", text)[:_CHARACTERS_READ])
    sure = confidence >= _LEAST_CONFIDENCE and _CODE.fullmatch(code)
    return code if sure else None


def likeliest(text: str) -> tuple[str, float]:
    """The code of the language that the text is likeliest in, and how sure that is: 0 to 1."""
    code, confidence = _identifier().classify(text)
    return str(code), float(confidence)


def primary(tag: str) -> str:
    """en of en-GB"""
    return re.split("[-_]", tag.lower(), maxsplit=1)[0]


def warn_of_unknown(
    episodes: Mapping[str, int], total: int, model: str, known: Collection[str]
) -> None:
    """Warn when the model's card does not name the languages of a tenth of the episodes.

    `episodes` counts them by ISO 639 code; `known` holds the codes of the card.
    """
    unknown = {code: n for code, n in episodes.items() if not knows(known, code)}
    share = sum(unknown.values()) / total
    if share >= _NOTABLE_SHARE:
        _log.warning(
            "%.0f%% of the episodes are in languages that %s does not know (%s); a multilingual "
            "model would find them by meaning: MODEL=%s",
            100 * share,
            model,
            ", ".join(sorted(unknown, key=lambda code: -unknown[code])[:5]),
            _MULTILINGUAL_MODEL,
        )


def knows(languages: Collection[str], code: str) -> bool:
    """A model card without languages may know any."""
    return not languages or _ANY in languages or code in languages


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
