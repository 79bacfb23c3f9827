"""The app in this process over one corpus, and all episodes as it lists them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi.testclient import TestClient

from indexer.build import build
from indexer.encoder.artifact import Artifact
from service.app import create_app
from service.settings import Settings
from tests.torture.model.by_hand import Asked, Record, passes
from tests.torture.model.corpora import Corpus

LARGEST_PAGE = 100
_REQUEST_TIMEOUT = 60  # seconds: what is answered is looked at, and not how soon
DEEPEST_HIT = 1100  # the last of the page at the deepest offset


class Listing:
    def __init__(self, client: TestClient, corpus: Corpus) -> None:
        self.corpus = corpus
        self._client = client
        self.records: list[Record] = list(self.browsed({}, LARGEST_PAGE))
        self.by_id = {record["id"]: record for record in self.records}

    def get(self, path: str, asked: Asked | None = None) -> Any:
        """Of a request that is legal. Raises AssertionError where it is not answered."""
        answer = self._client.get(path, params=dict(asked or {}))
        assert answer.status_code == 200, (answer.status_code, answer.text[:200], path, asked)
        return answer.json()

    def text(self, path: str, asked: Asked) -> str:
        answer = self._client.get(path, params=dict(asked))
        assert answer.status_code == 200, (answer.status_code, answer.text[:200], path, asked)
        return answer.text

    def post(self, path: str, asked: Asked, status: int = 200) -> Any:
        answer = self._client.post(path, json=dict(asked))
        assert answer.status_code == status, (answer.status_code, answer.text[:200], path, asked)
        return answer.json()

    def browsed(self, asked: Asked, limit: int) -> Iterator[Record]:
        """Page after page."""
        cursor: Mapping[str, Any] = {}
        while True:
            page = self.get("/episodes", {**asked, "limit": limit, **cursor})
            yield from page["episodes"]
            if page["next"] is None:
                return
            assert len(page["episodes"]) == limit
            cursor = {"cursor": page["next"]}

    def walked(self, asked: Asked) -> list[Any]:
        """The hits of every page, in order."""
        hits: list[Any] = []
        for offset in range(0, DEEPEST_HIT, LARGEST_PAGE):
            page = self.post("/search", {**asked, "k": LARGEST_PAGE, "offset": offset})["hits"]
            hits += page
            if len(page) < LARGEST_PAGE:
                return hits
        return hits

    def passing(self, asked: Asked) -> list[Record]:
        return [record for record in self.records if passes(record, asked)]

    def served(self, episode_id: str) -> Record:
        """The record that an id leads to, its own or that of a copy."""
        return next(
            record
            for record in self.records
            if episode_id in (record["id"], *(copy["id"] for copy in record.get("also_in", ())))
        )


@contextmanager
def listing(corpus: Corpus, artifact: Artifact) -> Iterator[Listing]:
    with TemporaryDirectory(prefix="model-") as directory:
        source, root = Path(directory) / "corpus.jsonl", Path(directory) / "snapshots"
        source.write_text("".join(json.dumps(record) + "\n" for record in corpus.records))
        build([source], root, artifact)
        with TestClient(
            create_app(Settings(snapshots=root, request_timeout=_REQUEST_TIMEOUT))
        ) as client:
            yield Listing(client, corpus)
