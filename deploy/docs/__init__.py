"""Documents generated from the tables that declare things: ``make docs`` writes them all."""
