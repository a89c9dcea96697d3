import copy

import pytest
import torch
from a2e.training.optimizers import AdamW, Muon, orthogonalise, split_parameters
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder, MaskedLanguageModel
from torch import nn


def two_copies(shape, seed=0):
    start = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return nn.Parameter(start.clone()), nn.Parameter(start.clone())


def run_beside(ours, theirs, a, b, steps=7):
    draw = torch.Generator().manual_seed(1)
    for _ in range(steps):
        a.grad = torch.randn(a.shape, generator=draw)
        b.grad = a.grad.clone()
        ours.step()
        theirs.step()


@pytest.mark.parametrize(("weight_decay", "betas"), [(0.0, (0.8, 0.95)), (0.1, (0.3, 0.4))])
def test_oracle_adamw_matches_torch(weight_decay, betas):
    a, b = two_copies((5, 3))
    settings = dict(lr=0.03, betas=betas, eps=0.1, weight_decay=weight_decay)
    run_beside(AdamW([a], **settings), torch.optim.AdamW([b], **settings), a, b)
    torch.testing.assert_close(a, b)


def test_oracle_first_adamw_step_is_the_sign_of_the_gradient():
    parameter = nn.Parameter(torch.tensor([1.0, 1.0, 1.0]))
    parameter.grad = torch.tensor([5.0, -0.01, 300.0])
    AdamW([parameter], lr=0.1, weight_decay=0.0).step()
    torch.testing.assert_close(parameter.detach(), torch.tensor([0.9, 1.1, 0.9]))


@pytest.mark.parametrize("shape", [(12, 4), (4, 12), (6, 6)])
def test_oracle_muon_matches_torch(shape):
    a, b = two_copies(shape)
    ours = Muon([a], lr=0.05, momentum=0.9, weight_decay=0.1)
    theirs = torch.optim.Muon([b], lr=0.05, momentum=0.9, weight_decay=0.1)
    run_beside(ours, theirs, a, b)
    # torch orthogonalises in bf16, which keeps three digits
    torch.testing.assert_close(a, b, atol=7 * 0.05 * 0.02, rtol=0)


@pytest.mark.parametrize("shape", [(8, 8), (32, 8), (8, 32)])
def test_property_orthogonalised_singular_values_are_about_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrix))
    assert values.min() > 0.6 and values.max() < 1.3


def test_property_singular_values_above_two_thousandths_come_near_one_and_smaller_ones_need_not():
    """Beside one of 1: the docstring's bound, 0.002 of the norm, and what stays below it."""
    for small in (0.002, 0.01, 0.1, 0.7):
        values = torch.linalg.svdvals(orthogonalise(torch.diag(torch.tensor([1.0, small / 0.999]))))
        assert values.min() > 0.68 and values.max() < 1.21
    tiny = torch.linalg.svdvals(orthogonalise(torch.diag(torch.tensor([1.0, 0.0001]))))
    assert tiny.min() == pytest.approx(3.4445**5 * 0.0001, rel=0.01)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_property_the_size_of_a_matrix_does_not_count(scale):
    matrix = torch.randn(8, 12, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(orthogonalise(scale * matrix), orthogonalise(matrix), atol=1e-3, rtol=0)


@pytest.mark.parametrize("norm", [1e-7, 1e-8, 2.1e-10])
def test_property_a_norm_below_1e7th_counts_as_1e7th(norm):
    """A single singular value, which is the norm: near one while it is above 0.002 of 1e-7."""
    value = torch.linalg.svdvals(orthogonalise(torch.diag(torch.tensor([norm, 0.0]))))[0]
    assert 0.68 < value < 1.21


def test_edge_what_is_far_below_2e_10_vanishes_and_zeros_stay():
    for norm in (1e-12, 1e-15):
        value = torch.linalg.svdvals(orthogonalise(torch.diag(torch.tensor([norm, 0.0]))))[0]
        assert value.item() == pytest.approx(3.4445**5 * norm / 1e-7, rel=0.01)
    assert torch.equal(orthogonalise(torch.zeros(2, 3)), torch.zeros(2, 3))


def test_property_orthogonalising_keeps_the_directions():
    matrix = torch.randn(8, 8, generator=torch.Generator().manual_seed(0))
    left, _, right = torch.linalg.svd(matrix)
    aligned = left.T @ orthogonalise(matrix) @ right.T
    assert aligned.diagonal().min() > 0.6
    assert (aligned - aligned.diagonal().diag()).abs().max() < 1e-3


def test_edge_parameters_without_a_gradient_stay():
    for optimizer in (AdamW, Muon):
        parameter = nn.Parameter(torch.ones(2, 2))
        optimizer([parameter]).step()
        assert torch.equal(parameter, torch.ones(2, 2))


def test_edge_state_survives_saving():
    a, b = two_copies((4, 4))
    first, second = AdamW([a], lr=0.1), AdamW([b], lr=0.1)
    for _ in range(3):
        a.grad = torch.ones_like(a)
        first.step()
    b.data.copy_(a.data)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    run_beside(first, second, a, b, steps=2)
    assert torch.equal(a, b)


def test_property_every_parameter_goes_to_one_optimizer():
    model = Decoder(Configuration(vocab_size=9, d_model=8, n_layers=2, n_heads=2, d_ff=16, max_length=4))
    matrices, rest = split_parameters(model)
    assert {id(p) for p in matrices + rest} == {id(p) for p in model.parameters()}
    assert len(matrices) == 2 * 6 and all(p.dim() == 2 for p in matrices)
    assert any(p is model.embedding.weight for p in rest)


class Untied(nn.Module):
    """An output layer of its own; attention matrices happen to have the shape of the second table."""

    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(9, 6)
        self.position = nn.Embedding(6, 6)
        self.blocks = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 9)])
        self.lm_head = nn.Linear(6, 9)


def test_property_an_untied_output_layer_goes_with_the_tables():
    model = Untied()
    matrices, rest = split_parameters(model)
    assert [id(p) for p in matrices] == [id(layer.weight) for layer in model.blocks]
    assert any(p is model.lm_head.weight for p in rest)
    assert split_parameters(nn.Linear(3, 2))[0], "a model without a table has a matrix"


class Stacked(nn.Module):
    """A table of positions first, blocks one after another, an output layer of its own."""

    def __init__(self, vocab=9, head="lm_head"):
        super().__init__()
        self.position = nn.Embedding(4, 6)
        self.token = nn.Embedding(vocab, 6)
        self.blocks = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, vocab), nn.Linear(vocab, 6))
        self.add_module(head, nn.Linear(6, vocab))


def whole(vocab):
    blocks = [nn.Linear(6, vocab), nn.ReLU(), nn.Linear(vocab, 6)]
    return nn.Sequential(nn.Embedding(vocab, 6), *blocks, nn.Linear(6, vocab))


def masked(vocab, length):
    return MaskedLanguageModel(Configuration(vocab, 8, 1, 2, 16, length))


INNER = [f"encoder.blocks.0.{layer}.weight" for layer in ("attention.query", "attention.key",
         "attention.value", "attention.output", "feed_forward.up", "feed_forward.down")]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Stacked(), ["blocks.0.weight", "blocks.1.weight", "blocks.2.weight"]),
        (Stacked(vocab=6), ["blocks.0.weight", "blocks.1.weight", "blocks.2.weight"]),
        (Stacked(head="out"), ["blocks.0.weight", "blocks.1.weight", "blocks.2.weight"]),
        (whole(9), ["1.weight", "3.weight"]),
        (masked(5, 4), [*INNER, "transform.weight"]),
        (masked(8, 4), [*INNER, "transform.weight"]),  # as wide as the vocabulary
        (masked(5, 8), [*INNER, "transform.weight"]),  # as wide as it is long
        (nn.Sequential(nn.LayerNorm(3)), []),
    ],
)
def test_property_matrices_are_told_from_tables_and_output_layers(model, names):
    matrices, rest = split_parameters(model)
    found = {id(p): name for name, p in model.named_parameters()}
    assert [found[id(p)] for p in matrices] == names
    assert [found[id(p)] for p in rest] == [name for name in found.values() if name not in names]


@pytest.mark.parametrize(
    ("ours", "saved", "differs"),
    [
        (AdamW, torch.optim.AdamW, "exp_avg, exp_avg_sq, mean, square"),
        (Muon, torch.optim.Muon, "mean, momentum_buffer"),
        (AdamW, Muon, "betas, eps, square, step"),
        (Muon, AdamW, "momentum, square, step"),
        (AdamW, None, "betas, eps, lr, weight_decay"),
    ],
)
def test_edge_the_memory_of_another_optimizer_is_refused_and_changes_nothing(ours, saved, differs):
    a, b = two_copies((3, 2))
    optimizer, other = ours([a], lr=0.1), saved([b], lr=0.7) if saved else None
    a.grad = b.grad = torch.ones(3, 2)
    optimizer.step()
    before = copy.deepcopy(optimizer.state_dict())
    if other:
        other.step()
    sentence = f"state_dict is a dict that differs in {differs}: give the state_dict"
    with pytest.raises(ValueError, match=rf"{sentence}\(\) of a2e's {ours.__name__}"):
        optimizer.load_state_dict(other.state_dict() if other else {})
    assert str(optimizer.state_dict()) == str(before)
    with pytest.raises(ValueError, match="state_dict is None: give a dict"):
        optimizer.load_state_dict(None)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: AdamW(p, lr=0.0), "lr is 0.0: give a finite number above 0"),
        (lambda p: AdamW(p, betas=(0.9, 1.0)), r"betas is \(0.9, 1.0\): give"),
        (lambda p: AdamW(p, betas=(0.9,)), r"betas is \(0.9,\): give two numbers"),
        (lambda p: AdamW(p, lr=float("inf")), "lr is inf: give a finite number above 0"),
        (lambda p: AdamW(p, lr=float("nan")), "lr is nan: give a finite number above 0"),
        (lambda p: AdamW(p, weight_decay=-0.1), "weight_decay is -0.1: give a finite number of at least 0"),
        (lambda p: AdamW(p, weight_decay=float("nan")), "weight_decay is nan"),
        (lambda p: AdamW(p, lr="0.1"), "lr is '0.1': give a number"),  # type: ignore[arg-type]
        (lambda p: Muon(p, weight_decay=-0.1), "weight_decay is -0.1: give a finite number of at least 0"),
        (lambda p: Muon(p, lr=float("inf")), "lr is inf: give a finite number above 0"),
        (lambda p: AdamW(p, eps=-1.0), "eps is -1.0: give a finite number above 0"),
        (lambda p: Muon(p, momentum=1.5), "momentum is 1.5: give a number from 0 to 1"),
        (lambda p: Muon([vector()]), r"params is a float32 tensor of shape \(3,\): give Muon matrices only"),
        (lambda p: AdamW(p).step(lambda: 0.0), "closure is .*: give"),  # type: ignore[arg-type]
        (lambda p: Muon(p).step(lambda: 0.0), "closure is .*: give"),  # type: ignore[arg-type]
        # groups, at first and later
        (lambda p: AdamW([{"params": p, "lr": -1.0}]), "lr is -1.0: give a finite number above 0"),
        (lambda p: AdamW([{"params": p, "betas": (2.0, 3.0)}]), r"betas is \(2.0, 3.0\): give"),
        (lambda p: AdamW([{"params": p, "rate": 1.0}]), r"\['rate'\]: give none but params, lr"),
        (lambda p: Muon([{"params": [vector()]}]), "give Muon matrices only"),
        (lambda p: Muon(p).add_param_group({"params": [vector()]}), "give Muon matrices only"),
        (lambda p: Muon(p).add_param_group({"params": vector()}), "give Muon matrices only"),
        (lambda p: AdamW(p).add_param_group({"params": [vector()], "eps": 0.0}), "eps is 0.0: give"),
        (lambda p: AdamW(p).add_param_group({"lr": 0.1}), "params is 0 tensors, 0 different: give"),
        (lambda p: AdamW(p).add_param_group(None), "param_group is None: give a dict"),  # type: ignore[arg-type]
        # tensors
        (lambda p: AdamW([]), "params is 0 tensors, 0 different: give"),
        (lambda p: AdamW(None), "params is None: give a list, each item"),  # type: ignore[arg-type]
        (lambda p: AdamW(p * 2), "params is 2 tensors, 1 different: give .*each once"),
        (lambda p: Muon(p * 2), "params is 2 tensors, 1 different: give .*each once"),
        (lambda p: AdamW([torch.ones(2, 2)]), r"params is a float32 tensor of shape \(2, 2\): give model"),
        (lambda p: Muon([torch.ones(2, 2)]), r"params is a float32 tensor of shape \(2, 2\): give model"),
        (lambda p: AdamW(p[0]), r"params is a float32 tensor of shape \(2,\): give model"),
        (lambda p: AdamW([p[0] * 2]), r"params is a float32 tensor of shape \(2, 2\): give model"),
        # singular values
        (lambda p: orthogonalise(torch.eye(2), steps=0), "steps is 0: give a whole number of at least 1"),
        (lambda p: orthogonalise(torch.eye(2), steps=-1), "steps is -1: give a whole number of at least 1"),
        (lambda p: orthogonalise(torch.eye(2) * torch.nan), "matrices is of norm nan: give"),
        (lambda p: orthogonalise(torch.eye(2) * 1e30), "matrices is of norm inf: give"),
        (lambda p: orthogonalise(torch.ones(3)), r"matrices is a float32 tensor of shape \(3,\): give"),
    ],
)
def test_edge_bad_settings_are_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make([nn.Parameter(torch.ones(2, 2))])


def vector():
    return nn.Parameter(torch.ones(3))


def test_edge_a_refused_group_leaves_the_optimizer_as_it_was():
    optimizer = AdamW([vector()])
    with pytest.raises(ValueError, match="lr is -1"):
        optimizer.add_param_group({"params": [vector()], "lr": -1})
    assert len(optimizer.param_groups) == 1


def test_property_a_group_has_its_own_settings_and_shares_the_rest():
    given = {"params": (p for p in [vector()]), "lr": 0.5}
    optimizer = AdamW([given, {"params": vector()}], lr=0.1, betas=[0.8, 0.9])
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert [group["betas"] for group in optimizer.param_groups] == [(0.8, 0.9)] * 2
    assert set(given) == {"params", "lr"}, "the reader's own group changed"


def test_property_frozen_parameters_and_named_ones_are_taken():
    model = nn.Linear(3, 2)
    model.bias.requires_grad_(False)
    assert len(AdamW(model.parameters()).param_groups[0]["params"]) == 2
    named = AdamW(model.named_parameters())  # type: ignore[arg-type]
    assert named.param_groups[0]["param_names"] == ["weight", "bias"]


@pytest.mark.parametrize("kind", [AdamW, Muon])
def test_property_a_schedule_of_torchs_a_copy_and_its_groups_work(kind):
    model = nn.Linear(3, 2, bias=False)
    optimizer = kind(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    schedule.step()
    twin = copy.deepcopy(optimizer)
    twin.add_param_group({"params": [nn.Parameter(torch.ones(2, 2))]})
    assert [group["lr"] for group in twin.param_groups] == [0.05, 0.1]
    assert kind(optimizer.param_groups).param_groups[0]["lr"] == 0.05
