"""What is searched of notes with times."""

from indexer.episode import Episode
from indexer.text.passages import lexical_text, passages_of, sentences_of, texts_of

NOTES = "All about kelp.\n* **[04:35](#t=04:35)** How it began\n(12:10) What went wrong"
EPISODE = Episode(episode_id="a", summary=NOTES, title="Kelp")


def test_times_are_in_no_sentence() -> None:
    assert texts_of(EPISODE, sentences_of(EPISODE)) == [
        "All about kelp.",
        "How it began",
        "What went wrong",
    ]


def test_times_are_neither_embedded_nor_indexed_as_words() -> None:
    assert passages_of(EPISODE, sentences_of(EPISODE)) == [
        "Kelp. All about kelp. How it began What went wrong"
    ]
    assert lexical_text(EPISODE) == "Kelp All about kelp. How it began What went wrong"
