"""What the block-wise cross-entropy saves beside torch's own, forward and backward.

``python -m tests.benchmarks.cross_entropy`` computes the loss of 1,024 positions over Llama 3.2's
tokens and 80 learning rows both ways, each in a process of its own, on one core.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from typing import Any

import torch

N_POSITIONS, WIDTH, N_FROZEN, N_ROWS = 1_024, 384, 128_256, 80


def measure(way: str, results: Any) -> None:
    """Give seconds, peak megabytes above what was loaded, and the loss."""
    from train.method.blockwise_cross_entropy import block_cross_entropy

    torch.manual_seed(0)
    torch.set_num_threads(1)
    hidden = torch.randn(N_POSITIONS, WIDTH, requires_grad=True)
    matrix = torch.randn(N_FROZEN, WIDTH).mul_(0.05)
    rows = torch.randn(N_ROWS, WIDTH).mul_(0.05).requires_grad_()
    labels = torch.randint(0, N_FROZEN + N_ROWS, (N_POSITIONS,))
    loaded, began = _peak_mb(), time.process_time()
    if way == "blocks":
        loss = block_cross_entropy(hidden, matrix, rows, labels)
    else:
        logits = hidden @ torch.cat([matrix, rows]).T
        loss = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
    loss.backward()
    results.put((time.process_time() - began, _peak_mb() - loaded, float(loss.detach())))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    for way in ("torch", "blocks"):
        queue = context.Queue()
        process = context.Process(target=measure, args=(way, queue))
        process.start()
        seconds, megabytes, loss = queue.get()
        process.join()
        print(f"{way:7} {seconds:6.2f} s  {megabytes:6.0f} MB  loss {loss:.3f}")
