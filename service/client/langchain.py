"""A retriever for LangChain; the extra `langchain` installs what it needs.

from service.client.langchain import EpisodeRetriever

retriever = EpisodeRetriever(url="http://localhost:8000", k=5, filters={"language": "en"})
documents = retriever.invoke("Who kept MySpace running?")
"""

from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, SecretStr

from service.api.schemas.answers import HitBody
from service.client.asynchronous import AsyncClient
from service.client.blocking import Client
from service.client.results import SearchResult, facts


class EpisodeRetriever(BaseRetriever):
    """Documents are summaries; their metadata has the id, link, evidence and relevance.

    A question that nothing answers gets no documents, unless `nearest` is set. Raises NotReachable,
    Refused or Overloaded.
    """

    url: str = "http://localhost:8000"
    key: SecretStr | None = None
    k: int = 10
    filters: dict[str, Any] = Field(default_factory=dict)
    nearest: bool = False

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain passes it
        k: int | None = None,
    ) -> list[Document]:
        with Client(self.url, key=self._secret) as client:
            return self._documents(client.search(query, k=k or self.k, **self.filters))

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain passes it
        k: int | None = None,
    ) -> list[Document]:
        async with AsyncClient(self.url, key=self._secret) as client:
            return self._documents(await client.search(query, k=k or self.k, **self.filters))

    @property
    def _secret(self) -> str | None:
        return self.key.get_secret_value() if self.key else None

    def _documents(self, answer: SearchResult) -> list[Document]:
        return [*map(_document, answer.hits)] if answer.answered or self.nearest else []


def _document(hit: HitBody) -> Document:
    episode = hit.episode
    return Document(id=episode.id, page_content=episode.summary, metadata=facts(hit))
