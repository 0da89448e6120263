"""Trains the reader's adapter from mined candidates (see README.md) and writes `assistant/providers/data/reader.npz`.

    python -m evals.training.train MINED_FOLDER [--passes 2] [--start ADAPTER] [--output FILE] [--steps N]

Each question counts once: its answers should score above its other candidates (softmax over them) and above
zero (log loss); candidates of a question that nothing answers below zero. Mined candidates may answer after
all, so they weigh less than the ones a person wrote down. Products in bfloat16: four times fp32's speed on processors
that have them.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import BertModel

from assistant import config
from assistant.providers import reader
from assistant.providers.embedders import onnx_engine, tokenizer, unpack, weights

RANK, SCALE = 16, 2.0  # LoRA: W' = W + SCALE * b a
RATE, QUESTIONS = 3e-4, 6  # learning rate, questions a step
FOREIGN = 0.25  # share of PoQuAD against the own questions after the first pass
MINED = {True: 0.3, False: 0.7}  # weight of a mined candidate of an answered, an unanswered question
MATRICES = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "intermediate.dense": "fi",
    "output.dense": "fo",
}


class LowRank(nn.Module):
    """A frozen matrix with a trained change."""

    def __init__(self, whole: nn.Linear) -> None:
        super().__init__()
        self.whole = whole
        self.a = nn.Parameter(torch.randn(RANK, whole.in_features) / math.sqrt(whole.in_features))
        self.b = nn.Parameter(torch.zeros(whole.out_features, RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.whole(x) + functional.linear(functional.linear(x, self.a), self.b) * SCALE


class Network(nn.Module):
    """The bundled model with low-rank changes everywhere and a head over first token and mean."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(str(folder), add_pooling_layer=False)
        for parameter in self.bert.parameters():
            parameter.requires_grad_(False)
        for layer in self.bert.encoder.layer:
            for path in MATRICES:
                *parents, last = path.split(".")
                owner = layer.get_submodule(".".join(parents))
                setattr(owner, last, LowRank(getattr(owner, last)))
        self.head = nn.Sequential(nn.Linear(768, 128), nn.Tanh(), nn.Linear(128, 1))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        held = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * held).sum(1) / held.sum(1)
        return self.head(torch.cat([hidden[:, 0], mean], 1).float()).squeeze(-1)

    def adapter(self) -> dict[str, np.ndarray]:
        """The trained parts under the names `reader.load` knows, the scale multiplied in."""
        parts: dict[str, np.ndarray] = {}
        for number, layer in enumerate(self.bert.encoder.layer):
            for path, name in MATRICES.items():
                low = layer.get_submodule(path)
                parts[f"l{number}.{name}.a"] = low.a.detach().half().numpy()
                parts[f"l{number}.{name}.b"] = (SCALE * low.b.detach()).half().numpy()
        for place in (0, 2):
            parts[f"head.{place}.w"] = self.head[place].weight.detach().half().numpy()
            parts[f"head.{place}.b"] = self.head[place].bias.detach().half().numpy()
        return parts

    def start_from(self, file: Path) -> None:
        """Continue an adapter's training."""
        known = reader.load(file)
        with torch.no_grad():
            for number, layer in enumerate(self.bert.encoder.layer):
                for path, name in MATRICES.items():
                    a, b = known.factors[f"l{number}.{name}"]
                    low = layer.get_submodule(path)
                    low.a.copy_(torch.from_numpy(a))
                    low.b.copy_(torch.from_numpy(b / SCALE))
            for place, (w, bias) in ((0, known.head[:2]), (2, known.head[2:])):
                self.head[place].weight.copy_(torch.from_numpy(w))
                self.head[place].bias.copy_(torch.from_numpy(bias))


class Batches:
    """Question and text pairs to padded ids."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = tokenizer.Tokenizer(folder / "tokenizer.json")

    def scores(self, network: Network, pairs: list[tuple[str, str]], parts: int = 5) -> torch.Tensor:
        """The network's score of each pair; pairs of like length run together."""
        ids = [self._ids(*pair) for pair in pairs]
        order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
        scores: list[Any] = [None] * len(ids)
        size = max(1, math.ceil(len(ids) / parts))
        for start in range(0, len(order), size):
            run = order[start : start + size]
            with torch.autocast("cpu", torch.bfloat16):
                found = network(*_padded([ids[place] for place in run]))
            for place, score in zip(run, found, strict=True):
                scores[place] = score
        return torch.stack(scores)

    def _ids(self, question: str, text: str) -> list[int]:
        asked, read = self._tokenizer.encode([weights.QUERY_PREFIX + question, weights.PASSAGE_PREFIX + text])
        asked = asked[: reader.QUESTION_TOKENS]
        begin, end = onnx_engine.BEGIN, onnx_engine.END
        return [begin, *asked, end, end, *read[: reader.TOKENS - len(asked) - 4], end]


def _padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, rows))
    ids = torch.ones((len(rows), longest), dtype=torch.long)  # 1 is <pad>
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return ids, mask


def candidates(row: dict[str, Any]) -> tuple[list[str], list[str], list[float]]:
    """(answers, others, weight of each other) of one question, sampled anew every pass."""
    answered = bool(row["gold"])
    hard = random.sample(row["hard"], min(2, len(row["hard"])))
    mined = [text for text, same in zip(row["mined"], row["same"], strict=True) if same or not answered]
    near = (
        random.sample(mined, min(3, len(mined)))
        if answered
        else mined[:3] + random.sample(mined[3:], min(1, len(mined[3:])))
    )
    near = [text for text in near if text not in hard]
    return row["gold"][:3], hard + near, [1.0] * len(hard) + [MINED[answered]] * len(near)


def loss_of(scores: torch.Tensor, answers: int, worth: list[float]) -> torch.Tensor:
    """One question's loss; its answers come first in `scores`."""
    right, wrong = scores[:answers], scores[answers:]
    total = torch.zeros(())
    if len(wrong):
        shares = torch.tensor(worth)
        total = total + (functional.softplus(wrong) * shares).sum() / max(float(shares.sum()), 1.0)
    if answers:
        total = total + 0.5 * functional.softplus(-right).mean() + 0.5 * functional.softplus(-right.max())
        total = total + 0.5 * (torch.logsumexp(scores, 0) - torch.logsumexp(right, 0))
    return total


def train(folder: Path, passes: int, start: Path | None, output: Path, most: int | None = None) -> None:
    """Passes over the own questions with some of PoQuAD, without `start` one over PoQuAD first; `most` steps in all."""
    random.seed(0)
    torch.manual_seed(0)
    model = unpack(config.load().models)
    network, batches = Network(model), Batches(model)
    own, foreign = (_rows(folder / name) for name in ("own.jsonl", "poquad.jsonl"))
    rounds = [] if start else [foreign]
    if start:
        network.start_from(start)
    rounds += [own + random.sample(foreign, min(len(foreign), int(FOREIGN * len(own)))) for _ in range(passes)]
    steps = min(sum(len(rows) // QUESTIONS for rows in rounds), most or sys.maxsize)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.02)
    step = 0
    for rows in rounds:
        random.shuffle(rows)
        for place in range(0, len(rows) - QUESTIONS + 1, QUESTIONS):
            if step == steps:
                break
            chosen = [(row["question"], *candidates(row)) for row in rows[place : place + QUESTIONS]]
            pairs = [(question, text) for question, right, others, _ in chosen for text in right + others]
            scores, at, losses = batches.scores(network, pairs), 0, []
            for _, right, others, worth in chosen:
                losses.append(loss_of(scores[at : at + len(right) + len(others)], len(right), worth))
                at += len(right) + len(others)
            for group in optimiser.param_groups:
                group["lr"] = RATE * min(1.0, (step + 1) / 30) * max(0.03, 1 - step / steps)
            optimiser.zero_grad()
            torch.stack(losses).mean().backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            step += 1
            if step % 25 == 0 or step == steps:
                print(f"{step}/{steps}", flush=True)
        np.savez_compressed(output, **network.adapter())


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--output", type=Path, default=reader.ADAPTER)
    parser.add_argument("--steps", type=int, help="stop after so many: a first look")
    given = parser.parse_args()
    train(given.folder, given.passes, given.start, given.output, given.steps)
