"""Dead letters: kept in a table, to be looked at, replayed and discarded."""
