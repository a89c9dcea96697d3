"""Whole models from one set of blocks: a decoder predicts the next token, an encoder reads both ways."""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from a2e.transformer.attention import causal_mask, padding_mask
from a2e.transformer.blocks import Block
from a2e.transformer.configurations import Configuration
from a2e.transformer.layers import LayerNorm, activate
from a2e.transformer.positions import LearnedPositions


def initialise(model: nn.Module, n_layers: int, std: float = 0.02) -> None:
    """GPT-2's initialisation: normal weights, zero biases, and the last layer of each sublayer smaller.

    Each block adds to the stream twice; dividing those by sqrt(2 n_layers) keeps the sum's variance from
    growing with depth (Radford et al. 2019, sec. 2.3).
    """
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2:
            continue  # norms and biases keep their ones and zeros
        last = name.endswith(("attention.output.weight", "feed_forward.down.weight"))
        nn.init.normal_(parameter, std=std / math.sqrt(2 * n_layers) if last else std)
    for module in model.modules():
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


def check_tokens(tokens: Tensor, configuration: Configuration) -> None:
    """Refuse what would otherwise end in an index error deep inside, or in a silent wrong answer."""
    _check_ids("tokens", tokens)
    if tokens.numel() == 0:
        raise ValueError(f"tokens has shape {tuple(tokens.shape)} and holds nothing: give at least one token")
    if tokens.shape[-1] > configuration.max_length:
        raise ValueError(
            f"tokens has {tokens.shape[-1]} positions and the model's max_length is "
            f"{configuration.max_length}: cut the sequence, or build a model with a larger max_length"
        )
    low, high = int(tokens.min()), int(tokens.max())
    if low < 0 or high >= configuration.vocab_size:
        raise ValueError(
            f"tokens holds ids from {low} to {high} and the model knows 0 to {configuration.vocab_size - 1}: "
            "encode with the tokenizer that the model was built for"
        )


def check_segments(segments: Tensor, tokens: Tensor, n_segments: int) -> None:
    """Refuse segments that the encoder has no table for, or that do not say one thing of each token."""
    if not n_segments:
        raise ValueError("segments were given and the configuration has n_segments=0: set n_segments=2")
    _check_ids("segments", segments)
    _check_beside("segments", segments, tokens)
    low, high = int(segments.min()), int(segments.max())
    if low < 0 or high >= n_segments:
        raise ValueError(
            f"segments holds {low} to {high}: with n_segments={n_segments} take 0 to {n_segments - 1}"
        )


def check_present(present: Tensor, tokens: Tensor) -> None:
    """Refuse a padding table that is not one boolean for each token."""
    if present.dtype != torch.bool:
        raise ValueError(f"present holds {present.dtype}: give booleans, True for a real token")
    _check_beside("present", present, tokens)


def _check_ids(name: str, ids: Tensor) -> None:
    if ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool:
        raise ValueError(f"{name} holds {ids.dtype}: give integers, for example {name}.long()")
    if ids.dim() != 2:
        raise ValueError(f"{name} has shape {tuple(ids.shape)}: give (batch, time), a row a sequence")


def _check_beside(name: str, given: Tensor, tokens: Tensor) -> None:
    if given.shape != tokens.shape:
        raise ValueError(
            f"{name} has shape {tuple(given.shape)} and tokens {tuple(tokens.shape)}: give one for each token"
        )


class Decoder(nn.Module):
    """A causal language model: position t sees tokens 0 to t and scores every candidate for token t + 1.

    The output layer is the embedding table again, used backwards (tied weights, Press and Wolf 2017).

    >>> tiny = Configuration(vocab_size=10, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)
    >>> Decoder(tiny)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 10])
    """

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        c = self.configuration = configuration
        self.embedding = nn.Embedding(c.vocab_size, c.d_model)
        self.positions = LearnedPositions(c.max_length, c.d_model) if c.positions == "learned" else None
        self.dropout = nn.Dropout(c.dropout)
        self.blocks = nn.ModuleList([Block(c) for _ in range(c.n_layers)])
        self.norm = LayerNorm(c.d_model, c.norm_eps)
        initialise(self, c.n_layers)

    def hidden(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time d_model"]:
        """The vector of each position after all blocks, before it is turned into scores."""
        check_tokens(tokens, self.configuration)
        x = self.embedding(tokens)  # (batch, time, d_model)
        if self.positions is not None:
            x = x + self.positions(tokens.shape[1])
        x = self.dropout(x)
        mask = causal_mask(tokens.shape[1]).to(tokens.device)
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits: an unnormalised score for every token of the vocabulary, at every position."""
        return self.hidden(tokens) @ self.embedding.weight.T


class Encoder(nn.Module):
    """A bidirectional encoder (BERT, Devlin et al. 2019): every position sees every token that is present.

    >>> tiny = Configuration(vocab_size=10, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)
    >>> Encoder(tiny)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        c = self.configuration = configuration
        self.embedding = nn.Embedding(c.vocab_size, c.d_model)
        self.positions = LearnedPositions(c.max_length, c.d_model) if c.positions == "learned" else None
        self.segments = nn.Embedding(c.n_segments, c.d_model) if c.n_segments else None
        self.norm = LayerNorm(c.d_model, c.norm_eps)
        self.dropout = nn.Dropout(c.dropout)
        self.blocks = nn.ModuleList([Block(c) for _ in range(c.n_layers)])
        initialise(self, c.n_layers)

    def embed(
        self, tokens: Int[Tensor, "batch time"], segments: Int[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch time d_model"]:
        """The sum of token, position and segment vectors, normalised where the norm comes last (BERT)."""
        check_tokens(tokens, self.configuration)
        if segments is not None:
            check_segments(segments, tokens, self.configuration.n_segments)
        x = self.embedding(tokens)  # (batch, time, d_model)
        if self.positions is not None:
            x = x + self.positions(tokens.shape[1])
        if self.segments is not None:
            x = x + self.segments(torch.zeros_like(tokens) if segments is None else segments)
        return self.dropout(x if self.configuration.norm_first else self.norm(x))

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"] | None = None,
        present: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch time d_model"]:
        """A vector for each position; ``present`` is False at padding, which nobody may look at."""
        x = self.embed(tokens, segments)
        if present is not None:
            check_present(present, tokens)
        mask = None if present is None else padding_mask(present)
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x) if self.configuration.norm_first else x


class MaskedLanguageModel(nn.Module):
    """An encoder with BERT's head: it scores, at every position, which token stands there.

    >>> tiny = Configuration(vocab_size=10, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)
    >>> MaskedLanguageModel(tiny)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 10])
    """

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        c = self.configuration = configuration
        self.encoder = Encoder(c)
        self.transform = nn.Linear(c.d_model, c.d_model)
        self.transform_norm = LayerNorm(c.d_model, c.norm_eps)
        self.bias = nn.Parameter(torch.zeros(c.vocab_size))
        nn.init.normal_(self.transform.weight, std=0.02)
        nn.init.zeros_(self.transform.bias)

    def score(self, hidden: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        """Logits over the vocabulary from encoder vectors, through the tied embedding table."""
        x = self.transform_norm(activate(self.transform(hidden), self.configuration.activation))
        return x @ self.encoder.embedding.weight.T + self.bias

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"] | None = None,
        present: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch time vocab"]:
        """Logits at every position; the loss then counts only those that were masked."""
        return self.score(self.encoder(tokens, segments, present))
