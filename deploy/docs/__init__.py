"""Documents generated from the declarations in the code; ``make docs`` writes them all."""
