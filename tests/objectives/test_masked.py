"""The masked objective against Hugging Face's collator and loss, and against its own arithmetic."""

import math
from typing import Any

import pytest
import torch
from a2e.objectives.masked import IGNORED, is_special, mask_tokens, masked_cross_entropy
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from torch.nn import functional as F

SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[MASK]"]
PAD, CLS, SEP, MASK = range(4)
VOCAB = 20


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mask(tokens, seed=0, **options):
    settings: dict[str, Any] = {"mask_token": MASK, "vocab_size": VOCAB, "special_tokens": range(4)} | options
    return mask_tokens(tokens, **{"generator": generator(seed)} | settings)


def sentences(rows: int, time: int, seed: int = 0) -> torch.Tensor:
    tokens = torch.randint(4, VOCAB, (rows, time), generator=generator(seed))
    tokens[:, 0], tokens[:, -2], tokens[:, -1] = CLS, SEP, PAD
    return tokens


def within(count: int, trials: int, probability: float) -> bool:
    """Is a count within 5 standard deviations of its binomial mean? Chance fails 1 in 1.7 million."""
    deviation = math.sqrt(trials * probability * (1 - probability))
    return abs(count - trials * probability) <= 5 * deviation


@pytest.fixture(scope="module")
def collator():
    transformers = pytest.importorskip("transformers")
    words = {word: i for i, word in enumerate(SPECIAL + [f"w{i}" for i in range(VOCAB - 4)])}
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(words, unk_token="[PAD]")),
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    return transformers.DataCollatorForLanguageModeling(tokenizer)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [(0.15, 0.8, 0.1), (0.4, 0.5, 0.5), (0.3, 1.0, 0.0), (0.2, 0.0, 0.6)])
def test_masking_matches_hugging_face_collator(collator, seed, shares):
    """Oracle: the same draws, so the same inputs and targets for the same seed."""
    rate, mask_share, random_share = shares
    collator.mlm_probability, collator.mask_replace_prob, collator.random_replace_prob = shares
    collator.generator = generator(seed)
    tokens = sentences(16, 32, seed)
    expected_inputs, expected_targets = collator.torch_mask_tokens(tokens.clone())
    inputs, targets = mask(tokens, seed, rate=rate, mask_share=mask_share, random_share=random_share)
    assert torch.equal(inputs, expected_inputs)
    assert torch.equal(targets, expected_targets)


def test_masking_has_hugging_face_frequencies(collator):
    """Oracle: other seeds than the collator's, the same frequency of each outcome within its error."""
    collator.mlm_probability, collator.mask_replace_prob, collator.random_replace_prob = 0.15, 0.8, 0.1
    collator.generator = generator(99)
    tokens = sentences(2000, 64)
    ours, theirs = mask(tokens, seed=1), collator.torch_mask_tokens(tokens.clone())
    trials = int((~is_special(tokens, range(4))).sum())
    for outcome in (
        lambda inputs, targets: targets != IGNORED,
        lambda inputs, targets: (targets != IGNORED) & (inputs == MASK),
        lambda inputs, targets: (targets != IGNORED) & (inputs == targets),
    ):
        one, other = int(outcome(*ours).sum()), int(outcome(*theirs).sum())
        share = (one + other) / (2 * trials)
        assert abs(one - other) <= 5 * math.sqrt(2 * trials * share * (1 - share))


def test_shares_are_exact_in_expectation():
    """Property: 80/10/10 as a binomial; a random word may by chance be [MASK] or the true token."""
    tokens = sentences(4000, 64)
    inputs, targets = mask(tokens)
    ordinary, chosen = int((~is_special(tokens, range(4))).sum()), targets != IGNORED
    n = int(chosen.sum())
    assert within(n, ordinary, 0.15)
    assert within(int((inputs[chosen] == MASK).sum()), n, 0.8 + 0.1 / VOCAB)
    assert within(int((inputs[chosen] == tokens[chosen]).sum()), n, 0.1 + 0.1 / VOCAB)
    random = chosen & (inputs != MASK) & (inputs != tokens)
    assert within(int(random.sum()), n, 0.1 * (VOCAB - 2) / VOCAB)
    assert set(inputs[random].tolist()) == set(range(VOCAB)) - {MASK}  # any token at all


def test_positions_are_chosen_on_their_own():
    """Property: knowing that one position was chosen says nothing about the next one."""
    _, targets = mask(torch.full((20_000, 2), 5))
    both = int((targets != IGNORED).all(dim=1).sum())
    assert within(both, 20_000, 0.15**2)


@given(
    tokens=st.lists(st.lists(st.integers(0, VOCAB - 1), min_size=6, max_size=6), min_size=1, max_size=4),
    rate=st.floats(0, 1),
    mask_share=st.floats(0, 1),
    seed=st.integers(0, 2**31),
)
def test_inputs_and_targets_hold_together(tokens, rate, mask_share, seed):
    """Property: a token not chosen is not changed, a target is the true token, special tokens stay."""
    tokens = torch.tensor(tokens)
    before = tokens.clone()
    inputs, targets = mask(tokens, seed, rate=rate, mask_share=mask_share, random_share=(1 - mask_share) / 2)
    chosen = targets != IGNORED
    assert torch.equal(tokens, before)
    assert torch.equal(inputs[~chosen], tokens[~chosen])
    assert torch.equal(targets[chosen], tokens[chosen])
    assert not (chosen & is_special(tokens, range(4))).any()
    assert bool(((inputs >= 0) & (inputs < VOCAB)).all())


def test_equal_seeds_give_equal_masks():
    """Equivalence: the generator alone decides."""
    tokens = sentences(8, 32)
    for one, other in zip(mask(tokens, seed=3), mask(tokens, seed=3), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(mask(tokens, seed=3)[1], mask(tokens, seed=4)[1])


@pytest.mark.parametrize("tokens", [[[CLS, SEP, PAD]], [[7]], [[7, 8, 9]], []])
def test_edge_nothing_is_chosen(tokens):
    """Edge: a rate of 0, special tokens alone, no token: inputs are the tokens, the loss is refused."""
    tokens = torch.tensor(tokens, dtype=torch.int64).reshape(len(tokens), len(tokens[0]) if tokens else 0)
    inputs, targets = mask(tokens, rate=0.0)
    assert torch.equal(inputs, tokens)
    assert bool((targets == IGNORED).all())
    with pytest.raises(ValueError, match="targets is ignore_index=-100 everywhere"):
        masked_cross_entropy(torch.zeros(*tokens.shape, VOCAB), targets)


def test_edge_all_special_even_at_rate_one():
    tokens = torch.tensor([[CLS, MASK, SEP, PAD]])
    inputs, targets = mask(tokens, rate=1.0)
    assert torch.equal(inputs, tokens)
    assert bool((targets == IGNORED).all())


def test_edge_length_one_and_rate_one():
    inputs, targets = mask(torch.tensor([9]), rate=1.0, mask_share=1.0, random_share=0.0)
    assert inputs.tolist() == [MASK]
    assert targets.tolist() == [9]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": -0.1}, "rate is -0.1"),
        ({"rate": 15.0}, "rate is 15"),
        ({"rate": math.nan}, "rate is nan"),
        ({"mask_share": 1.2}, "mask_share is 1.2"),
        ({"random_share": 0.3}, "mask_share \\+ random_share is 1.1"),
        ({"mask_token": VOCAB}, "mask_token is 20: give ids from 0 to 19"),
        (
            {"special_tokens": [0, -1]},
            r"special_tokens is \[0, -1\]: give a list, each item a whole number of at least 0",
        ),
        ({"vocab_size": 0}, "vocab_size is 0"),
        ({"rate": True}, "rate is True: give a number from 0 to 1"),
        ({"mask_token": 1.5}, "mask_token is 1.5: give a whole number"),
        ({"special_tokens": [0.5]}, r"special_tokens is \[0.5\]: give"),
        ({"generator": None}, "generator is None: give a Generator"),
        ({"vocab_size": 8}, "tokens is from 0 to 19: give ids from 0 to 7"),
    ],
)
def test_edge_bad_input_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        mask(torch.tensor([[CLS, 19, SEP, PAD]]), **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool])
def test_edge_tokens_that_are_no_integers_are_refused(dtype):
    with pytest.raises(ValueError, match=r"tokens is a .* give an integer tensor"):
        mask(torch.ones(1, 4, dtype=dtype))


def test_loss_matches_torch():
    """Oracle: torch's cross_entropy with ignore_index."""
    logits = torch.randn(3, 8, VOCAB, generator=generator())
    _, targets = mask(sentences(3, 8), rate=0.5)
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)
    torch.testing.assert_close(masked_cross_entropy(logits, targets), expected)


def test_loss_matches_hugging_face_bert():
    """Oracle: the loss that BertForMaskedLM reports for the same inputs and targets."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    bert = transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=VOCAB, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        )
    ).eval()
    inputs, targets = mask(sentences(4, 16), rate=0.3)
    with torch.no_grad():
        output = bert(input_ids=inputs, labels=targets)
    torch.testing.assert_close(masked_cross_entropy(output.logits, targets), output.loss)


def test_loss_ignores_positions_that_were_not_chosen():
    """Property: logits where nothing was chosen change neither the loss nor receive a gradient."""
    logits = torch.randn(2, 8, VOCAB, generator=generator(), requires_grad=True)
    _, targets = mask(sentences(2, 8), rate=0.4, seed=1)
    loss = masked_cross_entropy(logits, targets)
    loss.backward()
    chosen = targets != IGNORED
    assert logits.grad is not None
    assert bool((logits.grad[~chosen] == 0).all())
    assert bool((logits.grad[chosen] != 0).any())
    changed = logits.detach() + 100 * torch.randn(logits.shape) * ~chosen.unsqueeze(-1)
    torch.testing.assert_close(masked_cross_entropy(changed, targets), loss.detach())


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32])
def test_equivalence_tokens_of_any_integer_type(dtype):
    """In unsigned 8 bits -100, which marks what does not count, would be 156, a token."""
    tokens = torch.randint(5, 200, (4, 32), generator=generator())
    options: Any = dict(mask_token=MASK, vocab_size=256, special_tokens=[0], rate=0.3)
    expected = mask_tokens(tokens, generator=generator(), **options)
    for one, other in zip(
        mask_tokens(tokens.to(dtype), generator=generator(), **options), expected, strict=True
    ):
        assert torch.equal(one, other)
    logits = torch.randn(1, 2, 200)
    loss = masked_cross_entropy(logits, torch.tensor([[5, 156]]).to(dtype))
    torch.testing.assert_close(loss, F.cross_entropy(logits[0], torch.tensor([5, 156])))


def test_edge_specials_that_are_no_ids_are_refused():
    for special in ([1.5], [[1]], [True]):
        with pytest.raises(ValueError, match="special_tokens is"):
            is_special(torch.tensor([1, 2]), special)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tokens is a float32 tensor"):
        is_special(torch.tensor([1.5, 2.0]), [1])


def test_edge_shares_that_pass_one_by_rounding_are_no_error():
    tokens = sentences(4, 32)
    _, targets = mask(tokens, rate=1.0, mask_share=0.999, random_share=0.001 + 1e-9)
    assert torch.equal(targets, tokens.masked_fill(is_special(tokens, range(4)), IGNORED))
