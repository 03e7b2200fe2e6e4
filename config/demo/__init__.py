"""The demo city (示范市): a fictional city with the published shape of the practice, generated from a seed."""
