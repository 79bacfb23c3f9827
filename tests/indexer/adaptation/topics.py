"""A corpus whose titles and summaries use different words for the same topics.

An untrained model cannot know that "kafka" in a title is "rome" in a summary; a trained one can,
also in podcasts that it was not trained on.
"""

import json
import random
from pathlib import Path

from indexer.episode import Episode, Podcast
from tests.fakes import WORDS

HALF = len(WORDS) // 2
OTHER_WORDS = dict(zip(WORDS[:HALF], WORDS[HALF:], strict=False))
_FILLERS = "how do it is and".split()


def episodes(podcasts: int = 40, each: int = 12, seed: int = 0) -> list[Episode]:
    """Episodes of three topics each; the fillers say nothing about them."""
    rng = random.Random(seed)
    return [
        _episode(f"{podcast}-{number}", f"podcast {podcast}", rng)
        for podcast in range(podcasts)
        for number in range(each)
    ]


def _episode(episode_id: str, podcast: str, rng: random.Random) -> Episode:
    topics = rng.sample(sorted(OTHER_WORDS), 3)
    said = [OTHER_WORDS[topic] for topic in topics]
    sentences = [" ".join(rng.sample(said + _FILLERS, 7)).capitalize() for _ in range(2)]
    return Episode(
        episode_id=episode_id,
        title=" ".join(topics),
        summary=f"{'. '.join(sentences)}.",
        podcast=Podcast(podcast),
    )


def write(file: Path, told: list[Episode]) -> Path:
    file.write_text("".join(f"{json.dumps(each.to_json())}\n" for each in told))
    return file
