"""The retrievers against the standard tests of LangChain, and LlamaIndex's own pipeline.

Run by test_retrievers.py in an environment that has both, with the address of a service.
"""

import asyncio
import os
from typing import Any

from langchain_core.runnables import RunnableLambda
from langchain_tests.integration_tests import RetrieversIntegrationTests
from llama_index.core import Settings
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer

from service.client import langchain, llama_index

URL = os.environ["TESTED_SERVICE"]
ASKED = "Who kept MySpace running?"
NOTHING = "growing potatoes in clay soil"


class TestLangChain(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[langchain.EpisodeRetriever]:
        return langchain.EpisodeRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"url": URL}

    @property
    def retriever_query_example(self) -> str:
        return ASKED


def test_a_chain_gets_the_summary_its_evidence_and_its_relevance() -> None:
    retriever = langchain.EpisodeRetriever(url=URL, k=1)
    chain = retriever | RunnableLambda(lambda documents: documents[0])
    document = chain.invoke(ASKED)

    assert "Custenborder" in document.page_content
    assert document.metadata["evidence"] in document.page_content
    assert 0 < document.metadata["relevance"] < 1


def test_a_question_that_nothing_answers_gets_no_documents() -> None:
    assert langchain.EpisodeRetriever(url=URL).invoke(NOTHING) == []
    assert langchain.EpisodeRetriever(url=URL, nearest=True, k=2).invoke(NOTHING)[1:]


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(langchain.EpisodeRetriever(url=URL, key="secret"))


def test_nodes_have_the_relevance_as_score_and_what_a_quote_needs() -> None:
    retriever = llama_index.EpisodeRetriever(URL, k=2)
    first, second = retriever.retrieve(ASKED)

    assert "Custenborder" in first.get_content()
    assert first.score > second.score
    assert first.metadata["id"] == first.node_id
    assert [node.node_id for node in asyncio.run(retriever.aretrieve(ASKED))] == [
        first.node_id,
        second.node_id,
    ]
    assert llama_index.EpisodeRetriever(URL).retrieve(NOTHING) == []


def test_a_query_engine_answers_from_the_nodes() -> None:
    Settings.llm = MockLLM()
    quoting = get_response_synthesizer(response_mode="no_text")
    engine = RetrieverQueryEngine(llama_index.EpisodeRetriever(URL, k=1), quoting)

    assert "Custenborder" in engine.query(ASKED).source_nodes[0].get_content()
