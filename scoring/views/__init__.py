"""Pages of scoring: runs, and what explains them."""
