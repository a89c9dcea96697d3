"""Each place of dropout, seen on its own: which numbers are dropped, how many, and what the rest becomes."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from a2e.transformer.blocks import Block
from a2e.transformer.configurations import Configuration
from a2e.transformer.layers import FeedForward
from a2e.transformer.models import Decoder, Encoder, MaskedLanguageModel
from a2e.transformer.multi_head import MultiHeadAttention
from torch import Tensor, nn

SIZES: dict[str, Any] = dict(vocab_size=11, d_model=48, n_layers=2, n_heads=2, d_ff=64, max_length=16)
TOKENS = torch.randint(11, (8, 16), generator=torch.Generator().manual_seed(0))
X = torch.randn(8, 16, 48, generator=torch.Generator().manual_seed(1))
KINDS = [(kind, first) for kind in (Decoder, Encoder) for first in (True, False)]


def assert_dropped(seen: Tensor, whole: Tensor, share: float) -> None:
    """Fail unless about ``share`` of the numbers are 0, drawn one by one, and the others are scaled up."""
    kept = seen != 0
    torch.testing.assert_close(seen[kept], whole[kept] / (1 - share))
    for axis in range(seen.dim()):  # were whole vectors dropped, a slice would hold none or nothing else
        lines = (~kept).double().movedim(axis, 0).flatten(1).mean(1)
        error = math.sqrt(share * (1 - share) * len(lines) / kept.numel())
        assert ((lines - share).abs() < 5 * error).all()


def watch(modules: list[nn.Module], run: Callable[[], object]) -> list[Tensor]:
    """Return what each module gives while ``run`` runs."""
    seen: list[Tensor] = []
    hooks = [module.register_forward_hook(lambda _, __, given: seen.append(given)) for module in modules]
    run()
    for hook in hooks:
        hook.remove()
    return seen


def first_input(model: Any) -> Tensor:
    """Return what the first block of a model reads."""
    seen: list[Tensor] = []
    hook = model.blocks[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model(TOKENS)
    hook.remove()
    return seen[0]


@pytest.mark.parametrize("share", [0.2, 0.5])
@pytest.mark.parametrize(("kind", "size"), [(MultiHeadAttention, 2), (FeedForward, 64)])
def test_property_a_layer_drops_from_its_output(kind, size, share):
    torch.manual_seed(0)
    without, dropping = kind(48, size), kind(48, size, dropout=share)
    dropping.load_state_dict(without.state_dict())
    assert_dropped(dropping(X), without(X), share)
    assert not torch.equal(dropping(X), dropping(X))
    assert torch.equal(dropping.eval()(X), without(X))


def test_property_attention_maps_are_never_dropped():
    torch.manual_seed(0)
    layer = MultiHeadAttention(48, 2, dropout=0.5)
    torch.testing.assert_close(layer.weights(X).sum(-1), torch.ones(8, 2, 16))


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("place", ["attention", "feed_forward"])
def test_property_a_block_drops_at_both_sublayers_and_nowhere_else(norm_first, place):
    torch.manual_seed(0)
    block: Any = Block(Configuration(**SIZES, norm_first=norm_first, dropout=0.3)).eval()
    layer = getattr(block, place)
    (whole,), without = watch([layer], lambda: block(X)), block(X)
    layer.train()
    (seen,) = watch([layer], lambda: block(X))
    assert_dropped(seen, whole, 0.3)
    assert not torch.equal(block(X), without)
    block.train()
    block.attention.eval()
    block.feed_forward.eval()
    assert torch.equal(block(X), without)


@pytest.mark.parametrize(("kind", "norm_first"), KINDS)
@pytest.mark.parametrize("positions", ["rotary", "learned"])
def test_property_a_model_drops_from_its_embedding(kind, norm_first, positions):
    torch.manual_seed(0)
    model = kind(Configuration(**SIZES, norm_first=norm_first, positions=positions, dropout=0.3))
    for block in model.blocks:
        block.eval()
    seen, whole = first_input(model), first_input(model.eval())
    assert_dropped(seen, whole, 0.3)


@pytest.mark.parametrize(("kind", "norm_first"), KINDS)
def test_property_every_block_of_a_model_drops(kind, norm_first):
    torch.manual_seed(0)
    model = kind(Configuration(**SIZES, norm_first=norm_first, dropout=0.3))
    layers = [layer for block in model.blocks for layer in (block.attention, block.feed_forward)]
    shares = [(given == 0).double().mean().item() for given in watch(layers, lambda: model(TOKENS))]
    assert len(shares) == 4
    assert shares == pytest.approx([0.3] * 4, abs=5 * math.sqrt(0.21 / X.numel()))


@pytest.mark.parametrize("kind", [Decoder, Encoder, MaskedLanguageModel])
def test_equivalence_in_evaluation_a_model_with_dropout_equals_one_without(kind):
    models = []
    for share in (0.0, 0.5):
        torch.manual_seed(0)
        models.append(kind(Configuration(**SIZES, dropout=share)))
    without, dropping = models
    assert not torch.allclose(dropping(TOKENS), without(TOKENS))
    assert torch.equal(dropping.eval()(TOKENS), without(TOKENS))


def test_property_berts_head_drops_nothing():
    torch.manual_seed(0)
    model = MaskedLanguageModel(Configuration(**SIZES, dropout=0.5))
    assert torch.equal(model.train().score(X), model.eval().score(X))
