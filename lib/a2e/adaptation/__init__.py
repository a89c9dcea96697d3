"""See the part's pages in ``chapters/adaptation``."""
