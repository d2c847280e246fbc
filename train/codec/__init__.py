"""The speech codec: what trains it, what it learns, and what it is worth."""
