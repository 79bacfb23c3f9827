"""Tells times of a recording from what is written alike: clocks, verses, scores and ratios."""

import re

from indexer.text.times.written import WrittenTime

_NEAR = 40  # characters on either side that may tell

_CLOCK_AFTER = re.compile(
    r"[\s\u00a0*_)\]]*(?:(?i:[ap]\.?\s?m\b)|(?i:o['\u2019]clock)|(?i:uhr\b)|h\b|hrs\b|hours?\b|"
    r"(?:UTC|GMT|[ECMP][SD]T|CES?T|WES?T|EES?T|MES?Z|BST|IST|JST|MSK|A[EC][SD]T|WIB|HKT|SGT|NZST)\b|"
    r"(?:ET|PT|CT|MT|Z)(?=[\s.,;)/]*(?:$|[.,;)/]))|"
    r"(?i:(?:eastern|pacific|central|mountain|local)(?: standard| daylight)? time\b)|"
    r"in the (?:morning|afternoon|evening)\b|at night\b|\u70b9|\u6642|"
    r"(?:on|every) (?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|day|week)\b)"
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec"
_DAYS = r"(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:days?)?"
_CLOCK_BEFORE = re.compile(
    rf"(?:\b{_DAYS}\.?,?(?: (?:at|from))?|\b(?:{_MONTHS})[a-z]*\.? \d{{1,2}}(?:st|nd|rd|th)?"
    rf"(?:,? \d{{4}})?,?(?: at)?|\b\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?(?:{_MONTHS})[a-z]*\.?"
    r"(?:,? \d{4})?,?(?: at)?|"
    r"\d{4}-\d\d-\d\d[ T]?|\d{1,2}[./]\d{1,2}[./]\d{2,4},?(?: (?:at|um))?|"
    r"\b(?:am|um|alle|las|\u00e0) |\b(?:today|tonight|tomorrow|daily|noon|doors|since|before|after|"
    r"until|till|by|around|about|time is|was|clock|alarm|o'clock)(?: (?:at|open|is|of))?)"
    r"[\s,:*_(\[]*$",
    re.IGNORECASE,
)
_LENGTH_BEFORE = re.compile(
    r"\b(?:duration|length|(?:running|run|total|playing) ?time|laufzeit|dauer|dur\u00e9e|"
    r"duraci\u00f3n)[\s:=(*_-]*$",
    re.IGNORECASE,
)
_BOOKS = (
    r"gen(?:esis)?|ex(?:od(?:us)?)?|lev(?:iticus)?|num(?:bers)?|deut(?:eronomy)?|josh(?:ua)?|"
    r"judg(?:es)?|ruth|sam(?:uel)?|kings|kgs|chron(?:icles)?|ezra|neh(?:emiah)?|est(?:her)?|job|"
    r"ps(?:a|alms?)?|prov(?:erbs)?|eccl(?:esiastes)?|song of (?:songs|solomon)|isa(?:iah)?|"
    r"jer(?:emiah)?|lam(?:entations)?|ezek(?:iel)?|dan(?:iel)?|hos(?:ea)?|joel|amos|obad(?:iah)?|"
    r"jonah|mic(?:ah)?|nah(?:um)?|hab(?:akkuk)?|zeph(?:aniah)?|hag(?:gai)?|zech(?:ariah)?|"
    r"mal(?:achi)?|matt?(?:hew)?|mk|mark|lk|luke|jn|john|acts|rom(?:ans)?|cor(?:inthians)?|"
    r"gal(?:atians)?|eph(?:esians)?|phil(?:ippians|emon)?|col(?:ossians)?|thess(?:alonians)?|"
    r"tim(?:othy)?|tit(?:us)?|heb(?:rews)?|jas|james|pet(?:er)?|jude|rev(?:elations?)?|"
    r"sirach|tobit|maccabees|baruch|wisdom|nephi|alma|mosiah|helaman|moroni|"
    r"qur['\u2019]?an|koran|surah?|sura|gita|verses?|chapter|v|vv|"
    r"mose|psalm|spr\u00fcche|jesaja|matth\u00e4us|markus|lukas|johannes|r\u00f6mer|korinther|"
    r"mateo|marcos|lucas|juan|romanos|corintios|salmos?|g\u00e9nesis|isa\u00edas|"
    r"jean|matthieu|luc|marc|psaumes?|gen\u00e8se|jo\u00e3o|mateus|salmo"
)
_BOOK = re.compile(rf"\b(?:{_BOOKS})\.?[\s\u00a0*_]*$", re.IGNORECASE)
_A_BOOK = re.compile(rf"\b(?:{_BOOKS})\.? \d{{1,3}}\b", re.IGNORECASE)
_MORE_VERSES = re.compile(
    r"[-\u2013]\d{1,3}(?![\d:\uff1a])|[,;] ?\d{1,3}(?:[-\u2013]\d{1,3})?(?!\S)"
)
_SCORE_AFTER = re.compile(
    r"[\s)*_]*(?:aspect\b|ratio\b|odds\b|mix\b|dilution\b|win\b|victory\b|defeat\b|loss\b|lead\b|"
    r"draw\b|thriller\b|scoreline\b|sieg\b|niederlage\b|in der verl|on aggregate\b|against\b)",
    re.IGNORECASE,
)
_SCORE_BEFORE = re.compile(
    r"\b(?:scores?|scored|won|win|wins|beat|beats|lost|loses|lose|defeated|drew|ratio|odds|aspect|"
    r"ended|finished|gewann(?:en)?|verlor(?:en)?|siegte|result|led|trailing|"
    r"mixed|diluted|proportions?)(?: (?:it|them|of|is|was|by|with|a|the))*"
    r"[\s:(\[*_]*$",
    re.IGNORECASE,
)


def is_look_alike(text: str, time: WrittenTime) -> bool:
    """Whether the words around it tell that it is no time of the recording."""
    before = text[max(0, time.start - _NEAR) : time.start]
    before = before.rpartition("\n")[2]
    if time.linked:
        return False
    after = text[time.stop : time.stop + _NEAR].partition("\n")[0]
    if any(told.search(before) for told in (_CLOCK_BEFORE, _LENGTH_BEFORE)):
        return True
    if _CLOCK_AFTER.match(after):
        return True
    if time.parts == 3:
        return False
    if not time.bracketed and (_BOOK.search(before) or _MORE_VERSES.match(after)):
        return True
    if not time.bracketed and _SCORE_AFTER.match(after):
        return True
    return bool(_SCORE_BEFORE.search(before))


def speaks_of_books(text: str) -> bool:
    """Whether a text names a chapter of a book of verses: John 3."""
    return bool(_A_BOOK.search(text))
