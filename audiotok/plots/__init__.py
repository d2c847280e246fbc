"""From arrays and tables to figures."""
