"""Models loaded by sentence-transformers: the reference that every graph is compared with.

Only this module imports torch and sentence_transformers, and only inside functions, since loading
them takes seconds.
"""

import json
import math
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from indexer.encoder import Vectors
from indexer.encoder.graph import knows_plain_words, unknown_texts
from indexer.errors import ModelMismatch
from indexer.execution.quiet_logging import quiet
from indexer.text.plain_words import has_plain_word

_TEXTS_A_RUN = {"cpu": 32, "cuda": 512}  # fits the processor's cache; keeps the card busy
_LONGEST_EXPORTED = 8192  # tokens; an upper bound for the exporter, not a setting


def sees_graphics_card() -> bool:
    import torch

    return torch.cuda.is_available()


class ReferenceEncoder:
    precision = "torch"

    def __init__(
        self,
        path: Path,
        device: str = "cpu",
        dimensions: int | None = None,
        adapter: Path | None = None,
    ) -> None:
        """With `dimensions`, vectors are cut to the first so many, for Matryoshka models.

        With `adapter`, its low-rank weights are added to the model's. Raises ModelMismatch if it
        was made for another model.
        """
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        self._texts_a_run = _TEXTS_A_RUN[device]
        self._model = SentenceTransformer(
            str(path),
            device=device,
            truncate_dim=dimensions,
            local_files_only=True,
            trust_remote_code=False,
            # With eager attention, the exported graph runs a tenth faster in ONNX Runtime.
            model_kwargs={"use_safetensors": True, "attn_implementation": "eager"},
        )
        if adapter:
            _merge(self._model, adapter)
        self._knows_plain_words = knows_plain_words(self._tokenizer)

    @property
    def network(self) -> Any:
        """The modules of the model and its tokenizer, for training."""
        return self._model

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        return _max_tokens(self._model)

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
        vectors = encode(
            list(texts),
            batch_size=self._texts_a_run,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        made = np.array(vectors, np.float32)
        made[self._unknown(texts)] = 0
        return made

    def _unknown(self, texts: Sequence[str]) -> list[int]:
        """The places of unknown texts; only those that may be are tokenized again."""
        known = self._knows_plain_words
        doubtful = [n for n, text in enumerate(texts) if not (known and has_plain_word(text))]
        found = unknown_texts(self._tokenizer, [texts[place] for place in doubtful])
        return [doubtful[place] for place in found]

    @property
    def _tokenizer(self) -> Any:
        static = _static_table(self._model)
        return static.tokenizer if static else self._model.tokenizer.backend_tokenizer

    def save_tokenizer(self, file: Path) -> None:
        if static := _static_table(self._model):
            _save_unmarked(static.tokenizer, file)
        else:
            _save_tokenizer(self._model.tokenizer, file)

    def export(self, file: Path) -> None:
        """Write an ONNX graph: tokens of texts -> unit vectors, for any batch size and length."""
        model: Any = self._model
        if static := _static_table(model):
            model = _mean_of_tokens(static, list(model)[1:])
            features = _features_of_ids()
        else:
            features = _example_features(model.tokenizer)
        longest = min(self.max_tokens, _LONGEST_EXPORTED)
        finish = partial(_unit, self.dimension)
        _export(model, features, longest, "sentence_embedding", finish, file)


class ReferenceReranker:
    def __init__(self, path: Path) -> None:
        """Raises ModelMismatch if the model gives other than one score for each pair."""
        import torch
        from sentence_transformers import CrossEncoder

        self._model = CrossEncoder(
            str(path),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            activation_fn=torch.nn.Sigmoid(),
            model_kwargs={"use_safetensors": True, "attn_implementation": "eager"},
        )
        if self._model.num_labels != 1:
            raise ModelMismatch(
                f"{path}: gives {self._model.num_labels} scores a pair and a reranker gives one; "
                "choose another model."
            )

    @property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length or 512)

    def relevance(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        scores = self._model.predict(list(pairs), show_progress_bar=False)
        return [float(score) for score in scores]

    def save_tokenizer(self, file: Path) -> None:
        _save_tokenizer(self._model.tokenizer, file)

    def export(self, file: Path) -> None:
        """Write an ONNX graph: tokens of pairs -> probabilities, for any batch size and length."""
        features = _example_features(self._model.tokenizer)
        longest = min(self.max_tokens, _LONGEST_EXPORTED)
        _export(self._model, features, longest, "scores", _probability, file)


def _merge(model: Any, adapter: Path) -> None:
    """Add B times A to each weight that the adapter names by its place within the transformer."""
    from safetensors.torch import load_file

    low_rank = load_file(adapter)
    weights = {name.split(".", 2)[-1]: weight for name, weight in model.named_parameters()}
    for name in sorted({each.removesuffix(".A").removesuffix(".B") for each in low_rank}):
        a, b = low_rank[f"{name}.A"].float(), low_rank[f"{name}.B"].float()
        if name not in weights or weights[name].shape != (len(b), a.shape[1]):
            raise ModelMismatch(f"{adapter}: was made for another model; adapt the encoder again.")
        weights[name].data += (b @ a).to(weights[name])


def _save_tokenizer(wrapper: Any, file: Path) -> None:
    """Save the tokenizer with padding enabled; some graphs derive positions from the padding id."""
    tokenizer = type(wrapper.backend_tokenizer).from_str(wrapper.backend_tokenizer.to_str())
    tokenizer.enable_padding(pad_id=wrapper.pad_token_id, pad_token=wrapper.pad_token)
    tokenizer.save(str(file))


def _unit(dimension: int, vector: Any) -> Any:
    import torch

    return torch.nn.functional.normalize(vector[:, :dimension], p=2, dim=1)


def _probability(logits: Any) -> Any:
    return logits.sigmoid().reshape(-1, 1)


def _max_tokens(model: Any) -> int:
    """The model's limit; a static model has none, and sentence-transformers calls it infinite."""
    limit = model.max_seq_length or 512
    return int(limit) if math.isfinite(limit) else _LONGEST_EXPORTED


def _static_table(model: Any) -> Any | None:
    """The first module if it is a table with a vector for each token, as of model2vec."""
    # By name, since releases of sentence-transformers have the class in different places.
    return model[0] if type(model[0]).__name__ == "StaticEmbedding" else None


def _save_unmarked(tokenizer: Any, file: Path) -> None:
    """Save the tokenizer without the marks around a text, which are no part of the mean."""
    described = json.loads(tokenizer.to_str())
    file.write_text(json.dumps(described | {"post_processor": None, "truncation": None}))


def _mean_of_tokens(static: Any, others: Sequence[Any]) -> Any:
    """The static table as a module over padded batches, then the other modules of the model."""
    import torch

    class Mean(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Parameter(static.embedding.weight.detach().float())

        def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            mask = features["attention_mask"].unsqueeze(-1).to(self.table.dtype)
            rows = torch.nn.functional.embedding(features["input_ids"], self.table)
            total = (rows * mask).sum(dim=1)
            return {**features, "sentence_embedding": total / mask.sum(dim=1).clamp(min=1)}

    return torch.nn.Sequential(Mean(), *others)


def _features_of_ids() -> dict[str, Any]:
    import torch

    ids = torch.tensor([[1, 2, 3], [1, 0, 0]])
    return {"input_ids": ids, "attention_mask": (ids > 0).to(torch.int64)}


def _export(
    model: Any,
    features: dict[str, Any],
    longest: int,
    output: str,
    finish: Callable[[Any], Any],
    file: Path,
) -> None:
    import torch

    class Pipeline(torch.nn.Module):
        """The layers of the model, then `finish`, as one module."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, features: dict[str, torch.Tensor]) -> Any:
            return finish(self.model(dict(features))[output])

    batch = torch.export.Dim("batch", min=1, max=65536)
    length = torch.export.Dim("length", min=2, max=longest)
    with warnings.catch_warnings(), quiet("torch.onnx"), torch.no_grad():
        warnings.simplefilter("ignore")
        exported = torch.onnx.export(
            Pipeline().eval(),
            kwargs={"features": features},
            input_names=list(features),
            output_names=["exported"],  # must differ from the name of every tensor in the graph
            dynamic_shapes={"features": {name: {0: batch, 1: length} for name in features}},
            dynamo=True,
            verbose=False,
        )
        cast("torch.onnx.ONNXProgram", exported).save(str(file))  # what dynamo=True returns


def _example_features(tokenizer: Any) -> dict[str, Any]:
    texts = ["an example of a text", "and another, which is longer than the first one is"]
    encoded = tokenizer(texts, padding=True, return_tensors="pt")
    return {name: encoded[name] for name in tokenizer.model_input_names}
