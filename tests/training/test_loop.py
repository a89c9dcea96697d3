import math

import pytest
import torch
from a2e.objectives.causal import cross_entropy, shift
from a2e.training.loop import autocast, evaluate, evaluating, random_windows, train, windows
from a2e.training.optimizers import AdamW
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_oracle_train_is_the_plain_loop_of_torch():
    model, history = run(steps=5, clip=0.5)
    plain, _ = make()
    optimizer = torch.optim.AdamW(plain.parameters(), lr=0.01)
    compute_loss = loss_of(plain, torch.Generator().manual_seed(0))
    for seen in history.losses:
        loss = compute_loss()
        assert seen == pytest.approx(loss.item(), abs=1e-5)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), 0.5)
        optimizer.step()
    for a, b in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-3)


def test_property_a_cycle_is_learned():
    model, history = run(steps=120)
    assert history.losses[0] == pytest.approx(math.log(7), abs=0.2)
    # only the first token of a window cannot be known, and its successor can
    assert evaluate(model, CYCLE, 8) < 0.1


def test_property_the_same_seed_gives_the_same_run():
    assert run()[1].losses == run()[1].losses


class Watched(AdamW):
    """Notes the rate of each step, and the norm of the gradient that it uses."""

    def step(self, closure=None):
        gradients = [p.grad.flatten() for group in self.param_groups for p in group["params"]]
        self.norms = [*getattr(self, "norms", []), torch.cat(gradients).norm().item()]
        self.rates = [*getattr(self, "rates", []), self.param_groups[0]["lr"]]
        super().step(closure)


def test_property_the_schedule_sets_the_rate_and_gives_it_back():
    model, _ = make()
    between, draw = [], torch.Generator().manual_seed(0)
    optimizer = Watched(model.parameters(), lr=0.2)
    train(
        model, loss_of(model, draw), [optimizer], steps=4, schedule=lambda step: step / 4, progress=False,
        callback=lambda step: between.append(optimizer.param_groups[0]["lr"]),
    )  # fmt: skip
    assert optimizer.rates == pytest.approx([0.0, 0.05, 0.1, 0.15])
    assert between == [0.2] * 5, "what is saved in between goes on at a part of the rate"
    assert optimizer.param_groups[0]["lr"] == 0.2


def test_oracle_without_a_schedule_a_scheduler_of_torchs_sets_the_rate():
    model, _ = make()
    optimizer, draw = Watched(model.parameters(), lr=0.2), torch.Generator().manual_seed(0)
    halve = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    train(
        model, loss_of(model, draw), [optimizer], steps=4, progress=False,
        callback=lambda step: halve.step() if step else None,
    )  # fmt: skip
    assert optimizer.rates == pytest.approx([0.2, 0.1, 0.05, 0.025])
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.0125), "the scheduler's last rate was lost"


def test_property_a_rate_set_in_the_callback_is_what_the_schedules_factor_is_of():
    model, _ = make()
    optimizer, draw = Watched(model.parameters(), lr=0.2), torch.Generator().manual_seed(0)

    def look(step):
        if step == 2:
            optimizer.param_groups[0]["lr"] = 0.1

    train(
        model, loss_of(model, draw), [optimizer], steps=4, schedule=lambda step: 1 - step / 4,
        callback=look, progress=False,
    )  # fmt: skip
    assert optimizer.rates == pytest.approx([0.2, 0.15, 0.05, 0.025])
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_property_the_callback_sees_a_model_without_dropout_and_training_goes_on_with_it():
    model, optimizer = make(dropout=0.5)
    modes = []
    draw = torch.Generator().manual_seed(0)

    def compute_loss():
        modes.append(model.training)
        return loss_of(model, draw)()

    def look(step):
        modes.append(model.training)

    train(model, compute_loss, [optimizer], steps=4, every=2, callback=look, progress=False)
    assert modes == [False, True, True, False, True, True, False]
    assert not model.training


def test_equivalence_evaluate_is_the_mean_over_every_token_once():
    model, _ = run(steps=3)
    tokens, total, count = CYCLE[:21], 0.0, 0
    for start in range(0, 20, 8):
        inputs, targets = shift(tokens[start : start + 9])
        total += cross_entropy(model(inputs[None])[0], targets).item() * len(targets)
        count += len(targets)
    assert count == 20
    assert evaluate(model, tokens, 8) == pytest.approx(total / 20, abs=1e-5)
    assert evaluate(model, tokens, 8, batch=1) == pytest.approx(evaluate(model, tokens, 8, batch=9), abs=1e-5)


def test_property_evaluate_leaves_the_mode_as_it_was():
    model, _ = make(dropout=0.5)
    model.train()
    assert evaluate(model, CYCLE, 8) == evaluate(model, CYCLE, 8)
    assert model.training


@settings(max_examples=50, deadline=None)
@given(n=st.integers(2, 60), length=st.integers(1, 20), batch=st.integers(1, 5))
def test_property_windows_predict_each_token_but_the_first_once(n, length, batch):
    predicted = [
        token for rows in windows(torch.arange(n), length, batch) for row in rows for token in row[1:]
    ]
    assert predicted == list(range(1, n))


def test_property_random_windows_reach_both_ends():
    tokens, draw = torch.arange(12), torch.Generator().manual_seed(0)
    drawn = random_windows(tokens, 500, 4, draw)
    assert drawn.min() == 0 and drawn.max() == 11
    assert (drawn.diff(dim=1) == 1).all()


@pytest.mark.parametrize("k", [2, 4])
def test_equivalence_micro_batches_with_their_loss_divided_add_up_to_one_batchs_gradient(k):
    model, _ = make()
    inputs, targets = shift(random_windows(CYCLE, 8, 6, torch.Generator().manual_seed(2)))
    cross_entropy(model(inputs), targets).backward()
    whole = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    for few, wanted in zip(inputs.chunk(k), targets.chunk(k), strict=True):
        (cross_entropy(model(few), wanted) / k).backward()
    assert max(gradient.abs().max() for gradient in whole) > 0.01
    for parameter, gradient in zip(model.parameters(), whole, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("clip", [None, 0.1])
def test_property_the_gradient_is_clipped_before_the_step(clip):
    model, _ = make()
    optimizer, draw = Watched(model.parameters(), lr=0.01), torch.Generator().manual_seed(0)
    history = train(model, loss_of(model, draw), [optimizer], steps=5, clip=clip, progress=False)
    assert min(history.gradient_norms) > 0.1, "nothing to clip"
    used = history.gradient_norms if clip is None else [clip] * 5
    assert optimizer.norms == pytest.approx(used, rel=1e-4)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_edge_a_loss_that_is_not_finite_stops_the_run_before_it_reaches_the_weights(bad):
    model, optimizer = make()
    compute_loss, calls = loss_of(model, torch.Generator().manual_seed(0)), []

    def breaks():
        calls.append([parameter.detach().clone() for parameter in model.parameters()])
        return compute_loss() * (bad if len(calls) == 3 else 1.0)

    with pytest.raises(ValueError, match=rf"compute_loss\(\) is {bad}, its .* norm .*: lower the rate"):
        train(model, breaks, [optimizer], steps=9, progress=False)
    assert len(calls) == 3
    for parameter, before in zip(model.parameters(), calls[-1], strict=True):
        assert torch.equal(parameter, before)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"clip": 0.0}, "clip is 0.0: give a finite number above 0"),
        ({"clip": math.nan}, "clip is nan: give a finite number"),
        ({"steps": 0}, "steps is 0: give a whole number of at least 1"),
        ({"precision": "fp8"}, "precision is 'fp8': give one of 'fp32', 'bf16'"),
        ({"optimizers": []}, r"optimizers is \[\]: give model's parameters, each to one"),
        ({"every": 0, "callback": print}, "every is 0: give a whole number of at least 1"),
        ({"every": 1.5, "callback": print}, "every is 1.5: give a whole number of at least 1"),
        ({"compute_loss": lambda: 0.5}, r"compute_loss\(\) is 0.5: return one number that depends on"),
        ({"compute_loss": lambda: torch.tensor(0.5)}, r"compute_loss\(\) is a float32 tensor of shape \(\)"),
        ({"compute_loss": lambda: make()[0](CYCLE[None, :4])}, r"\(1, 4, 7\): return one number"),
        ({"compute_loss": lambda: make()[0](CYCLE[None, :4]).sum()}, "return one number that depends on"),
    ],
)
def test_edge_bad_settings_are_refused(change, sentence):
    model, optimizer = make()
    settings = {"compute_loss": lambda: torch.tensor(0.0), "optimizers": [optimizer], "steps": 1}
    with pytest.raises(ValueError, match=sentence):
        train(model, **settings | change)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, "1", None])
def test_edge_a_schedule_without_a_factor_is_refused_before_the_step(bad):
    model, optimizer = make()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    compute_loss = loss_of(model, torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match=rf"schedule\(0\) is {bad!r}: return a finite factor of at least 0"):
        train(model, compute_loss, [optimizer], steps=1, schedule=lambda step: bad, progress=False)
    assert all(map(torch.equal, before, model.parameters()))


def test_edge_a_gradient_that_is_not_finite_stops_the_run_before_it_reaches_the_weights():
    model, optimizer = make()
    compute_loss, before = loss_of(model, torch.Generator().manual_seed(0)), []

    def breaks():
        # the root of zero has a finite value and an infinite slope
        before.append([parameter.detach().clone() for parameter in model.parameters()])
        return compute_loss() + (model.norm.bias * (0 if len(before) == 2 else 1) + 0).abs().sum().sqrt()

    model.norm.bias.data.fill_(0.1)
    with pytest.raises(ValueError, match=r"compute_loss\(\) is \d.*, its gradient's norm nan: lower"):
        train(model, breaks, [optimizer], steps=5, progress=False)
    assert len(before) == 2
    assert all(map(torch.equal, before[-1], model.parameters()))


STOPS = [
    (stop, where)
    for stop in (KeyboardInterrupt, ValueError)
    for where in ("compute_loss", "callback", "last callback")
]


@pytest.mark.parametrize(("stop", "where"), [*STOPS, ("nan", "compute_loss")])
def test_edge_a_stopped_run_leaves_rates_modes_and_gradients_as_they_were(stop, where):
    model, optimizer = make(lr=0.1)
    model.train()
    model.blocks[0].eval()  # a reader froze one part
    modes = [module.training for module in model.modules()]
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 3.0)
    gradients = [parameter.grad for parameter in model.parameters()]
    compute_loss, calls = loss_of(model, torch.Generator().manual_seed(0)), []

    def stops():
        calls.append(0)
        if where == "compute_loss" and len(calls) == 4:
            if stop == "nan":
                return compute_loss() * math.nan
            raise stop("stopped")
        return compute_loss()

    def look(step):
        if (where, step) in (("callback", 2), ("last callback", 5)):
            raise stop("stopped")

    with pytest.raises(ValueError if stop == "nan" else stop):
        train(
            model, stops, [optimizer], steps=5, schedule=lambda step: 0.5**step, callback=look, progress=False
        )
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert [module.training for module in model.modules()] == modes
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert parameter.grad is gradient and (gradient == 3.0).all()


def test_property_a_run_that_was_interrupted_goes_on_at_the_full_rate():
    model, _ = make()
    compute_loss = loss_of(model, torch.Generator().manual_seed(0))

    class Interrupted(Watched):
        def step(self, closure=None):
            super().step(closure)
            if len(self.rates) == 3:
                raise KeyboardInterrupt

    optimizer = Interrupted(model.parameters(), lr=0.1)
    with pytest.raises(KeyboardInterrupt):
        train(model, compute_loss, [optimizer], steps=4, schedule=lambda step: 1 - step / 4, progress=False)
    train(model, compute_loss, [optimizer], steps=1, schedule=lambda step: 1.0, progress=False)
    assert optimizer.rates == pytest.approx([0.1, 0.075, 0.05, 0.1])


def test_property_parameters_outside_the_optimizers_neither_move_nor_count_in_the_norm():
    model, _ = make()
    head = [model.norm.weight, model.norm.bias]
    compute_loss = loss_of(model, torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.embedding.weight.grad = torch.full_like(model.embedding.weight, 5.0)
    history = train(model, compute_loss, [AdamW(head, lr=1e-9)], steps=3, progress=False)
    used = [parameter.grad for parameter in head]
    assert history.gradient_norms[-1] == pytest.approx(torch.cat(used).norm().item(), rel=1e-5)
    assert (model.embedding.weight.grad == 5.0).all(), "a gradient that is not ours changed"
    assert model.blocks[0].attention.query.weight.grad is None, "a gradient leaked"
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) or name.startswith("norm.")


def test_edge_optimizers_that_do_not_fit_the_model_are_refused():
    model, optimizer = make()
    foreign = make(seed=1)[1]
    compute_loss = loss_of(model, torch.Generator())
    for optimizers, names in [
        ([foreign], "'an AdamW'"),
        ([optimizer, foreign], "'an AdamW', 'an AdamW'"),
        ([optimizer, AdamW([model.norm.bias])], "'an AdamW', 'an AdamW'"),
        ([optimizer, optimizer], "'an AdamW', 'an AdamW'"),
    ]:
        with pytest.raises(ValueError, match=rf"optimizers is \[{names}\]: give model's parameters, each"):
            train(model, compute_loss, optimizers, steps=1, progress=False)
    frozen = AdamW(model.parameters())
    model.requires_grad_(False)
    with pytest.raises(ValueError, match=r"optimizers is .*: give model's parameters, each"):
        train(model, compute_loss, [frozen], steps=1, progress=False)


def test_property_what_an_optimizer_holds_beside_the_model_is_trained_too():
    model, _ = make()
    scale = torch.nn.Parameter(torch.tensor(1.0))
    inner = loss_of(model, torch.Generator().manual_seed(0))
    optimizer = AdamW([*model.parameters(), scale])
    train(model, lambda: inner() * scale, [optimizer], steps=2, progress=False)
    assert scale.item() < 1


@pytest.mark.parametrize(("length", "batch"), [(0, 1), (-1, 1), (1, 0), (1, -3), (2.5, 1)])
def test_edge_empty_windows_are_refused_at_the_call(length, batch):
    model, _ = make()
    sentence = f"length is {length}: give" if batch == 1 else f"batch is {batch}: give"
    with pytest.raises(ValueError, match=sentence):
        windows(CYCLE, length, batch)
    with pytest.raises(ValueError, match=sentence):
        evaluate(model, CYCLE, length, batch=batch)
    with pytest.raises(ValueError, match=sentence):
        random_windows(CYCLE, batch, length, torch.Generator())


def test_edge_windows_of_too_few_tokens():
    assert windows(torch.arange(1), 2, 2) == windows(torch.arange(0), 2, 2) == []
    assert [part.tolist() for part in windows(torch.arange(3), 5, 2)] == [[[0, 1, 2]]]


@pytest.mark.parametrize("tokens", [torch.rand(9), torch.zeros(3, 9, dtype=torch.long), [1, 2, 3], None])
def test_edge_tokens_that_are_no_row_of_integers_are_refused(tokens):
    model, _ = make()
    for call in (
        lambda: windows(tokens, 2, 2),
        lambda: random_windows(tokens, 2, 2, torch.Generator()),
        lambda: evaluate(model, tokens, 4),
    ):
        with pytest.raises(ValueError, match=r"tokens is .*: give an integer tensor of shape \(n\)"):
            call()


def test_property_evaluating_gives_each_module_its_mode_back():
    model, _ = make(dropout=0.5)
    model.train()
    model.blocks[0].eval()
    modes = [module.training for module in model.modules()]
    with evaluating(model):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == modes and len(set(modes)) == 2


def test_edge_only_a_model_can_be_evaluated():
    with pytest.raises(ValueError, match="model is None: give a Module"), evaluating(None):  # type: ignore[arg-type]
        pass


def test_edge_evaluate_restores_the_mode_when_the_model_fails():
    model, _ = make()
    model.train()
    with pytest.raises(ValueError, match="tokens is from 1 to 7"):
        evaluate(model, CYCLE + 1, 8)
    assert model.training


def test_edge_bad_input_is_refused():
    model, _ = make()
    with pytest.raises(ValueError, match="precision is 'fp8': give one of 'fp32', 'bf16'"):
        autocast("fp8", model)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"tokens is 4 long: give at least length \+ 1 = 5"):
        random_windows(torch.arange(4), 1, 4, torch.Generator())
    assert random_windows(torch.arange(5), 1, 4, torch.Generator()).tolist() == [[0, 1, 2, 3, 4]]
    with pytest.raises(ValueError, match="generator is None: give a Generator"):
        random_windows(torch.arange(9), 1, 4, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tokens is 1 long: give 2 or more"):
        evaluate(model, torch.tensor([1]), 8)
    model.norm.bias.data.fill_(math.nan)
    with pytest.raises(ValueError, match="model is a Decoder with a loss of nan: give one of finite weights"):
        evaluate(model, CYCLE, 8)
