"""One Transformer block: attention mixes the positions, the feed-forward network works on each alone."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from a2e.shapes import checked
from a2e.transformer.configurations import Configuration
from a2e.transformer.layers import FeedForward, LayerNorm
from a2e.transformer.multi_head import MultiHeadAttention


class Block(nn.Module):
    """Attention and feed-forward, each added to its input (a residual), each with a layer norm.

    With ``norm_first`` the norm stands before the sublayer and the residual path stays untouched (GPT-2);
    without it, after the sum (Vaswani et al. 2017, BERT).
    """

    @checked
    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        c = configuration
        self.d_model, self.n_heads, self.norm_first = c.d_model, c.n_heads, c.norm_first
        self.attention = MultiHeadAttention(c.d_model, c.n_heads, c.dropout, rotary=c.positions == "rotary")
        self.feed_forward = FeedForward(c.d_model, c.d_ff, c.activation, c.dropout)
        self.attention_norm = LayerNorm(c.d_model, c.norm_eps)
        self.feed_forward_norm = LayerNorm(c.d_model, c.norm_eps)

    @checked
    def forward(
        self,
        x: Float[Tensor, "batch time {self.d_model}"],
        mask: Bool[Tensor, "#batch #{self.n_heads} #time time"] | None = None,
    ) -> Float[Tensor, "batch time {self.d_model}"]:
        """Return the residual stream ``x`` one block later; ``mask`` is True where a position may look."""
        if self.norm_first:
            x = x + self.attention(self.attention_norm(x), mask)
            return x + self.feed_forward(self.feed_forward_norm(x))
        x = self.attention_norm(x + self.attention(x, mask))
        return self.feed_forward_norm(x + self.feed_forward(x))
