"""What a step of embedding pre-training costs, beside masking a whole embedding gradient.

``python -m tests.benchmarks.pretraining`` builds a Llama of two layers, 384 wide, with tied
embeddings and Llama 3.2's 128,256 tokens, adds 80 audio rows, and takes steps of AdamW on the same
batches: once as we do, once as the published code does, which extends the matrix, lets all of it
have a gradient, and zeroes that of the old rows. Each way runs in a process of its own, so that
the peak of its memory can be told.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from typing import Any

import torch

N_VOCABULARY, N_AUDIO, WIDTH, N_LAYERS = 128_256, 80, 384, 2
BATCH, LENGTH = 8, 128
N_STEPS, N_WARM = 6, 2


def build() -> Any:
    """The backbone with random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=N_VOCABULARY,
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            num_hidden_layers=N_LAYERS,
            num_attention_heads=6,
            num_key_value_heads=2,
            tie_word_embeddings=True,
        )
    )


def batches() -> list[torch.Tensor]:
    """Ids, a third of them of new rows."""
    generator = torch.Generator().manual_seed(1)
    made = []
    for _ in range(N_WARM + N_STEPS):
        ids = torch.randint(0, N_VOCABULARY, (BATCH, LENGTH), generator=generator)
        new = torch.randint(N_VOCABULARY, N_VOCABULARY + N_AUDIO, ids.shape, generator=generator)
        made.append(torch.where(torch.rand(ids.shape, generator=generator) < 1 / 3, new, ids))
    return made


def ours() -> Any:
    """Rows of our own behind a frozen matrix."""
    import numpy as np

    from train.method.pretraining import RowModel, start_rows

    base = build()
    matrix = base.get_input_embeddings().weight
    model = RowModel(base, start_rows(matrix, np.zeros((N_AUDIO, 1)), 0), decoder=True)
    optimizer = torch.optim.AdamW([model.rows], lr=3e-4, weight_decay=0)

    def step(ids: torch.Tensor) -> float:
        loss = model(ids, torch.ones_like(ids), ids)["loss"]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.detach())

    return step


def masked() -> Any:
    """The whole matrix has a gradient; that of the old rows is zeroed."""
    model = build()
    model.resize_token_embeddings(N_VOCABULARY + N_AUDIO, mean_resizing=False)
    model.requires_grad_(False)
    matrix = model.get_input_embeddings().weight.requires_grad_(True)
    optimizer = torch.optim.AdamW([matrix], lr=3e-4, weight_decay=0)

    def step(ids: torch.Tensor) -> float:
        loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids).loss
        loss.backward()
        matrix.grad[:N_VOCABULARY] = 0
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.detach())

    return step


def measure(way: str, results: Any) -> None:
    """Time steps in this process; seconds a step, and peak gigabytes above the loaded model."""
    torch.set_num_threads(2)
    step = {"ours": ours, "masked": masked}[way]()
    loaded = _peak_gb()
    made = batches()
    losses = [step(ids) for ids in made[:N_WARM]]
    began = time.perf_counter()
    losses += [step(ids) for ids in made[N_WARM:]]
    seconds = (time.perf_counter() - began) / N_STEPS
    results.put((seconds, _peak_gb() - loaded, losses[0]))


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    found = {}
    for way in ("masked", "ours"):
        queue = context.Queue()
        process = context.Process(target=measure, args=(way, queue))
        process.start()
        found[way] = queue.get()
        process.join()
        seconds, memory, loss = found[way]
        print(f"{way:7} {seconds:6.2f} s a step, {memory:5.2f} GB above the model, loss {loss:.3f}")
    ratios = [mine / other for mine, other in zip(found["ours"], found["masked"], strict=True)]
    print(f"ratio   {ratios[0]:6.2f}          {ratios[1]:5.2f}")
