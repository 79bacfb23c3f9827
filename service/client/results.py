"""Answers of the service, which a notebook shows as a table."""

from collections.abc import Sequence
from html import escape

from indexer.episode import shown_title
from service.api.schemas.answers import (
    HitBody,
    LikeResponse,
    SearchResponse,
    SimilarHitBody,
    SimilarResponse,
)


class Hit(HitBody):
    def _repr_html_(self) -> str:
        return _table([self])


class SimilarHit(SimilarHitBody):
    def _repr_html_(self) -> str:
        return _table([self])


class SearchResult(SearchResponse):
    hits: list[Hit]

    def _repr_html_(self) -> str:
        heading = self.query if self.answered else f"{self.query}: nothing here answers that"
        return _table(self.hits, heading)


class SimilarResult(SimilarResponse):
    hits: list[SimilarHit]

    def _repr_html_(self) -> str:
        return _table(self.hits, f"Similar to {self.episode}")


class LikeResult(LikeResponse):
    hits: list[SimilarHit]

    def _repr_html_(self) -> str:
        return _table(self.hits, f"Like {', '.join(self.like)}")


def _table(hits: Sequence[HitBody], heading: str = "") -> str:
    rows = "".join(map(_row, hits))
    caption = f"<caption>{escape(heading)}</caption>" if heading else ""
    titles = "<tr><th>#</th><th>relevance</th><th>episode</th><th>why</th></tr>"
    return f"<table>{caption}{titles}{rows}</table>"


def _row(hit: HitBody) -> str:
    episode = hit.episode
    title = escape(shown_title(episode.title, episode.headline, episode.summary))
    podcast = f"<br><small>{escape(episode.podcast.title)}</small>" if episode.podcast else ""
    cells = (str(hit.rank), f"{hit.relevance:.0%}", title + podcast, _evidence(hit))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _evidence(hit: HitBody) -> str:
    """The highlight, with the question's words marked."""
    if not hit.highlight:
        return ""
    text, shown, end = hit.highlight.text, "", 0
    for start, stop in hit.highlight.matches:
        shown += f"{escape(text[end:start])}<b>{escape(text[start:stop])}</b>"
        end = stop
    return shown + escape(text[end:])


def facts(hit: HitBody) -> dict[str, str | float]:
    """What a program that quotes an episode needs beside its summary, if the episode has it."""
    episode = hit.episode
    known = {
        "id": episode.id,
        "title": episode.title,
        "headline": episode.headline,
        "podcast": episode.podcast.title if episode.podcast else None,
        "published_at": str(episode.published_at) if episode.published_at else None,
        "link": episode.link or episode.audio_url,
        "evidence": hit.highlight.text if hit.highlight else None,
        "relevance": hit.relevance,
    }
    return {name: value for name, value in known.items() if value is not None}
