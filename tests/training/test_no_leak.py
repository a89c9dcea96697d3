"""Nobody can guess fresh random tokens: a causal model that beats ln V on them has seen its answer.

Loop, objective and model are the library's; the score is taken here. Without its mask the same model, trained
the same way, does beat ln V, so the test would see a leak.
"""

import functools
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from a2e.objectives.causal import cross_entropy, shift
from a2e.training.loop import evaluate, train
from a2e.training.optimizers import AdamW
from a2e.transformer import models
from a2e.transformer.configurations import Configuration

VOCAB, LENGTH, BATCH, STEPS, SEQUENCES = 5, 9, 32, 150, 1500
KINDS: dict[str, dict[str, Any]] = {
    "rotary, norms first": dict(positions="rotary", norm_first=True),
    "learned, norms last": dict(positions="learned", norm_first=False),
}


def trained(kind: str) -> models.Decoder:
    """Train a decoder on uniformly random tokens, never the same twice."""
    torch.manual_seed(0)
    sizes = Configuration(VOCAB, d_model=32, n_layers=2, n_heads=2, d_ff=64, max_length=LENGTH, **KINDS[kind])
    model, draw = models.Decoder(sizes), torch.Generator().manual_seed(1)

    def compute_loss() -> torch.Tensor:
        inputs, targets = shift(torch.randint(VOCAB, (BATCH, LENGTH + 1), generator=draw))
        return cross_entropy(model(inputs), targets)

    train(model, compute_loss, [AdamW(model.parameters(), lr=0.01)], steps=STEPS, clip=1.0, progress=False)
    return model


@functools.cache
def fresh_text() -> torch.Tensor:
    return torch.randint(VOCAB, (SEQUENCES * LENGTH + 1,), generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def nats(model: models.Decoder) -> tuple[float, float]:
    """Return the mean nats per token on fresh tokens, and its standard error over the sequences."""
    text = fresh_text()
    inputs, targets = text[:-1].view(-1, LENGTH), text[1:].view(-1, LENGTH)
    losses = F.cross_entropy(model(inputs).mT, targets, reduction="none").mean(1)  # (sequences,)
    return losses.mean().item(), losses.std().item() / math.sqrt(SEQUENCES)


@pytest.mark.parametrize("kind", KINDS)
def test_property_a_causal_model_never_beats_chance_on_random_tokens(kind):
    model = trained(kind)
    mean, error = nats(model)
    assert mean > math.log(VOCAB) - 3 * error
    assert evaluate(model, fresh_text(), LENGTH) > math.log(VOCAB) - 3 * error


@pytest.mark.parametrize("kind", KINDS)
def test_property_without_its_mask_the_same_model_does(monkeypatch, kind):
    masked = models.causal_mask
    monkeypatch.setattr(models, "causal_mask", lambda length: torch.ones_like(masked(length)))
    mean, error = nats(trained(kind))
    assert mean < math.log(VOCAB) / 2
    assert mean < math.log(VOCAB) - 100 * error
