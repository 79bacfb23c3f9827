"""Collects the passages of transcripts, and writes their vectors."""

from contextlib import closing

from indexer.corpus.transcripts.cues import Transcript
from indexer.corpus.transcripts.said import Formulas, said_passages
from indexer.episode import Episode, fold
from indexer.execution.progress import progress
from indexer.index.said_index import Said
from indexer.index.vectors.embedding_cache import EmbeddingCache
from indexer.pipeline.text_keys import TextKeys
from indexer.snapshot.staging import Staging


def collect_said(staging: Staging, cache: EmbeddingCache, language: str) -> TextKeys | None:
    """Write the passages of each row and their words; note in the cache those without a vector.

    None if no episode has a transcript.
    """
    episodes = staging.episodes()
    if not any(episode.transcript_id for episode in episodes):
        return None
    keys, formulas = TextKeys(staging.scratch / "said"), Formulas()
    with progress("transcripts", 2 * len(episodes)) as advance:
        for episode in episodes:
            if transcript := staging.transcript(episode.transcript_id):
                formulas.count(_podcast(episode), transcript)
            advance(1)
        with closing(staging.write_said()) as writer, staging.write_said_words(language) as add:
            for episode in episodes:
                said = _said(episode, staging.transcript(episode.transcript_id), formulas)
                for position, each in enumerate(said, len(keys)):
                    add(position, each.text)
                keys.append(cache.want([_embedded(episode, each) for each in said]))
                writer.add(said)
                advance(1)
    return keys


def write_said_vectors(
    staging: Staging, said: TextKeys, cache: EmbeddingCache, dimension: int
) -> None:
    with closing(staging.write_said_vectors(dimension)) as vectors:
        for part in said.parts():
            if isinstance(part, list):
                vectors.add(cache.vectors(part))
    staging.index_said(dimension)


def _said(episode: Episode, transcript: Transcript | None, formulas: Formulas) -> list[Said]:
    if transcript is None:
        return []
    found = said_passages(_podcast(episode), transcript, formulas)
    return [Said(each.start_s, each.end_s, each.text, each.speaker) for each in found]


def _embedded(episode: Episode, said: Said) -> str:
    """With the title, which says what a passage is about that names nothing."""
    return fold(f"{episode.title}. {said.text}" if episode.title else said.text)


def _podcast(episode: Episode) -> str:
    return episode.podcast.identity if episode.podcast else ""
