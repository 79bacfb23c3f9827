"""Prints answers as tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexer.episode import shown_title


class Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Called where that is caught; the command's own exit code tells it."""
        raise


def print_hits(console: Console, hits: Iterable[Mapping[str, Any]]) -> None:
    """Rank, relevance, episode, and the sentence that matches best, with its matches in bold."""
    table = Table("#", "relevance", "episode", "why", box=None, pad_edge=False)
    for hit in hits:
        episode = _episode(hit["episode"])
        table.add_row(str(hit["rank"]), f"{hit['relevance']:.0%}", episode, _evidence(hit))
    console.print(table)


def print_episodes(console: Console, episodes: Iterable[Mapping[str, Any]]) -> None:
    table = Table("published", "episode", box=None, pad_edge=False)
    for episode in episodes:
        table.add_row(str(episode.get("published_at", ""))[:10], _episode(episode))
    console.print(table)


def print_podcasts(console: Console, podcasts: Iterable[Mapping[str, Any]]) -> None:
    table = Table("episodes", "latest", "podcast", box=None, pad_edge=False)
    for podcast in podcasts:
        latest = str(podcast.get("latest") or "")[:10]
        table.add_row(str(podcast["episodes"]), latest, Text(podcast["title"]))
    console.print(table)


def _episode(episode: Mapping[str, Any]) -> Text:
    """The title, the headline or the beginning of the summary; the podcast; the id."""
    shown = shown_title(episode.get("title"), episode.get("headline"), episode["summary"])
    text = Text(shown)
    if podcast := episode.get("podcast"):
        text.append(f"\n{podcast['title']}", style="dim")
    return text.append(f"\n{episode['id']}", style="dim")


def _evidence(hit: Mapping[str, Any]) -> Text:
    """The sentence that matches best, and the moment."""
    highlight, moments = hit.get("highlight"), hit.get("moments", ())
    text = _marked(highlight) if highlight else Text()
    for moment in moments[:1]:
        text.append(f"\n{_clock(moment['start_s'])} ", style="dim").append(_marked(moment))
    return text


def _marked(said: Mapping[str, Any]) -> Text:
    text = Text(said["text"])
    for start, stop in said.get("matches", ()):
        text.stylize("bold", start, stop)
    return text


def _clock(seconds: float) -> str:
    """12:34, or 1:02:03"""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
