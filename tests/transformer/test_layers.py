import pytest
import torch
from a2e.transformer.layers import FeedForward, LayerNorm, activate, layer_norm
from torch import nn


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_oracle_layer_norm_matches_torch(size):
    torch.manual_seed(0)
    x, weight, bias = size * torch.randn(3, 5, 16) + size, torch.randn(16), torch.randn(16)
    expected = nn.functional.layer_norm(x, (16,), weight, bias, 1e-5)
    torch.testing.assert_close(layer_norm(x, weight, bias), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("spread", "offset"), [(1e-3, 0.0), (1.0, 0.0), (150.0, 0.0), (1.0, 1e3)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_oracle_layer_norm_matches_torch_in_each_type(dtype, spread, offset):
    """In float16 a spread of 150 has squares above its largest number, 65,504."""
    draw = torch.Generator().manual_seed(0)
    x = (spread * torch.randn(7, 64, generator=draw) + offset).to(dtype)
    weight, bias = torch.randn(2, 64, generator=draw).to(dtype)
    module = LayerNorm(64).to(dtype)
    module.load_state_dict({"weight": weight, "bias": bias})
    ours = layer_norm(x, weight, bias)
    exact = nn.functional.layer_norm(x.double(), (64,), weight.double(), bias.double())
    atol = 1e-3 if offset and dtype != torch.float64 else 1e-5
    torch.testing.assert_close(ours, exact.to(dtype), atol=atol, rtol=torch.finfo(dtype).eps)
    # PyTorch's kernel rounds more than once in 16 bits
    torch.testing.assert_close(module(x), ours, atol=10 * atol if dtype.itemsize == 2 else atol, rtol=1e-5)


@pytest.mark.parametrize("number", [1e20, 1e30])
def test_edge_layer_norm_of_squares_past_the_largest_number_is_the_bias(number):
    x, weight, bias = number * torch.tensor([1.0, 2.0, 4.0]), torch.ones(3), torch.arange(3.0)
    assert torch.equal(layer_norm(x, weight, bias), bias)


def test_equivalence_layer_norm_module_is_the_function():
    torch.manual_seed(0)
    module, x = LayerNorm(8, eps=1e-12), torch.randn(4, 8, requires_grad=True)
    nn.init.normal_(module.weight)
    nn.init.normal_(module.bias)
    y = x.detach().clone().requires_grad_()
    layer_norm(x, module.weight, module.bias, 1e-12).square().sum().backward()
    module(y).square().sum().backward()
    torch.testing.assert_close(x.grad, y.grad, atol=1e-4, rtol=1e-4)


def test_property_layer_norm_is_per_vector():
    x = torch.randn(2, 3, 8)
    changed = x.clone()
    changed[1] = 100.0
    module = LayerNorm(8)
    assert torch.equal(module(x)[0], module(changed)[0])


def test_edge_constant_vector_becomes_the_bias():
    assert layer_norm(torch.full((4,), 7.0), torch.ones(4), torch.zeros(4)).tolist() == [0.0] * 4


def test_oracle_activations_match_torch():
    x = torch.linspace(-4, 4, 33)
    torch.testing.assert_close(activate(x, "gelu"), x * 0.5 * (1 + torch.erf(x / 2**0.5)))
    torch.testing.assert_close(activate(x, "gelu_tanh"), nn.GELU(approximate="tanh")(x))
    assert torch.equal(activate(x, "relu"), x.clamp(min=0))


def test_property_feed_forward_treats_each_position_alone():
    torch.manual_seed(0)
    layer, x = FeedForward(8, 32), torch.randn(2, 5, 8)
    torch.testing.assert_close(layer(x)[:, 2], layer(x[:, 2]))


def test_edge_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="activation is 'swish': give one of"):
        activate(torch.zeros(1), "swish")  # type: ignore[arg-type]


def test_edge_an_unknown_activation_is_refused_when_the_layer_is_built():
    with pytest.raises(ValueError, match="activation is 'swish': give one of"):
        FeedForward(4, 8, activation="swish")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: layer_norm(torch.ones(2, 3), torch.ones(2, 1), torch.zeros(3)),
            r"weight is .* \(2, 1\): give",
        ),
        (lambda: layer_norm(torch.ones(2, 3), torch.ones(1), torch.zeros(1)), r"weight is .* \(1,\): give"),
        (lambda: layer_norm(torch.ones(3), torch.ones(3), torch.zeros(3), eps=-1.0), "eps is -1.0: give"),
        (
            lambda: LayerNorm(4)(torch.ones(2, 5)),
            r"x is .* \(2, 5\): give a float tensor of shape \(..., 4\)",
        ),
        (lambda: FeedForward(4, 8)(torch.ones(2, 5)), r"x is .* \(2, 5\): give .* \(..., 4\)"),
        (lambda: LayerNorm(0), "d_model is 0: give a whole number of at least 1"),
        (lambda: LayerNorm(4, eps=0.0), "eps is 0.0: give a finite number above 0"),
        (lambda: FeedForward(4, 8, dropout=1.0), "dropout is 1.0: give"),
    ],
)
def test_edge_what_would_give_a_wrong_number_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
