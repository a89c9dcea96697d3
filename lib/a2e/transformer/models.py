"""Whole models from one set of blocks: a decoder predicts the next token, an encoder reads both ways."""

import math

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor, nn

from a2e.shapes import Count, Positive, check_ids, checked, refuse
from a2e.transformer.attention import causal_mask, padding_mask
from a2e.transformer.blocks import Block
from a2e.transformer.configurations import Configuration
from a2e.transformer.layers import LayerNorm, activate
from a2e.transformer.positions import LearnedPositions


@checked
def initialise(model: nn.Module, n_layers: Count, std: Positive = 0.02) -> None:
    """Set GPT-2's initial values: normal weights, zero biases, and the last layer of each sublayer smaller.

    Each block adds to the stream twice; dividing those by sqrt(2 n_layers) keeps the sum's variance from
    growing with depth. Radford et al. (2019, sec. 2.3) divide by sqrt(N), N the residual layers; that there
    are two in each block, and 0.02, is how their published code has been read.
    """
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2:
            continue  # norms keep their ones and zeros
        last = name.endswith(("attention.output.weight", "feed_forward.down.weight"))
        nn.init.normal_(parameter, std=std / math.sqrt(2 * n_layers) if last else std)
    for module in model.modules():
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


def _known(tokens: Tensor, configuration: Configuration) -> Tensor:
    """Return ``tokens`` as the 64-bit ids that an embedding reads; ValueError for ids unknown to it."""
    c, time = configuration, tokens.shape[-1]
    refuse(not 1 <= time <= c.max_length, f"tokens is {time} long: give 1 to max_length={c.max_length}")
    check_ids(c.vocab_size, tokens=tokens)
    return tokens.long()


class Decoder(nn.Module):
    """A causal language model: position t sees tokens 0 to t and scores every candidate for token t + 1.

    The output layer is the embedding matrix again, transposed (tied weights, Press and Wolf 2017). With
    ``norm_first`` a last norm follows the blocks (GPT-2); without it the last block's own norm is the last
    (GPT-1). A decoder reads no segments.

    >>> tiny = Configuration(vocab_size=10, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)
    >>> Decoder(tiny)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 10])
    """

    @checked
    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        c = self.configuration = configuration
        refuse(c.n_segments > 0, f"n_segments is {c.n_segments}: give 0 to a Decoder, or take an Encoder")
        self.embedding = nn.Embedding(c.vocab_size, c.d_model)
        self.positions = LearnedPositions(c.max_length, c.d_model) if c.positions == "learned" else None
        self.dropout = nn.Dropout(c.dropout)
        self.blocks = nn.ModuleList([Block(c) for _ in range(c.n_layers)])
        self.norm = LayerNorm(c.d_model, c.norm_eps) if c.norm_first else nn.Identity()
        initialise(self, c.n_layers)

    @checked
    def hidden(self, tokens: Integer[Tensor, "batch time"]) -> Float[Tensor, "batch time d_model"]:
        """Return the vector of each position after all blocks, before it is turned into scores."""
        x = self.embedding(_known(tokens, self.configuration))  # (batch, time, d_model)
        if self.positions is not None:
            x = x + self.positions(tokens.shape[1])
        x = self.dropout(x)
        mask = causal_mask(tokens.shape[1])[None, None].to(tokens.device)  # (1, 1, time, time)
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x)

    @checked
    def forward(self, tokens: Integer[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Return logits: an unnormalised score for every token of the vocabulary, at every position."""
        return self.hidden(tokens) @ self.embedding.weight.T


class Encoder(nn.Module):
    """A bidirectional encoder (BERT, Devlin et al. 2019): every position sees every token that is present.

    >>> tiny = Configuration(vocab_size=10, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)
    >>> Encoder(tiny)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 8])
    """

    @checked
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

    @checked
    def embed(
        self, tokens: Integer[Tensor, "batch time"], segments: Integer[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch time d_model"]:
        """Return the sum of token, position and segment vectors, normalised where the norm comes last (BERT).

        Without ``segments`` every token belongs to segment 0.
        """
        x = self.embedding(_known(tokens, self.configuration))  # (batch, time, d_model)
        if self.positions is not None:
            x = x + self.positions(tokens.shape[1])
        if segments is not None:
            check_ids(self.configuration.n_segments, segments=segments)
        if self.segments is not None:
            x = x + self.segments(torch.zeros_like(tokens).long() if segments is None else segments.long())
        return self.dropout(x if self.configuration.norm_first else self.norm(x))

    @checked
    def forward(
        self,
        tokens: Integer[Tensor, "batch time"],
        segments: Integer[Tensor, "batch time"] | None = None,
        present: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch time d_model"]:
        """Return a vector for each position; ``present`` is False at padding, which nobody may look at."""
        x = self.embed(tokens, segments)
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

    @checked
    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        c = self.configuration = configuration
        self.encoder = Encoder(c)
        self.transform = nn.Linear(c.d_model, c.d_model)
        self.transform_norm = LayerNorm(c.d_model, c.norm_eps)
        self.bias = nn.Parameter(torch.zeros(c.vocab_size))
        nn.init.normal_(self.transform.weight, std=0.02)
        nn.init.zeros_(self.transform.bias)

    @checked
    def score(
        self, hidden: Float[Tensor, "*batch {self.configuration.d_model}"]
    ) -> Float[Tensor, "*batch vocab"]:
        """Return logits over the vocabulary from encoder vectors, through the tied embedding matrix."""
        x = self.transform_norm(activate(self.transform(hidden), self.configuration.activation))
        return x @ self.encoder.embedding.weight.T + self.bias

    @checked
    def forward(
        self,
        tokens: Integer[Tensor, "batch time"],
        segments: Integer[Tensor, "batch time"] | None = None,
        present: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch time vocab"]:
        """Return logits at every position; the loss then counts only those that were masked."""
        return self.score(self.encoder(tokens, segments, present))
