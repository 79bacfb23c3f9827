"""Episodes of four podcasts, in words that the fake encoder knows."""

import json
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

Episode = Mapping[str, Any]

_SHOWS = {
    "Sounds": ("jazz", "guitar", "piano", "music"),
    "Streams": ("kafka", "flink", "stream", "queue"),
    "Stones": ("history", "rome", "empire", "soil"),
    "Skies": ("space", "rocket", "moon", "seeds"),
}
_PEOPLE = ("Mary Okoro", "Jan Brandt", "Lu Chen")


def _episodes(show: str, words: tuple[str, ...]) -> Iterable[Episode]:
    for number, (first, second) in enumerate(combinations(words, 2)):
        yield {
            "id": f"{show.lower()}-{number}",
            "title": f"{first.title()} and {second}, part {number + 1}",
            "summary": f"🎧🎧 From {first} we come to {second}.",
            "podcast": show,
            "published_at": f"{2020 + number}-0{number + 1}-{10 + len(words[0])}T08:00:00Z",
            "guests": [_PEOPLE[number % 3]],
            "tags": [first],
            "duration_s": 900 + 900 * number,
            "audio_url": f"https://example.org/{show.lower()}/{number}.mp3",
        }


EPISODES: list[Episode] = [each for show in _SHOWS.items() for each in _episodes(*show)]


def write(episodes: Iterable[Episode], directory: Path) -> Path:
    corpus = directory / "episodes.jsonl"
    corpus.write_text("".join(json.dumps(episode) + "\n" for episode in episodes))
    return corpus
