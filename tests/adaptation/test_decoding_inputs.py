"""What generate takes, and what it refuses; how it decodes is in test_decoding."""

from typing import Any

import pytest
import torch
from a2e.adaptation.decoding import generate
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder, Encoder

SIZES = Configuration(vocab_size=5, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)


def decoder():
    torch.manual_seed(0)
    return Decoder(SIZES)


class Elsewhere(Decoder):
    """Notes where its tokens are; the embedding is on a device without numbers."""

    def __init__(self):
        super().__init__(SIZES)
        self.embedding.to("meta")

    def forward(self, tokens):
        self.seen = tokens.device.type
        return torch.arange(5.0).expand(*tokens.shape, -1)


def broken(value, where=slice(None)):
    model = decoder()
    model.norm.bias.data[where] = value
    return model


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-38, 1e-9])
def test_equivalence_a_tiny_temperature_is_greedy(temperature):
    greedy = generate(decoder(), [1], 6, temperature=0)
    assert generate(decoder(), [1], 6, temperature=temperature) == greedy


def test_property_tokens_go_to_the_device_of_the_model():
    model = Elsewhere()
    assert generate(model, [0], 1, temperature=0) == [0, 4]
    assert model.seen == "meta"


def test_property_the_draws_are_made_on_the_generators_device(monkeypatch):
    """As of a CPU's generator and a model on a GPU, which is not at hand here."""

    class Far(torch.Generator):
        device = torch.device("meta")

    def draw(probabilities, n, generator):
        seen.append((probabilities.device, generator))
        return torch.tensor([3])

    seen: list[Any] = []
    generator = Far()
    monkeypatch.setattr(torch, "multinomial", draw)
    assert generate(decoder(), [1], 2, generator=generator) == [1, 3, 3]
    assert seen == [(generator.device, generator)] * 2
    assert generate(decoder(), [1], 1) == [1, 3] and seen[-1] == (torch.device("cpu"), None)


def test_property_a_token_without_any_probability_is_never_drawn():
    class Never(Elsewhere):
        def forward(self, tokens):
            return torch.tensor([0.0, float("-inf"), 0.0, float("-inf"), 0.0]).expand(*tokens.shape, -1)

    drawn = generate(Never(), [1], 200, generator=torch.Generator().manual_seed(0))[1:]
    assert set(drawn) == {0, 2, 4}


def test_property_each_module_keeps_its_mode():
    model = decoder().train()
    model.blocks[0].eval()
    modes = [module.training for module in model.modules()]
    generate(model, [1], 2)
    assert [module.training for module in model.modules()] == modes and len(set(modes)) == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prompt": []}, r"prompt is \[\]: give at least one token to continue"),
        ({"prompt": None}, "prompt is None: give a list, each item a whole number"),
        ({"prompt": torch.tensor([1])}, r"prompt is an int64 tensor of shape \(1,\): give a list, each item"),
        ({"prompt": [1.0]}, r"prompt is \[1.0\]: give a list, each item a whole number"),
        ({"prompt": [5]}, "prompt is 5: give ids from 0 to 4"),
        ({"prompt": [5], "length": 0}, "prompt is 5: give ids from 0 to 4"),
        ({"prompt": [-1, 1, 1, 1, 1, 1]}, "prompt is from -1 to 1: give ids from 0 to 4"),
        ({"length": -1}, "length is -1: give a whole number of at least 0"),
        ({"length": 2.5}, "length is 2.5: give a whole number"),
        ({"temperature": -0.5}, "temperature is -0.5: give a finite number of at least 0"),
        ({"temperature": float("nan")}, "temperature is nan: give a finite number"),
        ({"temperature": float("inf")}, "temperature is inf: give a finite number"),
        ({"generator": 0}, "generator is 0: give a Generator or None"),
        ({"model": Encoder(SIZES)}, "model is an Encoder: give a Decoder"),
        ({"model": broken(float("nan"))}, "model is a Decoder that scores nan: give one with finite weights"),
        ({"model": broken(float("nan")), "temperature": 0}, "model is a Decoder that scores nan: give one"),
        ({"model": broken(float("inf"), 0)}, "model is a Decoder that scores"),
    ],
)
def test_edge_bad_input_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        generate(**{"model": decoder(), "prompt": [1], "length": 1} | change)
