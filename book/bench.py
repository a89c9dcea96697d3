"""Time one training step of the tiny GPT beside Hugging Face's GPT-2 of the same shape: ``make bench``.

All sides run in one process, in alternation, on the same batch, with the same optimizer and the same
precision; each round gives its ratios, and the median over rounds is reported with its quartiles. One side is
our step without the checks of shapes, so that their cost can be read off.
"""

import statistics
import time
from collections.abc import Callable

import torch
from a2e.objectives.causal import cross_entropy
from a2e.shapes import unchecked
from a2e.training.loop import Precision, autocast
from a2e.training.optimizers import AdamW
from a2e.training.records import this_machine
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

SHAPE = Configuration(vocab_size=512, d_model=128, n_layers=4, n_heads=4, d_ff=512, max_length=128)
BATCH, ROUNDS, STEPS = 32, 15, 3


def peer() -> GPT2LMHeadModel:
    """Hugging Face's GPT-2 with the tiny GPT's sizes and no dropout, as ours."""
    shape = GPT2Config(
        vocab_size=SHAPE.vocab_size, n_positions=SHAPE.max_length, n_embd=SHAPE.d_model,
        n_layer=SHAPE.n_layers, n_head=SHAPE.n_heads, n_inner=SHAPE.d_ff, bos_token_id=0, eos_token_id=0,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, use_cache=False,
    )  # fmt: skip
    return GPT2LMHeadModel(shape)


def step_of(model: nn.Module, loss_of: Callable[[], Tensor], precision: Precision) -> Callable[[], None]:
    """A function that takes one training step."""
    optimizer = AdamW(model.parameters(), lr=1e-3)

    def step() -> None:
        with autocast(precision, model):
            loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def seconds_a_step(step: Callable[[], None]) -> float:
    """Wall seconds of one step, the mean over a few."""
    start = time.perf_counter()
    for _ in range(STEPS):
        step()
    return (time.perf_counter() - start) / STEPS


def compare(precision: Precision) -> dict[str, list[float]]:
    """Tokens a second of each side, and two ratios, for each round."""
    torch.manual_seed(0)
    tokens = torch.randint(SHAPE.vocab_size, (BATCH, SHAPE.max_length + 1))
    inputs, targets = tokens[:, :-1], tokens[:, 1:].contiguous()
    ours, theirs = Decoder(SHAPE), peer()
    step = step_of(ours, lambda: cross_entropy(ours(inputs), targets), precision)
    steps = {
        "ours": step,
        "unchecked": unchecked(step),
        "Hugging Face": step_of(
            theirs, lambda: theirs(inputs, labels=inputs, shift_labels=targets).loss, precision
        ),
    }
    seen: dict[str, list[float]] = {name: [] for name in (*steps, "ours / HF", "unchecked / ours")}
    for step in steps.values():
        step()
    for _ in range(ROUNDS):
        for name, step in steps.items():
            seen[name].append(inputs.numel() / seconds_a_step(step))
        seen["ours / HF"].append(seen["ours"][-1] / seen["Hugging Face"][-1])
        seen["unchecked / ours"].append(seen["unchecked"][-1] / seen["ours"][-1])
    return seen


def main() -> None:
    """Print the table."""
    torch.set_num_threads(2)
    machine = this_machine()
    print(f"{machine['cpu']}, {torch.get_num_threads()} threads, torch {torch.__version__}, {ROUNDS} rounds")
    print(f"{'precision':10s}{'side':18s}{'tokens/s: median':>18s}{'quartiles':>20s}")
    precisions: tuple[Precision, ...] = ("fp32", "bf16")
    for precision in precisions:
        for name, values in compare(precision).items():
            low, middle, high = statistics.quantiles(values, n=4)
            digits = 3 if "/" in name else 0
            print(f"{precision:10s}{name:18s}{middle:18,.{digits}f}{low:12,.{digits}f} to {high:,.{digits}f}")


if __name__ == "__main__":
    main()
