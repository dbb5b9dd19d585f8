"""Training: the recipe, its data, the loop and the run folder."""
