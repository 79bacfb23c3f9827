"""Words of ASCII letters or digits alone, which nearly every tokenizer knows."""

import re

_MARK = r"\s!-/:-@\[-`{-~"  # space and ASCII punctuation
# WordPiece reads no word of more than 100 letters.
_PLAIN_WORD = re.compile(rf"(?<![^{_MARK}])[A-Za-z0-9]{{1,100}}(?![^{_MARK}])")


def has_plain_word(text: str) -> bool:
    return _PLAIN_WORD.search(text) is not None
