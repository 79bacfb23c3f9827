"""A small corpus whose podcasts, people, seasons and languages the judged questions name."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)  # when the questions are asked

_PODCASTS = (
    ("Syntax", "en", "Wes Bos", "Scott Tolinski"),
    ("Coder Radio", "en", "Tim Berglund", "Aravind Suresh"),
    ("Software Engineering Daily", "en", "Tim Berglund", "Mary Beard"),
    ("The Late Garden Show", "en", "May Brown", "José Álvarez"),
    ("History of Rome Weekly", "en", "Mary Beard", "Jean-Luc Moreau"),
    ("Reply All", "en", "Sinéad O'Connor", "Wes Bos"),
    ("Sounds", "en", "José Álvarez", "Sinéad O'Connor"),
    ("Wissenschaft im Ohr", "de", "Jean-Luc Moreau", "May Brown"),
    ("Le Labo", "fr", "Jean-Luc Moreau", "Aravind Suresh"),
)
_SUBJECTS = (
    "kafka flink stream database queue cache music jazz guitar piano garden soil seeds history "
    "rome empire space rocket moon startup founder money"
).split()
_DATES = (
    *(f"{year}-{month:02}-03" for year in range(2017, 2027) for month in (3, 5, 10)),
    *("2026-11-17", "2026-11-27"),
)
_EPISODES_A_SEASON = 8


def episodes() -> Iterator[Mapping[str, object]]:
    """Each podcast on every date, with the subjects in turn."""
    for place, (podcast, language, host, guest) in enumerate(_PODCASTS):
        for number, date in enumerate(_DATES, 1):
            first, second = (_SUBJECTS[(number * step + place) % len(_SUBJECTS)] for step in (1, 5))
            yield {
                "id": f"{place}-{number}",
                "title": f"{first} and {second}",
                "summary": f"All about {first}, with a little {second}.",
                "podcast": podcast,
                "hosts": [host],
                "guests": [guest] if number % 2 else [],
                "language": language,
                "published_at": date,
                "duration_s": 300 * (1 + (number * 7 + place) % 30),
                "season": 1 + number // _EPISODES_A_SEASON,
                "episode": 42 if number == len(_DATES) else 1 + number % _EPISODES_A_SEASON,
                "explicit": number % 5 == 0,
            }
