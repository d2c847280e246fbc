"""Pure functions from a prediction to sentences, arrays and tables."""
