"""Did you mean: a question whose words that are in no episode are replaced by near ones."""

import re
from functools import partial

from indexer.episode import fold
from indexer.index.suggestions.word_list import FEWEST_LETTERS_MENDED, words_in
from indexer.snapshot import Snapshot

_MOST_CHARACTERS = 500  # of a question; a longer one is a text
_WORD = re.compile(rf"(?<![\w.&'+#-])[^\W\d_]{{{FEWEST_LETTERS_MENDED},}}(?![\w&'+#-]|\.\w)")


def meant_by(snapshot: Snapshot, question: str) -> str | None:
    """The question as it is probably meant; None if all its words are in some episode."""
    if len(question) > _MOST_CHARACTERS:
        return None
    text = fold(question)
    meant = _WORD.sub(partial(_mended, snapshot), text)
    return meant if meant != text else None


def _mended(snapshot: Snapshot, word: re.Match[str]) -> str:
    if snapshot.indexes.lexical.has(word[0]):
        return word[0]
    (plain,) = words_in(word[0]) or ("",)
    if snapshot.vocabulary.place(plain) is not None:
        return word[0]
    return snapshot.vocabulary.near(plain) or word[0]
