"""The experiment: a neutral sentence said in dealt moods, and who could tell them."""
