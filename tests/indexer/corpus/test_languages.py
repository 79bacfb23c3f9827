import json
import logging
from pathlib import Path

import pytest

from indexer.build import build
from indexer.corpus.languages import detect, language_of, warn_of_unknown
from indexer.encoder.artifact import Artifact
from indexer.encoder.model import resolve_model
from indexer.episode import Episode

GERMAN = "Ein Gespräch über den Garten, den Boden und die Samen, die darin wachsen."
ENGLISH = "A conversation about the garden, its soil and the seeds that grow in it."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Une conversation sur le jardin, la terre et les graines qui y poussent.", "fr"),
        ("Uma conversa sobre o jardim, a terra e as sementes que nele crescem.", "pt"),
        ("庭とその土、そこで育つ種についての会話です。", "ja"),
        ("Разговор о саде, его почве и семенах, которые в ней растут.", "ru"),
        (f"{GERMAN} https://example.org/all/about/the/english/garden/and/its/soil", "de"),
        ("", None),
        ("#23", None),
        ("https://example.org/", None),
        ("Kafka Flink", None),
    ],
)
def test_a_language_is_detected_if_it_is_clear(text: str, language: str | None) -> None:
    assert detect(text) == language


def test_a_language_given_by_the_feed_is_not_detected() -> None:
    episodes = (
        Episode(episode_id="1", summary=GERMAN, language="en-GB"),
        Episode(episode_id="2", summary=GERMAN),
        Episode(episode_id="3", summary="Kafka Flink"),
    )
    assert [language_of(episode) for episode in episodes] == [("en-GB", False), ("de", True), None]


@pytest.mark.parametrize(
    ("known", "episodes", "warned"),
    [
        (("en",), {"en": 80, "de": 15, "fr": 5}, True),
        (("en",), {"en": 95, "de": 5}, False),
        (("en", "de"), {"en": 50, "de": 50}, False),
        (("multilingual", "en"), {"de": 100}, False),
        ((), {"de": 100}, False),
    ],
)
def test_a_corpus_in_a_language_unknown_to_the_model_is_reported(
    artifact: Artifact,
    caplog: pytest.LogCaptureFixture,
    known: tuple[str, ...],
    episodes: dict[str, int],
    warned: bool,
) -> None:
    encoder = artifact.record.model_copy(update={"languages": known})
    warn_of_unknown(episodes, 100, encoder.model, encoder.languages)
    told = "20% of the episodes are in languages that bag-of-words does not know (de, fr);"
    assert (told in caplog.text) == bool(caplog.records) == warned


def test_the_default_model_knows_english() -> None:
    assert resolve_model().languages == ("en",)


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("---\nlanguage: [en, de]\n---\n", ("en", "de")),
        ("---\nlicense: mit\n---\n", ()),
        ("---\nlanguage: [\n---\n", ()),
        ("A model.", ()),
        (None, ()),
    ],
)
def test_a_model_knows_the_languages_of_its_card(
    tmp_path: Path, card: str | None, languages: tuple[str, ...]
) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    if card:
        (tmp_path / "README.md").write_text(card)
    assert resolve_model(str(tmp_path)).languages == languages


def test_a_build_detects_counts_and_warns(
    artifact: Artifact, root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    corpus = tmp_path / "a.jsonl"
    corpus.write_text("\n".join(json.dumps({"summary": text}) for text in (ENGLISH, GERMAN)))
    record = artifact.record.model_copy(update={"languages": ("en",)})
    with caplog.at_level(logging.WARNING):
        outcome = build([corpus], root, Artifact(artifact.directory, record))
    assert outcome.manifest.corpus.languages == {"en": 1, "de": 1}
    assert outcome.manifest.corpus.languages_detected == {"en": 1, "de": 1}
    assert "50% of the episodes" in caplog.text
