"""A large encoder for the documents and a small one for the questions, which share a space."""

from dataclasses import dataclass

import numpy as np

from indexer.encoder.artifact import Artifact
from indexer.encoder.model import Model
from indexer.encoder.parity_check import open_encoder
from indexer.encoder.record import PROBE_TEXTS
from indexer.errors import ModelMismatch

# Of nine probes, models of one space find all; unrelated ones find seven once in 160,000 times.
LEAST_FOUND = 7


@dataclass(frozen=True)
class EncoderPair:
    document_model: Model
    documents: Artifact
    questions: Artifact

    @property
    def is_one(self) -> bool:
        return self.documents.record.is_same(self.questions.record)

    def refuse_unrelated(self, threads: int) -> None:
        """Raises ModelMismatch unless a question's vector is nearest to that of its own text."""
        if self.is_one:
            return
        documents, questions = self.documents.record, self.questions.record
        if documents.dimension != questions.dimension:
            raise ModelMismatch(
                f"{documents.model} gives {documents.dimension} dimensions and {questions.model} "
                f"{questions.dimension}; choose a question encoder made for the document encoder."
            )
        found = self._probes_found(threads)
        if found < LEAST_FOUND:
            raise ModelMismatch(
                f"{documents.model} and {questions.model} do not share a space: {found} of "
                f"{len(PROBE_TEXTS)} texts are nearest to themselves; choose a question encoder "
                "made for the document encoder."
            )

    def _probes_found(self, threads: int) -> int:
        documents, questions = (
            open_encoder(artifact.directory, artifact.record, threads)
            for artifact in (self.documents, self.questions)
        )
        cosines = questions.encode_queries(PROBE_TEXTS) @ documents.encode_documents(PROBE_TEXTS).T
        return int((cosines.argmax(axis=1) == np.arange(len(PROBE_TEXTS))).sum())
