import pytest
import torch
from a2e.adaptation.decoding import generate
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder

TINY = Configuration(vocab_size=5, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)


class Fixed(Decoder):
    """Always the same scores."""

    def __init__(self, logits):
        super().__init__(TINY)
        self.logits = torch.tensor(logits)

    def forward(self, tokens):
        assert tokens.shape[1] <= TINY.max_length
        return self.logits.expand(*tokens.shape, -1)


def decoder():
    torch.manual_seed(0)
    return Decoder(TINY)


def test_oracle_greedy_decoding_takes_the_likeliest_token_again_and_again():
    model, tokens = decoder().eval(), [1]
    for _ in range(3):
        tokens.append(int(model(torch.tensor([tokens]))[0, -1].argmax()))
    assert generate(model, [1], 3, temperature=0) == tokens


def test_property_draws_follow_the_models_distribution():
    model = Fixed([0.0, 1.0, 2.0, -1.0, 0.5])
    drawn = generate(model, [0], 4000, generator=torch.Generator().manual_seed(0))[1:]
    shares = torch.bincount(torch.tensor(drawn), minlength=5) / 4000
    torch.testing.assert_close(shares, model.logits.softmax(-1), atol=0.03, rtol=0)


def test_property_a_low_temperature_sharpens():
    model = Fixed([0.0, 1.0, 2.0, -1.0, 0.5])
    hot, cold = (
        generate(model, [0], 1000, temperature=t, generator=torch.Generator().manual_seed(0)).count(2)
        for t in (1.0, 0.3)
    )
    assert cold > 900 > hot


def test_property_the_same_generator_gives_the_same_text():
    one, two = (generate(decoder(), [1, 2], 20, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert one == two and one[:2] == [1, 2] and len(one) == 22


def test_edge_a_text_longer_than_the_model_can_read_is_cut_and_the_mode_is_kept():
    model = decoder().train()
    assert len(generate(model, [1] * 9, 5)) == 14
    assert model.training
    assert generate(model, [1], 0) == [1]


def test_edge_the_mode_is_kept_when_a_draw_fails():
    model = Fixed([0.0, 1.0, float("nan"), 0.0, 0.0]).train()
    with pytest.raises(ValueError, match="model is a Fixed that scores nan"):
        generate(model, [1], 1)
    assert model.training
