"""A model that learns a cycle of seven tokens in a second, for the tests of the loop."""

import torch
from a2e.objectives.causal import cross_entropy, shift
from a2e.training.loop import random_windows, train
from a2e.training.optimizers import AdamW
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder

SIZES = Configuration(vocab_size=7, d_model=16, n_layers=1, n_heads=2, d_ff=32, max_length=8)
CYCLE = torch.arange(7).repeat(30)


def make(seed=0, lr=0.01, dropout=0.0):
    torch.manual_seed(seed)
    model = Decoder(Configuration(**SIZES.__dict__ | {"dropout": dropout}))
    return model, AdamW(model.parameters(), lr=lr)


def loss_of(model, generator):
    def compute_loss():
        inputs, targets = shift(random_windows(CYCLE, 4, 8, generator))
        return cross_entropy(model(inputs), targets)

    return compute_loss


def run(steps=40, **settings):
    model, optimizer = make()
    draw = torch.Generator().manual_seed(0)
    return model, train(model, loss_of(model, draw), [optimizer], steps=steps, progress=False, **settings)


class Watched(AdamW):
    """Notes the rate of each step, and the norm of the gradient that it uses."""

    def step(self, closure=None):
        gradients = [p.grad.flatten() for group in self.param_groups for p in group["params"]]
        self.norms = [*getattr(self, "norms", []), torch.cat(gradients).norm().item()]
        self.rates = [*getattr(self, "rates", []), self.param_groups[0]["lr"]]
        super().step(closure)
