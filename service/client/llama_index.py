"""A retriever for LlamaIndex; the extra `llama-index` installs what it needs.

from service.client.llama_index import EpisodeRetriever

retriever = EpisodeRetriever("http://localhost:8000", k=5, language="en")
nodes = retriever.retrieve("Who kept MySpace running?")
"""

from typing import Unpack

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from service.api.schemas.answers import HitBody
from service.client.asynchronous import AsyncClient
from service.client.blocking import Client
from service.client.options import SearchOptions
from service.client.results import SearchResult, facts


class EpisodeRetriever(BaseRetriever):
    """Nodes are summaries, their score is the relevance; the metadata has the link and evidence.

    A question that nothing answers gets no nodes, unless `nearest` is set. Raises NotReachable,
    Refused or Overloaded.
    """

    def __init__(
        self,
        url: str = "http://localhost:8000",
        *,
        key: str | None = None,
        nearest: bool = False,
        **options: Unpack[SearchOptions],
    ) -> None:
        super().__init__()
        self._url, self._key, self._nearest, self._asked = url, key, nearest, options

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        with Client(self._url, key=self._key) as client:
            return self._nodes(client.search(query_bundle.query_str, **self._asked))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        async with AsyncClient(self._url, key=self._key) as client:
            return self._nodes(await client.search(query_bundle.query_str, **self._asked))

    def _nodes(self, answer: SearchResult) -> list[NodeWithScore]:
        return [*map(_node, answer.hits)] if answer.answered or self._nearest else []


def _node(hit: HitBody) -> NodeWithScore:
    node = TextNode(id_=hit.episode.id, text=hit.episode.summary, metadata=facts(hit))
    return NodeWithScore(node=node, score=hit.relevance)
