"""How the use of selected tokens goes with what phoneticians measure of a voice."""
