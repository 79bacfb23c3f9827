"""Passages of transcripts: joined across cues, of one speaker, without adverts and formulas."""

from indexer.corpus.transcripts.cues import Cue, Transcript
from indexer.corpus.transcripts.said import (
    MOST_WORDS,
    Formulas,
    SaidPassage,
    said_passages,
    sentences_of,
)


def spoken(*texts: str, speaker: str | None = None) -> Transcript:
    """A cue of ten seconds for each text."""
    cues = (Cue(10 * n, 10 * n + 10, text, speaker) for n, text in enumerate(texts))
    return Transcript.of(cues)


def passages(transcript: Transcript, others: tuple[Transcript, ...] = ()) -> list[SaidPassage]:
    formulas = Formulas()
    for each in (transcript, *others):
        formulas.count("sea", each)
    return said_passages("sea", transcript, formulas)


def test_a_sentence_is_joined_across_cues() -> None:
    found = [*sentences_of(spoken("We plant", "kelp in the spring. Otters", "eat urchins."))]
    assert [each.text for each in found] == ["We plant kelp in the spring.", "Otters eat urchins."]
    assert [each.start_s for each in found] == [0, 17.7]  # 20 of 26 letters into the second cue
    assert [each.end_s for each in found] == [20, 30]


def test_passages_are_of_sixty_to_ninety_words() -> None:
    found = passages(
        spoken(*(f"Kelp number {n} grows well in cold and clear water." for n in range(60)))
    )
    lengths = [len(each.text.split()) for each in found]
    assert all(60 <= length <= MOST_WORDS for length in lengths[:-1])
    assert sum(lengths) == 600
    assert [each.start_s for each in found][:2] == [0, 90]


def test_a_new_speaker_begins_a_new_passage_once_enough_is_said() -> None:
    long = "Kelp grows well in cold water. " * 11
    cues = [Cue(0, 60, long, "Ana"), Cue(60, 70, "I see.", "Bo"), Cue(70, 99, long, "Bo")]
    found = passages(Transcript.of(cues))
    assert [(each.speaker, each.start_s) for each in found] == [("Ana", 0), ("Bo", 60)]


def test_short_turns_share_a_passage_of_the_one_who_says_most() -> None:
    cues = [Cue(0, 1, "Why?", "Bo"), Cue(1, 9, "Because kelp grows well in cold water.", "Ana")]
    [found] = passages(Transcript.of(cues))
    assert (found.speaker, found.text) == ("Ana", "Why? Because kelp grows well in cold water.")


def test_adverts_are_left_out_with_what_stands_around_them() -> None:
    said = [
        *(f"We talk about kelp number {n}." for n in range(5)),
        "This episode is brought to you by Hosting Ltd.",
        "They have servers.",
        "Their servers are fast.",
        "Use the code KELP for 20% off.",
        *(f"Now the otters number {n}." for n in range(5)),
    ]
    text = " ".join(each.text for each in passages(spoken(*said)))
    assert "servers" not in text
    assert "brought to you" not in text
    assert "kelp number 2" in text
    assert "otters number 4" in text


def test_formulas_of_a_podcast_are_left_out() -> None:
    formula = "This is the Sea podcast with your host Ana."
    topics = ("kelp", "otters", "urchins")
    shows = tuple(spoken(formula, f"We talk about {topic} and their home.") for topic in topics)
    [found] = passages(shows[0], shows[1:])
    assert found.text == "We talk about kelp and their home."
    [alone] = passages(shows[0])
    assert formula in alone.text


def test_short_sentences_that_recur_stay() -> None:
    shows = tuple(spoken("Yes, exactly.", f"Kelp number {n} grows.") for n in range(3))
    assert passages(shows[0], shows[1:])[0].text == "Yes, exactly. Kelp number 0 grows."
