"""Makes models of each kind, small and untrained, as sentence-transformers saves them."""

import json
import re
from pathlib import Path
from typing import Any

from indexer.encoder.record import PROBE_TEXTS
from tests.fakes import WORDS

DIMENSION = 32
_WIDE = 1.0  # of weights, so that the scores of texts differ
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "query", "passage", ":"]
_PROBED = sorted({*re.findall(r"[a-z]+", " ".join(PROBE_TEXTS).lower())} - {*_SPECIAL, *WORDS})
VOCABULARY = {word: number for number, word in enumerate([*_SPECIAL, *WORDS, *_PROBED])}


def transformer(directory: Path, kind: str, pooling: str, prompts: dict[str, str]) -> Path:
    """A BERT or ModernBERT of two layers; `pooling` as sentence-transformers calls it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    torch.manual_seed(0)
    plain = directory / "plain"
    _network(kind).save_pretrained(plain)
    _fast_tokenizer(kind).save_pretrained(plain)
    modules = [Transformer(str(plain)), Pooling(DIMENSION, pooling_mode=pooling)]
    model = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
    model.save(str(directory / "model"))
    return directory / "model"


def single_reranker(directory: Path) -> Path:
    """A ModernBERT that scores pairs by its own classifier."""
    import torch
    from transformers import ModernBertForSequenceClassification

    torch.manual_seed(0)
    config = _network("modernbert", initializer_range=_WIDE).config
    config.num_labels = 1
    model = ModernBertForSequenceClassification(config)
    model.save_pretrained(directory / "model")
    _fast_tokenizer("modernbert").save_pretrained(directory / "model")
    return directory / "model"


def reranker_of_modules(directory: Path) -> Path:
    """A ModernBERT, the vector of its first token, and dense layers, as the Ettin rerankers are."""
    import torch
    from sentence_transformers import CrossEncoder
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.sentence_transformer.modules import LayerNorm, Pooling

    torch.manual_seed(0)
    plain = directory / "plain"
    _network("modernbert", initializer_range=_WIDE).save_pretrained(plain)
    _fast_tokenizer("modernbert").save_pretrained(plain)
    identity = torch.nn.Identity()
    modules = [
        Transformer(str(plain)),
        Pooling(DIMENSION, pooling_mode="cls"),
        Dense(DIMENSION, DIMENSION, bias=False, activation_function=torch.nn.GELU()),
        LayerNorm(DIMENSION),
        Dense(DIMENSION, 1, activation_function=identity, module_output_name="scores"),
    ]
    model = CrossEncoder(modules=modules, device="cpu", activation_fn=identity)
    model.save(str(directory / "model"))
    return directory / "model"


def static(directory: Path) -> Path:
    """A table with a vector for each token, as StaticEmbedding saves it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    table = StaticEmbedding(_tokenizer(), embedding_weights=_table(torch))
    SentenceTransformer(modules=[table], device="cpu").save(str(directory / "model"))
    return directory / "model"


def model2vec(directory: Path) -> Path:
    """The same, as model2vec saves it: other names, and the tokenizer adds marks."""
    import torch
    from safetensors.torch import save_file

    folder = static(directory)
    (folder / "model.safetensors").unlink()
    save_file({"embeddings": _table(torch)}, folder / "model.safetensors")
    modules = json.loads((folder / "modules.json").read_text())
    assert modules[0]["path"] in ("", "0_StaticEmbedding")
    return folder


def _table(torch: Any) -> Any:
    torch.manual_seed(0)
    return torch.randn(len(VOCABULARY), DIMENSION)


def _network(kind: str, **others: float) -> Any:
    from transformers import BertConfig, BertModel, ModernBertConfig, ModernBertModel

    sizes: dict[str, Any] = {
        "vocab_size": len(VOCABULARY),
        "hidden_size": DIMENSION,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        **others,
    }
    if kind == "bert":
        return BertModel(BertConfig(max_position_embeddings=128, **sizes))
    marks: dict[str, Any] = {
        "pad_token_id": 0,
        "bos_token_id": 2,
        "cls_token_id": 2,
        "eos_token_id": 3,
        "sep_token_id": 3,
    }
    return ModernBertModel(
        ModernBertConfig(max_position_embeddings=128, local_attention=16, **marks, **sizes)
    )


def _tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def _fast_tokenizer(kind: str) -> Any:
    from transformers import PreTrainedTokenizerFast

    inputs = ["input_ids", "attention_mask", *(["token_type_ids"] if kind == "bert" else [])]
    return PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(),
        model_max_length=128,
        model_input_names=inputs,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
