"""Synthetic episodes for use without a corpus, and questions that are in no cache.

A synthetic summary has four or five sentences, about seventy words, like the description of an
interview podcast. Templates are filled from word lists with a fixed seed, so every run and machine
gets the same episodes. They cannot be used to judge relevance, only cost: the cost of an encoder
depends on the length of texts, that of an index on the numbers of words and rows.
"""

import random
import re
from collections.abc import Iterator, Sequence

from indexer.episode import fold

_SEED = 20261123
_FEWEST_WORDS, _MOST_WORDS = 5, 12  # of a question
_VAIN_TRIES = 1000

_LISTS = {
    "first": """Ada Amir Bea Carlos Chloe Dana Diego Elif Emma Farid Grace Hana Igor Ines Jonas
        Kofi Lena Luca Maya Mina Nadia Noor Omar Paul Priya Rosa Samir Tessa Viktor Yuki""",
    "last": """Abbott Becker Castillo Duarte Eriksen Fontaine Gupta Haddad Ivanova Jensen Kim
        Larsen Moreau Nakamura Okafor Petrov Quinn Rossi Silva Tanaka Ueda Vogel Walker Zhang""",
    "role": """historian; engineer; novelist; founder; cellist; nurse; geologist; journalist;
        economist; chef; physicist; architect; coach; beekeeper; translator; investor; biologist;
        lawyer; game designer; teacher; pilot; farmer; psychologist; film editor""",
    "place": """Lisbon; Nairobi; a small start-up; the national museum; Stanford; Osaka; the
        public radio; a family farm; the city council; Berlin; a hospital in Leeds; Bogotá; the
        space agency; an open source foundation; Melbourne; a games studio; the daily paper""",
    "topic": """streaming data; ocean currents; sleep; sourdough bread; the fall of Rome; jazz
        improvisation; battery chemistry; urban housing; marathon training; medieval trade;
        machine translation; grief; school lunches; satellite images; interest rates; soil
        health; true crime; bird migration; remote work; chess openings; vaccine research; coffee
        roasting; the early internet; election polls; stand-up comedy; glacier melt; typography;
        immigrant kitchens; database design; parenting teenagers; deep sea mining; folk songs;
        venture capital; forest fires; video games; addiction; high-speed rail; ancient Egypt;
        quantum computers; wine making; prison reform; wheelchair design; radio astronomy""",
    "quality": """surprising; quiet; expensive; forgotten; fragile; contested; practical; slow;
        radical; humble; global; local; risky; patient; messy; elegant; overlooked; stubborn""",
    "deed": """changes how cities are planned; saves money for whole families; divides experts;
        begins with one simple question; fails more often than anyone admits; brings strangers
        together; took twenty years to be believed; is harder to measure than it looks; can be
        learned in a single summer; depends on people nobody thanks; is taught the wrong way
        round; survived two wars and a fire; still has no good explanation; starts in the
        kitchen; crosses every border without a passport; rewards those who wait""",
    "advice": """listen before they measure; keep a notebook; throw the first draft away; ask the
        neighbours; read the old papers; start smaller than feels right; count what is missing;
        leave the office at four; test it on a rainy day; share their mistakes; write the letter;
        learn to say no; visit the archive; trust the slow method; pay attention to the edges""",
}
_OPENINGS = (
    "In this episode, {first} {last}, {role} at {place}, talks about {topic} and {topic}.",
    "{first} {last} spent eleven years as a {role} in {place} before turning to {topic}.",
    "What does {topic} have to do with {topic}? {first} {last}, a {role}, has an answer.",
    "This week we visit {place}, where {first} {last} works on the {quality} side of {topic}.",
)
_MIDDLES = (
    "We hear why {topic} {deed}, and why the {quality} part of it is so often left out.",
    "Together they follow the {quality} story of {topic} from {place} to {place}.",
    "{first} explains how {topic} {deed} and what a {role} can learn from {topic}.",
    "There is a {quality} lesson in {topic}: it {deed}, whatever the experts may say.",
    "A listener from {place} asks whether {topic} {deed}, and a {role} disagrees.",
    "The conversation turns to {topic}, to money, and to the {quality} years in {place}.",
)
_CLOSINGS = (
    "To anyone who wants to begin with {topic}, the advice is to {advice}.",
    "Also: why {topic} {deed}, and a book about {topic} that everyone should read.",
    "At the end {first} {last} gives three reasons to {advice} and to {advice}.",
)
_WORDS = {
    name: re.split(r";\s*" if ";" in words else r"\s+", " ".join(words.split()))
    for name, words in _LISTS.items()
}
_BLANK = re.compile(r"\{(\w+)\}")


def episodes(count: int) -> Iterator[dict[str, str]]:
    """The JSON fields of `count` synthetic episodes."""
    rng = random.Random(_SEED)
    for number in range(count):
        templates = [rng.choice(_OPENINGS), *rng.sample(_MIDDLES, 2), rng.choice(_CLOSINGS)]
        yield {
            "id": f"made-up-{number}",
            "title": _filled("{topic} and the {quality} {role}", rng).capitalize(),
            "summary": " ".join(_filled(template, rng) for template in templates),
        }


def _filled(template: str, rng: random.Random) -> str:
    return _BLANK.sub(lambda blank: rng.choice(_WORDS[blank[1]]), template)


def questions(summaries: Sequence[str]) -> Iterator[str]:
    """Endless distinct questions: some words of one summary and some of another.

    Their words have the frequencies of the corpus, so that lexical search has as much work as with
    questions that people type.
    """
    rng = random.Random(_SEED)
    words = [text.split() for text in summaries]
    seen: set[str] = set()
    vain = 0
    while vain < _VAIN_TRIES:
        length = rng.randint(_FEWEST_WORDS, _MOST_WORDS)
        first = rng.randint(2, length - 2)
        pair = rng.choices(words, k=2)
        question = fold(
            " ".join(_stretch(pair[0], first, rng) + _stretch(pair[1], length - first, rng))
        )
        if question in seen or not _FEWEST_WORDS <= len(question.split()) <= _MOST_WORDS:
            vain += 1
            continue
        vain = 0
        seen.add(question)
        yield question
    raise ValueError(f"{len(summaries)} summaries are too few for more than {len(seen)} questions.")


def _stretch(words: Sequence[str], length: int, rng: random.Random) -> list[str]:
    start = rng.randint(0, max(0, len(words) - length))
    return list(words[start : start + length])
