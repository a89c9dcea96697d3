from collections.abc import Callable

import pytest
import torch
from a2e.adaptation.decoding import generate
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder
from scipy.stats import chisquare
from torch import Tensor

TINY = Configuration(vocab_size=5, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4, dropout=0.5)
LOGITS = torch.tensor([0.0, 1.0, 2.0, -1.0, 0.5])


class Scripted(Decoder):
    """Scores what ``rule`` says of the window, and notes each window and the mode in which it was read."""

    def __init__(self, rule: Callable[[Tensor], Tensor]) -> None:
        super().__init__(TINY)
        self.rule = rule
        self.windows: list[list[int]] = []
        self.modes: set[bool] = set()

    def forward(self, tokens: Tensor) -> Tensor:
        self.windows.append(tokens[0].tolist())
        self.modes.add(self.training)
        return self.rule(tokens)  # (batch, time, vocab)


def fixed(tokens: Tensor) -> Tensor:
    """The same scores everywhere."""
    return LOGITS.expand(*tokens.shape, -1)


def successor(tokens: Tensor) -> Tensor:
    """At each position the next number, but for a tenth of a nat: 4 is followed by 0."""
    return 0.1 * torch.nn.functional.one_hot((tokens + 1) % 5, 5).float()


def echo(tokens: Tensor) -> Tensor:
    """At each position the first token of the window."""
    return torch.nn.functional.one_hot(tokens[:, :1].expand_as(tokens), 5).float()


def decoder():
    torch.manual_seed(0)
    model = Decoder(TINY)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)  # so that each token of the window counts
    return model


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_oracle_the_last_position_decides():
    assert generate(Scripted(successor), [1, 0, 3], 7, temperature=0) == [1, 0, 3, 4, 0, 1, 2, 3, 4, 0]


def test_oracle_the_window_is_the_last_tokens_and_all_that_fit():
    text = generate(Scripted(echo), [4, 4, 4, 3, 1, 0, 2], 9, temperature=0)
    assert text == [4, 4, 4, 3, 1, 0, 2, 3, 1, 0, 2, 3, 1, 0, 2, 3]  # each token comes back four later
    short = Scripted(successor)
    generate(short, [0, 1], 4, temperature=0)
    assert short.windows == [[0, 1], [0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 4]]


def test_equivalence_what_lies_before_the_window_is_forgotten():
    one, two, other = (
        [generate(decoder(), prompt, 3, generator=seeded(seed))[-3:] for seed in range(10)]
        for prompt in ([1, 3, 2, 0, 4], [2, 2, 0, 3, 2, 0, 4], [1, 1, 2, 0, 4])
    )
    assert one == two != other


def test_oracle_greedy_decoding_takes_the_likeliest_token_again_and_again():
    model, tokens = decoder().eval(), [1]
    for _ in range(12):
        tokens.append(int(model(torch.tensor([tokens[-4:]]))[0, -1].argmax()))
    assert generate(decoder(), [1], 12, temperature=0) == tokens
    assert len(set(tokens)) > 2, "nothing to tell apart"


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_oracle_draws_follow_the_models_distribution(temperature):
    drawn = generate(Scripted(fixed), [0], 3000, temperature=temperature, generator=seeded())[1:]
    counts = torch.bincount(torch.tensor(drawn), minlength=5).double()
    weights = LOGITS.double().exp() ** (1 / temperature)
    assert chisquare(counts, 3000 * weights / weights.sum()).pvalue > 0.01
    uneven = LOGITS.double().exp() ** (1 / (1.2 * temperature))
    assert chisquare(counts, 3000 * uneven / uneven.sum()).pvalue < 1e-4, "too few draws to see a fifth"


def test_property_the_same_generator_gives_the_same_text():
    one, two, other = (generate(decoder(), [1, 2], 20, generator=seeded(seed)) for seed in (3, 3, 4))
    assert one == two != other
    assert one[:2] == [1, 2] and len(one) == 22


def test_property_without_a_generator_the_global_seed_decides():
    texts = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        texts.append(generate(Scripted(fixed), [1], 20))
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("training", [True, False])
def test_property_the_model_is_read_without_dropout_and_left_in_its_mode(training):
    model = Scripted(fixed).train(training)
    generate(model, [1] * 9, 5)
    assert model.modes == {False}
    assert model.training is training
    assert model.blocks[0].training is training


def test_edge_nothing_more_is_asked_for():
    prompt = [1, 2]
    assert generate(decoder(), prompt, 0) == [1, 2]
    generate(decoder(), prompt, 3)
    assert prompt == [1, 2]


@pytest.mark.parametrize("training", [True, False])
def test_edge_the_mode_is_kept_when_reading_fails(training):
    def breaks(tokens: Tensor) -> Tensor:
        raise ArithmeticError("no scores")

    model = Scripted(breaks).train(training)
    with pytest.raises(ArithmeticError, match="no scores"):
        generate(model, [1], 1)
    assert model.modes == {False}
    assert model.training is training


def test_equivalence_inside_a_readers_own_autocast_the_text_is_of_the_present_whole_weights():
    model, kinds = decoder().eval(), set()
    model.register_forward_hook(lambda _, __, logits: kinds.add(logits.dtype))
    with torch.autocast("cpu", torch.bfloat16):
        model(torch.tensor([[1]])).sum().backward()  # from here on it keeps these weights in 16 bits
        kinds.clear()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(-1)
        inside = generate(model, [1], 30, generator=seeded())
    assert inside == generate(model, [1], 30, generator=seeded())
    assert kinds == {torch.float32}
