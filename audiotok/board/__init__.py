"""The class board: rounds of many phones in one place, for as long as a lesson needs them."""
