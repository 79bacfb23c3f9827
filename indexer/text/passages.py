"""The texts of an episode that are embedded, and its text for the lexical index."""

from dataclasses import replace

from indexer.episode import Episode, embedding_text, fold
from indexer.text.segmentation import count_words
from indexer.text.sentences import Span, split_sentences
from indexer.text.times import blanked, time_marks

# An English word has 1.3 tokens on average, and models like the default one read 256 tokens.
_WORDS_SEEN = 180
_WORDS_A_PASSAGE = 150


def sentences_of(episode: Episode) -> list[Span]:
    """The sentences of its summary; the times of a recording divide them and are in none."""
    marks = time_marks(episode.summary, episode.duration_s)
    return split_sentences(episode.summary, [Span(mark.start, mark.stop) for mark in marks])


def passages_of(episode: Episode, sentences: list[Span]) -> list[str]:
    """The whole text; for a long one also its further parts, each with the title.

    A model truncates the whole text at its token limit, so the parts make the rest searchable.
    """
    whole = embedding_text(_of_sentences(episode, sentences))
    if count_words(whole) <= _WORDS_SEEN:
        return [whole]
    title = f"{fold(episode.title)}. " if episode.title else ""
    return [whole, *(f"{title}{stretch}" for stretch in _stretches(episode, sentences)[1:])]


def _of_sentences(episode: Episode, sentences: list[Span]) -> Episode:
    """The episode reduced to these sentences; unchanged if they are all."""
    if _covers(sentences, episode.summary):
        return episode
    return replace(episode, summary=" ".join(texts_of(episode, sentences)))


def _covers(sentences: list[Span], summary: str) -> bool:
    """Whether the sentences cover the summary, but for white space."""
    stops = [0, *(span.stop for span in sentences)]
    starts = [*(span.start for span in sentences), len(summary)]
    return not any(summary[a:b].strip() for a, b in zip(stops, starts, strict=True))


def texts_of(episode: Episode, spans: list[Span]) -> list[str]:
    return [fold(episode.summary[start:stop]) for start, stop in spans]


def lexical_text(episode: Episode) -> str:
    """All words of an episode that can be searched, folded; without the times in its notes."""
    return " ".join(lexical_parts(episode))


def lexical_parts(episode: Episode) -> list[str]:
    """The same by the fields that they are from."""
    parts = (episode.title, untimed(episode), *_names(episode))
    return [folded for part in parts if part and (folded := fold(part))]


def untimed(episode: Episode) -> str:
    """Its summary with white space in the place of each time, so that all else stays in place."""
    return blanked(episode.summary, time_marks(episode.summary, episode.duration_s))


def text_elsewhere(episode: Episode) -> str:
    """What is searched of an episode besides its summary, as written."""
    return "\n".join(part for part in (episode.title, *_names(episode)) if part)


def _names(episode: Episode) -> tuple[str | None, ...]:
    podcast = episode.podcast.title if episode.podcast else None
    topics = (chapter.title for chapter in episode.chapters if chapter.start is None)
    return (podcast, *episode.hosts, *episode.guests, *episode.tags, *topics)


def _stretches(episode: Episode, sentences: list[Span]) -> list[str]:
    stretches: list[list[str]] = [[]]
    words = 0.0
    for text in texts_of(episode, sentences):
        words += count_words(text)
        if words > _WORDS_A_PASSAGE and stretches[-1]:
            stretches.append([])
            words = count_words(text)
        stretches[-1].append(text)
    return [" ".join(stretch) for stretch in stretches]
