"""The client against a running service, and against one that refuses for a while."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest

from service.api.schemas.requests import BrowseRequest, LikeRequest, SearchRequest, SimilarRequest
from service.client import AsyncClient, Client, NotReachable, Overloaded, Refused
from service.client.options import BrowseOptions, LikeOptions, SearchOptions, SimilarOptions
from tests.conftest import REPOSITORY
from tests.test_server import Server, serving

ASKED = "Who kept MySpace running?"


@pytest.fixture(scope="module")
def server(seed_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(seed_root, tmp_path_factory.mktemp("server") / "log", "--workers=1") as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(str(server.client.base_url)) as client:
        yield client


def test_an_answer_is_typed_and_has_highlights(client: Client) -> None:
    answer = client.search(ASKED, k=3)
    assert answer.answered
    assert len(answer.hits) == 3
    assert "MySpace" in answer.hits[0].episode.summary
    assert answer.hits[0].highlight is not None


def test_filters_pass_as_python_values(client: Client) -> None:
    assert not client.search(ASKED, published_after=date(2100, 1, 1)).hits
    assert not client.search(ASKED, podcast=["No such podcast"]).hits
    first = client.search(ASKED, k=1).hits[0].episode.id
    assert not client.similar(first, min_duration_s=1e9, collapse=True).hits


def test_pages_are_one_iterator(client: Client) -> None:
    ids = [episode.id for episode in client.episodes(limit=3)]
    assert len(ids) == len({*ids}) == 8
    assert client.episode(ids[0]).id == ids[0]
    assert list(client.podcasts()) == []


def test_likes_are_episodes_or_texts(client: Client) -> None:
    ids = [episode.id for episode in client.episodes()]
    answer = client.more_like(ids[0], "streams of events", unlike=[ids[1]], k=2)
    assert {hit.episode.id for hit in answer.hits}.isdisjoint(ids[:2])
    assert client.snapshot().snapshot_id == answer.snapshot


def test_a_notebook_shows_hits_with_their_words_marked(client: Client) -> None:
    shown = client.search(ASKED, k=1)._repr_html_()
    assert "<b>MySpace</b>" in shown
    nothing = client.search("growing potatoes in <b>clay</b> soil", k=1)._repr_html_()
    assert "&lt;b&gt;clay&lt;/b&gt; soil: nothing here answers that" in nothing


def test_the_asynchronous_client_gives_the_same(server: Server, client: Client) -> None:
    async def ask() -> tuple[list[str], list[str]]:
        async with AsyncClient(str(server.client.base_url)) as asking:
            answer = await asking.search(ASKED)
            listed = [episode.id async for episode in asking.episodes(limit=5)]
            return [hit.episode.id for hit in answer.hits], listed

    hits, listed = asyncio.run(ask())
    assert hits == [hit.episode.id for hit in client.search(ASKED).hits]
    assert listed == [episode.id for episode in client.episodes()]


def test_a_refusal_has_the_message_of_the_service(client: Client) -> None:
    with pytest.raises(Refused, match="No episode has the id") as unknown:
        client.episode("no-such-id")
    assert unknown.value.status == HTTPStatus.NOT_FOUND
    with pytest.raises(Refused, match="k in the body"):
        client.search(ASKED, k=0)


def test_an_unreachable_service_is_reported_with_its_address() -> None:
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(NotReachable, match=":9"):
        nobody.search(ASKED)


@pytest.mark.parametrize("retry_after", ["0", None])
def test_a_passing_refusal_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, retry_after: str | None
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    with Client(transport=refusing(2, headers)) as client:
        assert client.snapshot().snapshot_id == "s"
    assert pauses == ([0, 0] if retry_after else [0.5, 1.0])


def test_a_refusal_that_lasts_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    with (
        Client(transport=refusing(9, {"Retry-After": "3600"}), retries=1) as client,
        pytest.raises(Overloaded, match="Busy"),
    ):
        client.snapshot()
    assert pauses == [30]


def test_a_proxy_may_answer_without_problem_details() -> None:
    proxy = httpx2.MockTransport(lambda _: httpx2.Response(502, text="<h1>Bad Gateway</h1>"))
    with Client(transport=proxy) as client, pytest.raises(Refused, match="502 Bad Gateway"):
        client.snapshot()


def test_a_web_page_in_place_of_an_answer_is_reported() -> None:
    page = httpx2.MockTransport(lambda _: httpx2.Response(200, text="<h1>Welcome</h1>"))
    with Client(transport=page) as client, pytest.raises(NotReachable, match="check the address"):
        client.snapshot()


@pytest.mark.parametrize(
    ("options", "request_model", "not_an_option"),
    [
        (SearchOptions, SearchRequest, {"q"}),
        (SimilarOptions, SimilarRequest, set()),
        (LikeOptions, LikeRequest, {"like"}),
        (BrowseOptions, BrowseRequest, {"cursor"}),
    ],
)
def test_options_are_the_parameters_of_the_service(
    options: type, request_model: type[SearchRequest], not_an_option: set[str]
) -> None:
    assert {*options.__annotations__} == {*request_model.model_fields} - not_an_option


def test_the_client_loads_nothing_that_only_a_service_needs() -> None:
    code = "import sys, service.client; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = {*done.stdout.split()}
    assert loaded.isdisjoint({"faiss", "numpy", "onnxruntime", "tantivy", "fastapi"})


def refusing(times: int, headers: dict[str, str]) -> httpx2.MockTransport:
    """Refuses so many requests, then answers."""
    left = iter(range(times))

    def respond(_: httpx2.Request) -> httpx2.Response:
        if next(left, None) is None:
            return _served()
        return httpx2.Response(503, json={"detail": "Busy; ask again."}, headers=headers)

    return httpx2.MockTransport(respond)


def _served() -> httpx2.Response:
    told: dict[str, object] = {key: {} for key in ["corpus", "encoder", "index", "versions"]}
    told |= {"snapshot_id": "s", "format_version": 3, "fingerprint": "f", "built_at": "now"}
    return httpx2.Response(200, json=told | {"reranker": None})
