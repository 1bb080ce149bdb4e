"""Counts and levels to test."""

from hypothesis import strategies as st

counts = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=6)
levels = st.floats(1e-4, 0.6)
