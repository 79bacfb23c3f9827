"""The model itself, by sentence-transformers: the truth that every faster graph is held to.

The only module that imports torch and sentence_transformers, and only once it is used.
"""

import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indexer.encoder import Vectors

_LONGEST_EXPORTED = 8192  # tokens; an upper bound for the exporter, not a setting


class ReferenceEncoder:
    precision = "torch"

    def __init__(self, path: Path, device: str = "cpu") -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        self._model = SentenceTransformer(
            str(path),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            # Eager attention exports to a graph that ONNX Runtime runs a tenth faster.
            model_kwargs={"use_safetensors": True, "attn_implementation": "eager"},
        )

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length or 512)

    @property
    def query_prompt(self) -> str:
        return self._prompt("query")

    @property
    def document_prompt(self) -> str:
        return self._prompt("document", "passage", "corpus")

    def _prompt(self, *names: str) -> str:
        prompts = self._model.prompts or {}
        candidates = (*names, self._model.default_prompt_name or "")
        return next((prompt for name in candidates if (prompt := prompts.get(name))), "")

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_document, texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_query, texts)

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)

    def save_tokenizer(self, file: Path) -> None:
        """With its padding set, which graphs that count positions from it depend on."""
        wrapper = self._model.tokenizer
        tokenizer = type(wrapper.backend_tokenizer).from_str(wrapper.backend_tokenizer.to_str())
        tokenizer.enable_padding(pad_id=wrapper.pad_token_id, pad_token=wrapper.pad_token)
        tokenizer.save(str(file))

    def export(self, file: Path) -> None:
        """Write text tokens -> unit vector as one ONNX graph, any batch, any length."""
        import torch

        module = _Pipeline(self._model)
        features = self._example_features()
        batch = torch.export.Dim("batch", min=1, max=65536)
        length = torch.export.Dim("length", min=2, max=min(self.max_tokens, _LONGEST_EXPORTED))
        with warnings.catch_warnings(), _quiet("torch.onnx"), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module.eval(),
                kwargs={"features": features},
                input_names=list(features),
                output_names=["unit_vector"],  # a name that no tensor inside the graph has
                dynamic_shapes={"features": {name: {0: batch, 1: length} for name in features}},
                dynamo=True,
                verbose=False,
            )
            assert program is not None  # noqa: S101 - what dynamo=True returns
            program.save(str(file))

    def _example_features(self) -> dict[str, Any]:
        texts = ["an example of a text", "and another, which is longer than the first one is"]
        encoded = self._model.tokenizer(texts, padding=True, return_tensors="pt")
        return {name: encoded[name] for name in self._model.tokenizer.model_input_names}


def _Pipeline(model: Any) -> Any:  # noqa: N802 - a class, made where torch is imported
    import torch

    class Pipeline(torch.nn.Module):
        """Every layer of the model in turn, then length one."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, features: dict[str, torch.Tensor]) -> torch.Tensor:
            vector = self.model(dict(features))["sentence_embedding"]
            return torch.nn.functional.normalize(vector, p=2, dim=1)

    return Pipeline()


class _quiet:  # noqa: N801 - reads as a verb where it is used
    def __init__(self, *loggers: str) -> None:
        self._loggers = [logging.getLogger(name) for name in loggers]

    def __enter__(self) -> None:
        self._levels = [logger.level for logger in self._loggers]
        for logger in self._loggers:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self._loggers, self._levels, strict=True):
            logger.setLevel(level)
