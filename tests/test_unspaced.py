"""Chinese, Japanese and Thai episodes, asked for over HTTP of the real process."""

import json
from collections.abc import Iterator

import pytest

from indexer.build import build
from indexer.encoder.artifact import Artifact
from tests.conftest import EPISODES
from tests.test_server import Server, serving
from tests.unspaced import LANGUAGES, collection


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("unspaced")
    episodes = [*EPISODES, *(e for language in LANGUAGES for e in renamed(language))]
    (directory / "corpus.jsonl").write_text("\n".join(map(json.dumps, episodes)))
    build([directory / "corpus.jsonl"], directory / "snapshots", artifact)
    with serving(directory / "snapshots", directory / "log") as server:
        yield server


def renamed(language: str) -> Iterator[dict[str, str]]:
    """One id is one episode of all languages."""
    for episode in collection(language).episodes:
        yield {**episode, "id": f"{language}-{episode['id']}"}


@pytest.mark.parametrize(
    ("question", "name", "sentence", "words"),
    [
        ("铁路", "chinese-rail", "这一期我们讲青藏铁路的修建。", ["铁路"]),
        (
            "寿司",
            "japanese-sushi",
            "築地で四十年、寿司を握り続けた職人に話を聞きました。",
            ["寿司"],
        ),
        ("แม่น้ำ", "thai-river", "แม่น้ำเจ้าพระยาเลี้ยงคนสองฝั่งมาหลายร้อยปี", ["แม่น้ำ"]),
        ("jazz", "jazz", "Jazz on guitar and piano.", ["Jazz"]),
    ],
)
def test_a_word_finds_its_episode_and_its_sentence(
    server: Server, question: str, name: str, sentence: str, words: list[str]
) -> None:
    for mode in ("lexical", "hybrid"):
        asked = {"q": question, "mode": mode, "k": 5}
        (first, *_) = server.client.get("/search", params=asked).json()["hits"]

        assert first["episode"]["id"] == name
        assert first["scores"]["lexical"] > 0
        summary, highlight = first["episode"]["summary"], first["highlight"]
        assert highlight["text"] == sentence
        assert [summary[start:stop] for start, stop in highlight["matches"]] == words
