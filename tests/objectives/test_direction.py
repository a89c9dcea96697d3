import functools

import pytest
import torch
from a2e.objectives.causal import log_likelihood
from a2e.objectives.direction import check_causal
from a2e.training.loop import evaluate
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder, Encoder, MaskedLanguageModel
from torch import nn

TINY = Configuration(vocab_size=11, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=6)
TOKENS = torch.tensor([1, 2, 3, 4])


@pytest.mark.parametrize("model", [Encoder(TINY), MaskedLanguageModel(TINY)])
def test_edge_a_model_that_sees_the_target_is_refused(model):
    for score in (lambda: log_likelihood(model, TOKENS), lambda: evaluate(model, TOKENS, 3)):
        with pytest.raises(ValueError, match=r"model is .*: give a causal one"):
            score()


def test_a_decoder_and_any_function_are_scored():
    decoder = Decoder(TINY).eval()
    score = log_likelihood(decoder, TOKENS).detach()
    assert torch.equal(score, log_likelihood(lambda tokens: decoder(tokens), TOKENS))
    assert evaluate(decoder, TOKENS, 3) == pytest.approx(-float(score) / 3)


@pytest.mark.parametrize("wrap", [
    lambda model: nn.Sequential(model, nn.Linear(8, 11)),
    lambda model: torch.compile(model, backend="eager"),
    lambda model: nn.ModuleList([nn.Identity(), model]),
])  # fmt: skip
def test_edge_an_encoder_inside_another_module_is_refused(wrap):
    with pytest.raises(ValueError, match="give a causal one"):
        check_causal(wrap(Encoder(TINY)))
    check_causal(wrap(Decoder(TINY)))


class _Head(nn.Module):
    """A model with a part of the name that a partial's function has."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.func = encoder, torch.relu

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.func(self.encoder(tokens))


def test_edge_an_encoder_s_method_or_partial_is_refused_too():
    encoder = MaskedLanguageModel(TINY)
    present = torch.ones_like(TOKENS, dtype=torch.bool)
    for model in (
        Encoder(TINY).forward,
        functools.partial(encoder),
        functools.partial(encoder.forward, present=present),
        torch.no_grad()(encoder),
        torch.inference_mode()(encoder.forward),
        _Head(encoder),
        functools.partial(MaskedLanguageModel.forward, encoder),
        functools.partial(torch.no_grad()(functools.partial(encoder.forward))),
    ):
        with pytest.raises(ValueError, match="give a causal one"):
            log_likelihood(model, TOKENS)


def test_edge_a_model_that_edits_what_it_reads_changes_neither_the_targets_nor_the_tokens():
    class Known(nn.Module):
        def __init__(self, copy: bool) -> None:
            super().__init__()
            self.copy, self.scores = copy, nn.Parameter(torch.arange(11.0))

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            tokens = tokens.clone() if self.copy else tokens
            tokens[tokens >= 3] = 0
            return self.scores.expand(*tokens.shape, 11)

    tokens = torch.randint(11, (40,), generator=torch.Generator().manual_seed(0))
    before = tokens.clone()
    for score in (lambda model: evaluate(model, tokens, 7), lambda model: log_likelihood(model, tokens)):
        assert score(Known(copy=False)) == score(Known(copy=True))
        assert torch.equal(tokens, before)


@pytest.mark.parametrize("cut", [
    lambda logits: logits[..., 0],
    lambda logits: logits[..., None],
    lambda logits: logits.long(),
])  # fmt: skip
def test_edge_what_are_no_logits_is_refused(cut):
    decoder = Decoder(TINY).eval()
    with pytest.raises(ValueError, match="return logits of shape"):
        log_likelihood(lambda tokens: cut(decoder(tokens)), TOKENS)
