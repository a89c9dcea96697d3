"""Checkers for the page objectives/causal."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from a2e.check.base import CheckFailed, checker, require

TABLE = {"<s>": {"a": 0.5, "b": 0.5}, "a": {"b": 0.25, "c": 0.75}, "b": {"a": 0.1, "c": 0.9}, "c": {"a": 1.0}}


@checker
def sentence_likelihood(answer: Callable[[Mapping[str, Mapping[str, float]], Sequence[str]], float]) -> str:
    """Check a function that scores a sentence under a bigram table."""
    right = math.log(0.5) + math.log(0.75) + math.log(1.0) + math.log(0.25)
    value = float(answer(TABLE, ["<s>", "a", "c", "a", "b"]))
    for wrong, cause in (
        (math.exp(right), "that is the probability: take the logarithm of each factor and add"),
        (-right, "the sign is wrong: the logarithm of a probability is at most 0"),
        (right / math.log(2), "that is in bits: the natural logarithm gives nats"),
        (right / 4, "that is the mean per token: the log-likelihood of a sentence is the sum"),
        (right - math.log(0.5), "the first pair, from <s> to the first word, was left out"),
        (right - math.log(0.25), "the last pair was left out"),
    ):
        require(abs(value - wrong) > 1e-6, f"the result is {value:.3f}, not {right:.3f}: {cause}")
    require(
        abs(value - right) < 1e-6,
        f"the result is {value:.3f}, not {right:.3f}: is it the sum of log p(word | word before)?",
    )
    for sentence in (["<s>", "a", "a", "b"], ["<s>", "d", "a"]):
        try:
            value = float(answer(TABLE, sentence))
        except KeyError as missing:
            raise CheckFailed(
                f"{' '.join(sentence)} stops with KeyError {missing}: the first word may have no entry, "
                "or its entry may lack the second; such a pair has probability zero"
            ) from None
        require(
            value == -math.inf,
            f"{' '.join(sentence)} holds a pair that is not in the table and gets {value:.3f}, not -inf: "
            "a missing pair has probability zero",
        )
    require(answer(TABLE, ["<s>"]) == 0, "a sentence without words predicts nothing: its log-likelihood is 0")
    return "the sentence scores agree with the hand calculation, and an uncounted pair is impossible"


@checker
def loss_gradient(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Check the gradient of the mean cross-entropy, written without autograd, against autograd."""
    logits = torch.tensor(
        [[2.0, 1.0, 0.0, -1.0], [0.5, 0.5, 3.0, 0.0], [0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0]]
    )
    targets = torch.tensor([0, 3, -100, 1])
    result = answer(logits.clone(), targets.clone())
    require(
        isinstance(result, Tensor) and result.shape == logits.shape,
        f"the result is {_name(result)}, not a tensor of shape (4, 4): one slope for every logit",
    )
    leaf = logits.clone().requires_grad_()
    (right,) = torch.autograd.grad(F.cross_entropy(leaf, targets), leaf)
    sums = result.sum(dim=-1)
    for wrong, cause in (
        (-right, "every sign is turned: predicted probability minus what came"),
        (3 * right, "it is that of the sum: divide by the number of positions that count"),
        (right * 3 / 4, "it was divided by 4 positions, of which one is ignored: divide by 3"),
    ):
        require(not torch.allclose(result, wrong, atol=1e-5), f"the gradient is not autograd's: {cause}")
    require(
        result[2].abs().max() < 1e-6,
        f"the position with target -100 has slopes up to {result[2].abs().max():.3f}, not 0: "
        "it does not count",
    )
    require(
        sums.abs().max() < 1e-5,
        f"a row sums to {sums[sums.abs().argmax()]:.3f}, not 0: was the one-hot vector of the target "
        "taken off the softmax over the vocabulary?",
    )
    require(
        torch.allclose(result, right, atol=1e-5),
        "the gradient is not autograd's although rows sum to 0: is the 1 taken off at the target's place?",
    )
    return "the gradient equals autograd's, and ignored positions push nothing"


@checker
def padded_targets(answer: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> str:
    """Check the shift of a padded batch in which the padding token also ends each text."""
    tokens = torch.tensor([[5, 6, 7, 0, 0, 0], [8, 9, 8, 9, 8, 0], [4, 0, 0, 0, 0, 0]])
    lengths = torch.tensor([4, 6, 2])  # each text ends with one real 0
    result = answer(tokens.clone(), lengths.clone())
    require(
        isinstance(result, tuple | list)
        and len(result) == 2
        and all(isinstance(part, Tensor) for part in result),
        f"the result is {_name(result)}: return two tensors, inputs and targets",
    )
    inputs, targets = result
    for name, part in (("inputs", inputs), ("targets", targets)):
        require(
            part.shape == (3, 5),
            f"{name} has shape {tuple(part.shape)}, not (3, 5): 6 tokens make 5 questions",
        )
    require(
        torch.equal(inputs, tokens[:, :-1]),
        f"the first row of inputs is {inputs[0].tolist()}, not {tokens[0, :-1].tolist()}: "
        "the inputs are all tokens but the last",
    )
    require(
        not torch.equal(targets[1], inputs[1]),
        f"the second text asks for {targets[1].tolist()} after reading {inputs[1].tolist()}: the targets are "
        "not shifted, and the model would learn to copy",
    )
    require(
        targets[0, 2] != -100 and targets[1, 4] != -100 and targets[2, 0] != -100,
        "a real token at the end of a text was ignored: lengths say what is padding, the value 0 does not",
    )
    padding = targets[torch.arange(1, 6) >= lengths[:, None]]
    require(
        (padding == -100).all(),
        f"padding has targets {sorted(set(padding.tolist()))}, not only -100: the target at t is token t + 1 "
        "and it is padding once t + 1 reaches the length",
    )
    expected = tokens[:, 1:].masked_fill(torch.arange(1, 6) >= lengths[:, None], -100)
    for text, (given, wanted) in enumerate(zip(targets.tolist(), expected.tolist(), strict=True), start=1):
        require(
            given == wanted,
            f"the targets of text {text} are {given}, not {wanted}: "
            "the token one step later at every real position",
        )
    return "targets are one step ahead, and only padding is ignored"


@checker
def leaderboard(answer: Callable[[Mapping[str, tuple[float, int]], str], tuple[str, float]]) -> str:
    """Check a comparison of models by bits per byte, on a text whose characters are not one byte each."""
    text = "日本語のテキスト: déjà vu"
    size, characters = len(text.encode()), len(text)
    reports = {"characters": (3.5, characters), "pieces": (4.5, 12), "bytes": (1.6, size)}
    bits = {name: nats * tokens / size / math.log(2) for name, (nats, tokens) in reports.items()}
    result = answer(reports, text)
    require(
        isinstance(result, tuple | list) and len(result) == 2,
        f"the result is {_name(result)}: return the name and its bits per byte",
    )
    require(isinstance(result[0], str), f"the result begins with {_name(result[0])}: return the name first")
    name, value = str(result[0]), float(result[1])
    require(
        name != "bytes",
        "the winner is 'bytes', which has the lowest loss per token but many tokens: multiply by them",
    )
    require(name == "pieces", f"the winner is {name!r}, not 'pieces': least bits for the whole text wins")
    right = bits["pieces"]
    for wrong, cause in (
        (right * math.log(2), "that is in nats: divide by log 2"),
        (
            right * size / characters,
            f"that is per character: the text has {characters} characters, {size} bytes",
        ),
        (right * size, "that is for the whole text: divide by its bytes"),
        (4.5 / math.log(2), "that is bits per token: multiply by tokens, divide by bytes"),
    ):
        require(
            abs(value - wrong) > 1e-6, f"the winner has {value:.3f}, not {right:.3f} bits per byte: {cause}"
        )
    require(abs(value - right) < 1e-6, f"the winner has {value:.3f}, not {right:.3f} bits per byte")
    ascii_name, ascii_value = answer({"a": (1.0, 4), "b": (2.0, 1)}, "four")
    require(
        ascii_name == "b" and abs(ascii_value - 0.5 / math.log(2)) < 1e-6,
        f"for two reports on the text 'four' the answer is {ascii_name!r} with {ascii_value:.3f}, "
        "not 'b' with 0.721: does the result depend on the arguments alone?",
    )
    return "models are ranked by bits per byte of UTF-8"


def _name(result: object) -> str:
    """Describe ``result`` in a few words."""
    if isinstance(result, Tensor):
        return f"a tensor of shape {tuple(result.shape)}"
    return f"a {type(result).__name__}"
