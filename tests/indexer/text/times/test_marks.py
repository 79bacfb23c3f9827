"""Show notes as shows write them, and texts with what only looks like a time of a recording."""

import pytest

from indexer.text.times import blanked, time_marks

TIMED = {
    "brackets": ("(04:35) How the kelp farm began\n(1:02:03) What went wrong", [275, 3723]),
    "links": (
        "[01:20](#t=01:20) Urchins\n[12:05](https://a.example/w?v=x&t=725s) Otters",
        [80, 725],
    ),
    "bold links in a list": (
        "* **[00:00](#t=00:00)** Hello\n* **[09:10](#t=09:10)** Kelp",
        [0, 550],
    ),
    "dashes": ("1:02:03 - What went wrong", [3723]),
    "long dashes": ("0:00 \u2013 Intro\n4:35 \u2014 Kelp\n59:59 \u2014 End", [0, 275, 3599]),
    "ranges": ("12:34 \u2013 15:00 Urchins\n15:00-17:30 Otters", [754, 900]),
    "ranges in brackets": ("[00:10 - 04:00] Intro\n[04:00 - 9:30] Kelp", [10, 240]),
    "bullets": ("\u2022 0:30 Intro\n\u2022 2:45 Kelp\n\u2022 61:10 Otters", [30, 165, 3670]),
    "numbers": ("1. 00:30 Intro\n2. 02:45 Kelp", [30, 165]),
    "emoji": ("\u23f0 00:30 Intro\n\U0001f3a7 02:45 Kelp", [30, 165]),
    "colons": ("4:35: Kelp\n12:00: Otters", [275, 720]),
    "pipes": ("4:35 | Kelp\n12:00 | Otters", [275, 720]),
    "table": ("| 00:00 | Intro |\n| 04:35 | Kelp |", [0, 275]),
    "square": ("[00:00:00] Intro [00:04:35] Kelp [01:00:10] End", [0, 275, 3610]),
    "one line": ("0:00 Intro 4:35 Kelp farm 12:10 What went wrong", [0, 275, 730]),
    "one line with a label": ("Timestamps: (0:00) Intro (4:35) Kelp (12:10) Otters", [0, 275, 730]),
    "a label and dashes": ("Chapters: 00:00 - Intro, 04:35 - Kelp, 12:10 - Otters", [0, 275, 730]),
    "one line behind a heading": (
        "Length: 59:40 In This Episode: 0:30-Lindsey is wearing pajamas 1:44-Jaime's story "
        "2:45-Sleep 3:08 \u2013 Jimmy 59:10 Bye",
        [30, 104, 165, 188, 3550],
    ),
    "one line of ranges": (
        "Tracklist 01. Wilton (Remix) 00:00-05:20 02. Duke 04:19-09:23 03. Vujicic 08:00-12:02 "
        "04. Mori 11:30-15:00",
        [0, 259, 480, 690],
    ),
    "brackets before topics": (
        "Listen on Posterous (0:38) The Muppets Extremely Loud (24:11) Homeland Comic Men (33:40) "
        "Chinatown iOS (41:00) Zelda",
        [38, 1451, 2020, 2460],
    ),
    "after the topic": ("Intro 0:00\nKelp farms 4:35\nWhat went wrong 12:10", [0, 275, 730]),
    "after the topic, in brackets": ("Intro (00:15)\nKelp (04:35)\nOtters (12:10)", [15, 275, 730]),
    "after dots": ("Intro ..... 0:10\nKelp ..... 4:35", [10, 275]),
    "in sentences": (
        "Ana tells how the farm began (4:35). Bo explains urchins (15:00) and otters (1:02:03).",
        [275, 900, 3723],
    ),
    "a sentence that says so": ("Skip to 12:34 for the interview with Ana.", [754]),
    "a mark": ("The story of the kelp begins at the 12:34 mark.", [754]),
    "alone on a line": ("04:35\n* How it began\n* Who paid\n12:10\n* Urchins", [275, 730]),
    "fractions": ("00:00:00.000 Intro\n00:04:35.500 Kelp", [0, 275.5]),
    "full width": ("00\uff1a30 \u958b\u5834\n04\uff1a35 \u6d77\u85fb", [30, 275]),
    "corner brackets": ("\u301000:30\u3011\u958b\u5834\n\u301004:35\u3011\u6d77\u85fb", [30, 275]),
    "minutes above an hour": ("58:10 Kelp\n75:20 Otters", [3490, 4520]),
    "a question at the end": ("2:10 Why kelp?\n9:20 Who pays?", [130, 560]),
    "beside clocks": ("0:00 Intro\n4:35 We meet at 10:30 am\n9:00 Otters", [0, 275, 540]),
    "topics that name a clock": (
        "0:30 Intro\n4:35 Why 9:00-17:00 is over\n9:10 End",
        [30, 275, 550],
    ),
    "topics that name a verse": (
        "0:30 Intro\n4:35 John 3:16 in our time\n9:10 End",
        [30, 275, 550],
    ),
    "topics that end in a ratio": ("1:05 Screens\n4:35 Is 16:10 better?\n7:10 End", [65, 275, 430]),
    "German": (
        "00:01:10 Begr\u00fc\u00dfung\n00:14:20 Algenfarm\n01:05:00 Verabschiedung",
        [70, 860, 3900],
    ),
    "a heading": (
        "## Show Notes\n00:30 Welcome\n02:54 Kelp\n## Links\nhttps://a.example:8080/x",
        [30, 174],
    ),
    "minute": ("Minute 4:35 \u2013 Kelp\nMinute 12:10 \u2013 Otters", [275, 730]),
    "at signs": ("@4:35 Kelp\n@12:10 Otters", [275, 730]),
    "round times": ("0:00 Intro\n15:00 Kelp\n30:00 Otters", [0, 900, 1800]),
    "code": ("`00:30` Intro\n`04:35` Kelp", [30, 275]),
}
LOOK_ALIKES = {
    "clock": "We meet at 10:30 am in Oslo and at 5:15 p.m. in Bergen.",
    "clock at the head of a line": "10:30 am Doors open\n11:15 am Kelp talk\n1:00 pm Lunch",
    "clock of 24 hours": "Live on Friday, 19:30 at the old harbour. Doors open 18:45.",
    "clock and zone": "Every Sunday, 20:00 UTC\n14:30 EST\n11:30 PT",
    "clock in German": "Immer donnerstags um 19:30 Uhr, Wiederholung 7:15 Uhr.",
    "opening hours": "Opening hours\nMon-Fri 9:00-17:00\nSat 10:00-14:00",
    "a day's programme": "Schedule\n9:00 Doors\n10:30 Keynote\n12:00 Lunch",
    "one time in prose": "The ship sank at 12:34 and nobody saw it.",
    "a start in prose": "It was 23:15 when the storm began.",
    "date and clock": "Recorded 2024-01-31 12:34, published 31.01.2024 14:00",
    "ISO 8601": "published 2024-01-31T12:34:56Z and 2024-01-31T12:34:56+01:00",
    "verse": "John 3:16 is read at every wedding, 1 Corinthians 13:04 too.",
    "verses": "We read Genesis 1:26-27, Psalm 119:11 and Isaiah 40:31.",
    "verses in a list": "John 3:16\nRomans 8:28\nPhilippians 4:13",
    "verses of a chapter": "Today John 3\n3:14 As Moses lifted up\n3:16 For God so loved",
    "Quran": "Surah Al-Baqarah, Quran 2:55 and surah 18:10",
    "score": "Germany won 21:15 after trailing 10:12 at half time.",
    "ratio": "A screen of 16:10 and an aspect ratio of 21:09",
    "odds": "The odds are 20:01 against them.",
    "mix": "A ratio of 10:01 in weight",
    "address": "See http://10.0.0.1:80/12:34 and host:10:30",
    "port": "Listen on 127.0.0.1:8000 or [::1]:80",
    "lengths of songs in a sentence": "Please Go (2:24) by Brad and Let Me Go (3:47) by Chris",
    "a length in front": "Duration: 47:40\nSize: 21 MB",
    "a party": "The anniversary was held from 5:00 till late at a local bar.",
    "song lengths": "1. Blue (3:45)\n2. Green (2:10)\n3. Red (4:05)\n4. Teal (3:01)",
    "two song lengths": "Blue \u2013 3:45\nGreen \u2013 4:10",
    "length of the episode": "Length: 45:10",
    "hardware address": "00:1a:2b:3c:4d:5e and 00:11:22:33:44:55",
    "none": "Kelp, otters and 12 urchins; 3:4, 5:6 and 1:1.",
    "pace": "She ran a marathon in 2:05:10, 4:58 per mile.",
}


@pytest.mark.parametrize("name", TIMED)
def test_times_of_the_recording_are_found(name: str) -> None:
    notes, seconds = TIMED[name]
    assert [mark.start_s for mark in time_marks(notes)] == seconds


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_what_only_looks_like_a_time_is_left(name: str) -> None:
    assert time_marks(LOOK_ALIKES[name]) == []


def test_a_time_past_the_end_of_the_episode_is_none() -> None:
    notes = "(0:10) Kelp\n(59:00) Otters\n(1:30:00) Bonus"
    assert [mark.start_s for mark in time_marks(notes, duration_s=3600)] == [10, 3540]


def test_ranges_have_an_end() -> None:
    assert [mark.end_s for mark in time_marks("12:34 \u2013 15:00 Kelp\n[15:00] Otters")] == [
        900,
        None,
    ]


def test_a_mark_covers_bullet_link_and_dash_and_no_word() -> None:
    notes = (
        "* **[10:08](#t=10:08)** Who yaps more?\n(12:00) \u2013 Kelp\nEnd ... 14:05\n"
        "Urchins are told (15:00) of."
    )
    assert blanked(notes, time_marks(notes)).split() == (
        "Who yaps more? Kelp End Urchins are told of.".split()
    )
