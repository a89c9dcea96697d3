"""Which products are computed in 16 bits, seen by their type: a number close to fp32's proves nothing."""

import functools
import math
from contextlib import nullcontext

import pytest
import torch
from a2e.objectives.causal import cross_entropy, shift
from a2e.training.loop import Precision, autocast, evaluate, fast_precision, train
from a2e.training.optimizers import AdamW, Muon, split_parameters
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder
from torch import nn
from torch._subclasses import FakeTensorMode

CYCLE = torch.arange(7).repeat(30)


def make():
    torch.manual_seed(0)
    return Decoder(Configuration(vocab_size=7, d_model=16, n_layers=1, n_heads=2, d_ff=32, max_length=8))


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, "bf16"),
        ({"avx512_bf16": False, "amx_bf16": True}, "bf16"),
        ({"avx512_bf16": False, "amx_bf16": False, "avx512_f": True}, "fp32"),
        ({"neon": True}, "fp32"),
    ],
)
def test_property_bf16_is_fast_where_the_processor_says_so(monkeypatch, capabilities, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert fast_precision() == precision


def test_property_autocast_shortens_products_and_leaves_sums_whole():
    x = torch.randn(3, 3)
    kinds: dict[Precision, torch.dtype] = {"bf16": torch.bfloat16, "fp32": torch.float32}
    for precision, kind in kinds.items():
        with autocast(precision, make()):
            assert (x @ x).dtype == nn.functional.linear(x, x).dtype == kind
            assert x.sum().dtype == x.softmax(-1).dtype == torch.float32
        assert (x @ x).dtype == torch.float32


def products(model, run):
    """Return the types of the numbers that the model's last product gives while ``run`` runs."""
    seen = set()
    hook = model.register_forward_hook(lambda _, __, logits: seen.add(logits.dtype))
    run()
    hook.remove()
    return seen


@pytest.mark.parametrize(("precision", "kind"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_property_evaluate_and_train_compute_in_the_precision_asked_for(precision, kind):
    model, losses = make(), []

    def compute_loss():
        inputs, targets = shift(CYCLE[:63].view(7, 9))
        losses.append(cross_entropy(model(inputs), targets))
        return losses[-1]

    assert products(model, lambda: evaluate(model, CYCLE, 8, precision=precision)) == {kind}
    assert products(model, lambda: evaluate(model, CYCLE, 8)) == {torch.float32}
    run = functools.partial(
        train, model, compute_loss, [AdamW(model.parameters(), lr=0.01)], steps=1, progress=False
    )
    assert products(model, lambda: run(precision=precision)) == {kind}
    assert products(model, run) == {torch.float32}
    assert {loss.dtype for loss in losses} == {p.dtype for p in model.parameters()} == {torch.float32}


def test_equivalence_bf16_stays_near_fp32_and_is_not_the_same():
    model = make()
    short, whole = (evaluate(model, CYCLE, 8, precision=precision) for precision in ("bf16", "fp32"))
    assert short == pytest.approx(whole, rel=0.02)
    assert short != pytest.approx(whole, rel=1e-6)


def test_oracle_evaluate_sums_the_loss_of_bf16_logits_in_32_bits():
    class Guess(nn.Module):
        def forward(self, tokens):
            return torch.zeros(*tokens.shape, 4096, dtype=torch.bfloat16)

    assert evaluate(Guess(), CYCLE, 8, precision="bf16") == pytest.approx(math.log(4096), rel=1e-6)


def refused(model, weights):
    """Check that bf16 is refused for ``model`` wherever it can be asked for, before anything is computed."""
    def never(*_):
        raise AssertionError("something was computed")

    sentence = f"precision is 'bf16': give 'fp32', as weights of {weights} do not allow it"
    model.register_forward_pre_hook(never)
    for call in (
        lambda: autocast("bf16", model),
        lambda: evaluate(model, CYCLE, 8, precision="bf16"),
        lambda: train(
            model, never, [AdamW(model.parameters())], steps=1, precision="bf16", callback=never,
            progress=False,
        ),
    ):  # fmt: skip
        with pytest.raises(ValueError) as caught:
            call()
        assert str(caught.value) == sentence


def test_edge_bf16_is_refused_where_it_would_change_nothing():
    refused(make().double(), "torch.float64 on cpu")
    refused(make().to("meta"), "torch.float32 on meta")
    partly, split = make(), make()
    partly.norm.double()
    split.norm.to("meta")
    refused(partly, "torch.float32 on cpu and torch.float64 on cpu")
    refused(split, "torch.float32 on cpu and torch.float32 on meta")


def test_property_fp32_leaves_products_in_the_type_of_the_weights():
    model = make().double()
    assert products(model, lambda: evaluate(model, CYCLE, 8)) == {torch.float64}


@pytest.mark.parametrize("model", [nn.Linear(2, 2).half(), nn.Linear(2, 2).bfloat16(), nn.Flatten()])
def test_property_other_weights_or_none_can_be_asked_for_bf16(model):
    with autocast("bf16", model):
        assert (torch.ones(2, 2) @ model(torch.ones(2, 2))).dtype == torch.bfloat16


@pytest.mark.parametrize("device", ["cpu", "cuda", "xpu"])
def test_property_products_are_shortened_on_the_device_that_the_model_is_on(device, monkeypatch):
    model, asked = nn.Module(), []
    with FakeTensorMode():  # such a device need not be here
        model.weight = nn.Parameter(torch.empty(2, 2, device=device))

    def noted(device_type, dtype=None, enabled=True, cache_enabled=True):
        asked.append((device_type, dtype, enabled, cache_enabled))
        return nullcontext()

    monkeypatch.setattr(torch, "autocast", noted)
    with autocast("bf16", model), autocast("fp32", model):
        assert asked == [(device, torch.bfloat16, True, False), (device, None, False, True)]


def readers_own():
    return torch.autocast("cpu", torch.bfloat16)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("kind", [AdamW, Muon])
def test_equivalence_inside_a_readers_own_autocast_a_run_is_the_same_in_every_bit(kind, precision):
    """There 16-bit weights would be kept from step to step, and gradients and Muon's products be short."""

    def run(around):
        model = make()
        inputs, targets = shift(CYCLE[:63].view(7, 9))
        optimizers = [kind(split_parameters(model)[0], lr=0.03), AdamW(split_parameters(model)[1], lr=0.01)]
        with around:
            history = train(
                model, lambda: cross_entropy(model(inputs), targets), optimizers, steps=30,
                precision=precision, progress=False,
            )  # fmt: skip
            return history.losses, evaluate(model, CYCLE, 8, precision=precision)

    inside, outside = run(readers_own()), run(nullcontext())
    assert inside == outside
    assert outside[0][-1] < 0.5 * outside[0][0]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_property_a_readers_own_autocast_sees_the_weights_of_the_last_step(precision):
    model, tokens, seen = make(), CYCLE[None, :8], []
    with readers_own():
        train(
            model, lambda: cross_entropy(model(tokens), tokens), [AdamW(model.parameters(), lr=0.1)], steps=2,
            precision=precision, callback=lambda step: seen.append(model(tokens)), progress=False,
        )  # fmt: skip
    with readers_own():
        assert torch.equal(seen[-1], model(tokens)) and not torch.equal(seen[0], seen[1])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_equivalence_inside_a_readers_own_autocast_evaluate_reads_the_present_weights(precision):
    model = make()
    with readers_own():
        model(CYCLE[None, :8])  # from here on it keeps these weights in 16 bits
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(2)
        inside = evaluate(model, CYCLE, 8, precision=precision)
    assert inside == evaluate(model, CYCLE, 8, precision=precision)


def test_property_fp32_is_given_inside_another_autocast_and_what_is_around_comes_back():
    x, split = torch.randn(3, 3), make()
    split.norm.to("meta")
    for model in (make(), split, make().to("meta"), nn.Flatten()):
        with readers_own():
            if any(parameter.device.type == "cpu" for parameter in model.parameters()):
                with autocast("fp32", model):
                    assert (x @ x).dtype == torch.float32
            assert (x @ x).dtype == torch.bfloat16
        with autocast("fp32", model):
            assert (x @ x).dtype == torch.float32


def test_property_full_precision_inside_itself_gives_back_a_reader_s_own_autocast():
    full = autocast("fp32", nn.Linear(2, 2))
    with torch.autocast("cpu", torch.bfloat16):
        with full:
            with full:
                assert not torch.is_autocast_enabled("cpu")
            assert not torch.is_autocast_enabled("cpu")
        assert torch.is_autocast_enabled("cpu")
