"""The headline of an episode without a title."""

import json
import re
from itertools import islice

import pytest

from indexer.text.headlines.headline import headline_of
from indexer.text.headlines.shortening import MOST_CHARACTERS
from tests.conftest import REPOSITORY, SEED_SUMMARIES

PODCASTS = REPOSITORY.parent / "shared" / "data" / "corpora" / "syntaxfm.jsonl"


@pytest.mark.parametrize(
    ("summary", "headline"),
    [
        ("In this episode, Ann Doe explains how bees dance.", "Ann Doe on how bees dance"),
        ("In this episode Bo talks with Ann Doe, a keeper of bees, about how they dance.",
         "Ann Doe on how they dance"),
        ("Ann Doe of the Bee Institute joins us on the show to discuss why hives die.",
         "Ann Doe on why hives die"),
        ("On Friday, Ann, Bo, and Cy Poe discuss bees and wasps.",
         "Ann, Bo and Cy Poe on bees and wasps"),
        ("This week we talk about the history of salt.", "The history of salt"),
        ("In this Short Talk Ann and Bo talk about salt and bees.", "Salt and bees"),
        ("Our panel discussed the price of salt, and pepper.", "The price of salt, and pepper"),
        ("Join Ann and Bo on a journey through salt.", "A journey through salt"),
        ("Cy tells us that salt is cheap.", "Cy: Salt is cheap"),
        ("In this show, Bo talks with the author of Salt, Ann Doe, about how seas dry.",
         "Ann Doe on how seas dry"),
        ("Plus, Ann takes a look at salt and bees.", "Ann on salt and bees"),
        ("Then a look at the price of salt.", "The price of salt"),
        ("This episode is all about how to mine salt.", "How to mine salt"),
        ("Episode 12: The salt of Hallstatt.", "The salt of Hallstatt"),
        ("The magic of salt is evident as Ann gets to share a pinch.",
         "The magic of salt is evident as Ann gets to share a pinch"),
        ("In dieser Folge spricht Bo mit Ann Doe über Salz und Bienen.",
         "Ann Doe über Salz und Bienen"),
        ("東京の歴史について話します。", "東京の歴史について話します。"),
        ("Who pays?", "Who pays?"),
        ("iPhones and salt", "iPhones and salt"),
    ],
)  # fmt: skip
def test_it_says_who_speaks_about_what(summary: str, headline: str) -> None:
    assert headline_of(summary) == headline


def test_hosts_are_not_named() -> None:
    summary = "Wes and Scott talk about the new parts of CSS."
    assert headline_of(summary, ["Wes Bos", "Scott Tolinski"]) == "The new parts of CSS"
    assert headline_of(summary) == "Wes and Scott on the new parts of CSS"


def test_the_most_telling_sentence_is_taken() -> None:
    summary = (
        "Thanks for your patience, everybody! Subscribe at https://a.example/feed. "
        "How Hallstatt mined salt for 7,000 years. And then we chat a bit."
    )
    assert headline_of(summary) == "How Hallstatt mined salt for 7,000 years"


def test_a_long_one_ends_where_a_clause_does() -> None:
    summary = (
        "Ann Doe explains how the salt mines of Hallstatt were dug by hand from the Bronze Age on "
        "with picks of antler, bronze and iron, as their finds show."
    )
    assert headline_of(summary) == "Ann Doe on how the salt mines of Hallstatt were dug by hand"
    quoted = (
        f'How the salt of Hallstatt came to old Rome, "white gold of the Alps, {"salt, " * 20}"'
    )
    assert headline_of(quoted) == "How the salt of Hallstatt came to old Rome"
    words = headline_of("salt " * 90)
    assert words
    assert re.fullmatch(r"Salt( salt)*…", words)
    assert len(words) <= MOST_CHARACTERS


@pytest.mark.parametrize(
    "summary", ["", "!!!", "In this episode", "\N{SLOTH}", "In this episode, "]
)
def test_a_text_that_tells_nothing_has_none(summary: str) -> None:
    assert headline_of(summary) is None


@pytest.mark.parametrize(
    "part", ["In this episode ", "talks with ", "join , and ", "a, ", "((", "\u202e ", "This of "]
)
def test_no_text_takes_long(part: str) -> None:
    """A long text costs as much as its first 4,000 characters."""
    whole = part * (200_000 // len(part))
    assert headline_of(whole) == headline_of(whole[:4_000])


def test_those_of_the_seeds_name_the_guest_and_a_subject() -> None:
    found = [headline_of(line) for line in SEED_SUMMARIES.read_text().splitlines() if line.strip()]
    assert found[1] == 'Gunnar Morling on his "One Billion Row Challenge"'
    assert found[4] == "Data infrastructure veteran Richie Artoul on his unconventional path"
    assert all(headline and " on " in headline for headline in found)


@pytest.mark.skipif(not PODCASTS.exists(), reason="the shared corpora are not here")
def test_real_ones_are_short_and_present_nothing() -> None:
    with PODCASTS.open() as lines:
        episodes = [json.loads(line) for line in islice(lines, 500)]
    found = [headline_of(each["summary"], each.get("hosts", ())) or "" for each in episodes]
    assert max(map(len, found)) <= MOST_CHARACTERS
    assert not [
        each
        for each in found
        if re.match("(?i)(in|on) (this|today.s) (episode|show|week)|this episode|today", each)
    ]
    assert len(set(found)) > 0.97 * len(found)
