import copy

import pytest
import torch
from a2e.training.optimizers import AdamW, Muon, orthogonalise, split_parameters
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder
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


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_oracle_adamw_matches_torch(weight_decay):
    a, b = two_copies((5, 3))
    settings = dict(lr=0.03, betas=(0.8, 0.95), eps=0.1, weight_decay=weight_decay)
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


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: AdamW(p, lr=0.0), "lr=0.0 must be positive"),
        (lambda p: AdamW(p, betas=(0.9, 1.0)), r"betas=\(0.9, 1.0\) must be two numbers that both lie"),
        (lambda p: AdamW(p, betas=(0.9,)), "must be two numbers"),  # type: ignore[arg-type]
        (lambda p: AdamW(p, lr=float("inf")), "lr=inf must be positive and finite"),
        (lambda p: AdamW(p, lr=float("nan")), "lr=nan must be positive and finite"),
        (lambda p: AdamW(p, weight_decay=-0.1), "weight_decay=-0.1 must be 0"),
        (lambda p: AdamW(p, weight_decay=float("nan")), "weight_decay=nan must be 0"),
        (lambda p: Muon(p, weight_decay=-0.1), "weight_decay=-0.1 must be 0"),
        (lambda p: Muon(p, lr=float("inf")), "lr=inf must be positive and finite"),
        (lambda p: Muon([{"params": p}]), "params holds a dict: give Muon one flat list"),  # type: ignore[list-item]
        (lambda p: AdamW(p, eps=-1.0), "eps=-1.0 must be positive"),
        (lambda p: Muon(p, momentum=1.5), "momentum=1.5"),
        (lambda p: Muon([nn.Parameter(torch.ones(3))]), r"shape \(3,\): Muon moves matrices only"),
        (lambda p: AdamW(p).step(lambda: 0.0), "closure is not supported"),
    ],
)
def test_edge_bad_settings_are_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make([nn.Parameter(torch.ones(2, 2))])
