"""Which languages are the episodes in, and does the model know them?"""

import logging
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from indexer.encoder.record import EncoderRecord
from indexer.episode import Episode

_CHARACTERS_READ = 300
# Of real titles and summaries cut to 25, 50, 100 and 200 characters, 99.5, 99.4, 99.8 and 100%
# of what py3langid was this sure of was right, and it was for 49, 72, 93 and 97% of them.
_LEAST_CONFIDENCE = 0.5
_ADDRESS = re.compile(r"(?:\w+://|www\.)\S+")
_CODE = re.compile(r"[a-z]{2}")  # py3langid has longer ones for what is no language
_NOTABLE_SHARE = 0.1
_ANY = "multilingual"
_MULTILINGUAL_MODEL = "intfloat/multilingual-e5-small"

_log = logging.getLogger(__name__)


class Languages:
    """Episodes by the ISO 639 code of their language, said or detected."""

    def __init__(self) -> None:
        self.all: Counter[str] = Counter()
        self.detected: Counter[str] = Counter()

    def told(self, episode: Episode) -> Episode:
        """The episode, counted, with its language where that can be told by its text."""
        language = episode.language or detect(f"{episode.title or ''}\n{episode.summary}")
        if language is None:
            return episode
        code = primary(language)
        self.all[code] += 1
        if not episode.language:
            self.detected[code] += 1
        return replace(episode, language=language)


def detect(text: str) -> str | None:
    """The code of its language; None where that is not quite clear."""
    identifier = _identifier()
    code, confidence = identifier.classify(_ADDRESS.sub(" ", text)[:_CHARACTERS_READ])
    sure = confidence >= _LEAST_CONFIDENCE and _CODE.fullmatch(code)
    return str(code) if sure else None


def primary(tag: str) -> str:
    """en of en-GB"""
    return re.split("[-_]", tag.lower(), maxsplit=1)[0]


def warn_of_unknown(episodes: Mapping[str, int], total: int, encoder: EncoderRecord) -> None:
    """Say so where a notable share is in languages that the model's card does not name."""
    unknown = {code: n for code, n in episodes.items() if not _knows(encoder.languages, code)}
    share = sum(unknown.values()) / total
    if share >= _NOTABLE_SHARE:
        _log.warning(
            "%.0f%% of the episodes are in languages that %s does not know (%s); a multilingual "
            "model would find them by meaning: MODEL=%s",
            100 * share,
            encoder.model,
            ", ".join(sorted(unknown, key=lambda code: -unknown[code])[:5]),
            _MULTILINGUAL_MODEL,
        )


def _knows(languages: Collection[str], code: str) -> bool:
    """A card that names none may know any."""
    return not languages or _ANY in languages or code in languages


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
