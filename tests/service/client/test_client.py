"""The client against a running service, and against one that refuses for a while."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest

from service.api.schemas.requests import BrowseRequest, LikeRequest, SearchRequest, SimilarRequest
from service.client import AsyncClient, Client, NotReachable, Overloaded, Refused, calls
from service.client.options import BrowseOptions, LikeOptions, SearchOptions, SimilarOptions
from tests.conftest import REPOSITORY, BuildFake
from tests.test_server import Server, serving

ASKED = "Who kept MySpace running?"
NOON = "Sun, 29 Nov 2026 12:00:00 GMT"


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


def test_podcasts_are_one_iterator_over_their_pages(
    build_fake: BuildFake, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = [f"Podcast {letter}" for letter in "ABCDE"]
    said = ["Jazz on guitar.", "Kafka and queues.", "Rome.", "Garden soil.", "Piano.", "Flink."]
    episodes = zip([*titles, titles[0]], said, strict=True)
    build_fake({"summary": text, "podcast": {"title": title}} for title, text in episodes)
    monkeypatch.setattr(calls, "PODCASTS_A_PAGE", 2)

    async def ask(url: str) -> list[str]:
        async with AsyncClient(url) as client:
            return [podcast.title async for podcast in client.podcasts()]

    with serving(root, tmp_path / "log", "--workers=1", "--log-requests=true") as server:
        url = str(server.client.base_url)
        with Client(url) as client:
            listed = list(client.podcasts())
        assert [podcast.title for podcast in listed] == titles == asyncio.run(ask(url))
        assert [podcast.episodes for podcast in listed] == [2, 1, 1, 1, 1]
        assert server.log.count("/podcasts") == 2 * 3


def test_likes_are_episodes_or_texts(client: Client) -> None:
    ids = [episode.id for episode in client.episodes()]
    answer = client.more_like(ids[0], "streams of events", unlike=[ids[1]], k=2)
    assert {hit.episode.id for hit in answer.hits}.isdisjoint(ids[:2])
    assert client.snapshot().snapshot_id == answer.snapshot


def test_a_notebook_shows_hits_with_their_words_marked(client: Client) -> None:
    shown = client.search(ASKED, k=1)._repr_html_()
    assert "<b>MySpace</b>" in shown
    first = client.search(ASKED, k=1).hits[0]
    assert "<b>MySpace</b>" in first._repr_html_()
    assert "<caption>" not in first._repr_html_()
    alike = client.similar(first.episode.id, k=1).hits[0]
    assert "<td>1</td>" in alike._repr_html_()
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


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that clients wait between their requests, which pass at once."""
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("time.sleep", waited.append)
    monkeypatch.setattr("asyncio.sleep", wait)
    return waited


def ask_blocking(transport: httpx2.MockTransport, retries: int) -> str:
    with Client(transport=transport, retries=retries) as client:
        return client.snapshot().snapshot_id


def ask_asynchronously(transport: httpx2.MockTransport, retries: int) -> str:
    async def ask() -> str:
        async with AsyncClient(transport=transport, retries=retries) as client:
            return (await client.snapshot()).snapshot_id

    return asyncio.run(ask())


Ask = Callable[[httpx2.MockTransport, int], str]
both = pytest.mark.parametrize("ask", [ask_blocking, ask_asynchronously])


@both
@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "0"}, [0, 0]),
        ({"Retry-After": "30"}, [30, 30]),
        ({}, [0.5, 1.0]),
        ({"Retry-After": "soon"}, [0.5, 1.0]),
        ({"Retry-After": "Sun, 29 Nov 2026 12:00:07 GMT", "Date": NOON}, [7, 7]),
        ({"Retry-After": "Sun, 29 Nov 2026 11:00:00 GMT", "Date": NOON}, [0, 0]),
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, [0, 0]),
    ],
)
def test_a_passing_refusal_is_asked_again(
    ask: Ask, pauses: list[float], headers: dict[str, str], waited: list[float]
) -> None:
    assert ask(refusing(2, headers), 2) == "s"
    assert pauses == waited


@both
def test_a_refusal_that_lasts_is_raised_after_all_tries(ask: Ask, pauses: list[float]) -> None:
    with pytest.raises(Overloaded, match=r"Busy; ask again. \(Retry-After: 1 s\)") as refused:
        ask(refusing(9, {"Retry-After": "1"}), 1)
    assert (pauses, refused.value.retry_after) == ([1], 1)


@both
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "3600"},
        {"Retry-After": "Sun, 29 Nov 2026 13:00:00 GMT", "Date": NOON},
    ],
)
def test_a_refusal_for_longer_than_the_client_waits_is_raised_at_once(
    ask: Ask, pauses: list[float], headers: dict[str, str]
) -> None:
    with pytest.raises(Overloaded) as refused:
        ask(refusing(1, headers), 2)
    assert (pauses, refused.value.retry_after) == ([], 3600)


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
