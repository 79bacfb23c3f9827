import pytest

from indexer.episode import Episode, Podcast
from indexer.text.passages import lexical_text, passages_of, texts_of
from indexer.text.sentences import Span, split_sentences

MOST_WORDS_SEEN = 180  # words of a passage that the model reads; later words need a further one


def episode(words: int, title: str | None = None) -> Episode:
    """An episode of distinct words, in sentences of ten words."""
    summary = " ".join(f"Word{n}." if n % 10 == 9 else f"Word{n}" for n in range(words))
    return Episode(episode_id="a", summary=summary, title=title)


def passages(of: Episode) -> list[str]:
    return passages_of(of, split_sentences(of.summary))


def test_a_short_text_is_one_passage_with_its_title() -> None:
    assert passages(episode(3, "Real\u2011time")) == ["Real-time. Word0 Word1 Word2"]


def test_the_longest_text_that_fits_the_model_is_one_passage() -> None:
    assert len(passages(episode(MOST_WORDS_SEEN))) == 1
    assert len(passages(episode(MOST_WORDS_SEEN + 1))) == 2


@pytest.mark.parametrize("title", ["A title", "A title of five words " * 5, None])
def test_every_word_of_a_long_text_is_in_a_passage(title: str | None) -> None:
    long = episode(1000, title)
    reached = {word for text in passages(long) for word in text.split()[:MOST_WORDS_SEEN]}
    assert set(long.summary.split()) <= reached


def test_the_first_passage_is_the_whole_text_and_each_later_one_carries_the_title() -> None:
    long = episode(400, "A title")
    whole, *later = passages(long)
    assert whole == f"A title. {long.summary}"
    assert len(later) == 2
    assert all(text.startswith("A title. Word") for text in later)


def test_later_passages_start_with_a_sentence() -> None:
    assert [text.split()[0] for text in passages(episode(400))] == ["Word0", "Word150", "Word300"]


def test_a_long_text_without_full_stops_is_divided() -> None:
    text = Episode(episode_id="a", summary=" ".join(map(str, range(400))))
    assert passages(text)[-1].endswith("398 399")
    assert len(passages(text)) > 2


def test_sentences_are_embedded_folded() -> None:
    text = Episode(episode_id="a", summary="It’s real\u2011time.")
    assert texts_of(text, [Span(5, 15)]) == ["real-time."]


def test_names_and_tags_are_in_the_lexical_text() -> None:
    text = Episode(
        episode_id="a",
        summary="Jazz.",
        title="Blue",
        podcast=Podcast("Sounds"),
        hosts=("Ann",),
        guests=("Bob", "Zoë"),
        tags=("music",),
        link="https://example.com",
    )
    assert lexical_text(text) == "Blue Jazz. Sounds Ann Bob Zoë music"
