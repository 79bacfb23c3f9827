from indexer.text.times import chapters_of

NOTES = """All about kelp.
04:35 - How the [farm](https://a.example) began
With *Ana* and Bo.
1:02:03 \u2013 1:10:00 What went wrong
Links
https://a.example/later"""


def told(notes: str, duration_s: float | None = None) -> list[tuple[float, float | None, str]]:
    return [(c.start_s, c.end_s, c.title) for c in chapters_of(notes, duration_s)]


def test_a_chapter_has_start_end_and_title() -> None:
    assert told(NOTES) == [
        (275, 3723, "How the farm began"),
        (3723, 4200, "What went wrong"),
    ]


def test_a_chapter_ends_where_the_next_begins_and_the_last_with_the_episode() -> None:
    assert told("(4:35) Kelp\n(12:00) Otters", 900) == [(275, 720, "Kelp"), (720, 900, "Otters")]
    assert told("(4:35) Kelp")[0] == (275, None, "Kelp")


def test_a_chapter_knows_its_lines_in_the_summary() -> None:
    first, last = chapters_of(NOTES)
    assert NOTES[first.start : first.end].split("\n")[:2] == [
        "How the [farm](https://a.example) began",
        "With *Ana* and Bo.",
    ]
    assert NOTES[last.start : last.end] == "What went wrong"


def test_a_time_alone_on_its_line_is_that_of_the_lines_below() -> None:
    notes = "04:35\n* How it began\n* Who paid\n12:10\n* Urchins\n## Links\nhttps://a.example"
    first, last = chapters_of(notes)
    assert (first.title, last.title) == ("How it began", "Urchins")
    assert "Who paid" in notes[first.start : first.end]
    assert "Links" not in notes[last.start : last.end]


def test_a_time_after_its_topic_is_that_of_the_words_before() -> None:
    assert [c.title for c in chapters_of("Kelp farms (4:35)\nOtters (12:10)")] == [
        "Kelp farms",
        "Otters",
    ]
    prose = "A talk in Oslo. Ana tells how the farm began (4:35). Bo explains urchins (15:00)."
    assert [c.title for c in chapters_of(prose)] == [
        "Ana tells how the farm began",
        "Bo explains urchins",
    ]


def test_topics_of_one_line_are_chapters_of_their_own() -> None:
    assert told("0:00 Intro 4:35 Kelp farm | 12:10 What went wrong") == [
        (0, 275, "Intro"),
        (275, 730, "Kelp farm"),
        (730, None, "What went wrong"),
    ]


def test_topics_behind_a_heading_follow_their_times() -> None:
    notes = "Show notes (0:38) The Muppets (24:11) Homeland (33:40) Chinatown (41:00) Zelda"
    assert [c.title for c in chapters_of(notes)] == [
        "The Muppets",
        "Homeland",
        "Chinatown",
        "Zelda",
    ]


def test_a_very_long_topic_is_cut_at_a_word() -> None:
    [chapter] = chapters_of("(4:35) " + "kelp " * 1000)
    assert len(chapter.title) <= 300
    assert chapter.title.endswith("kelp\u2026")
