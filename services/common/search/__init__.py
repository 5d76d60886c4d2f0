"""Full text search in a service's own rows, inside PostgreSQL.

Triggers keep ``search_entry`` in step with the rows, in the same transaction: a name to sort by,
and the words of each field (``database.frozen.v5``). ``search_word`` holds all words without
digits, by which typing errors are found. Accents and case are taken away on both sides by the same
SQL function.

A word in the index begins with the letters of its kind and its field, so the index alone finds the
assets whose name holds a word. Results are ranked: all words before fewer (the last are dropped
first), then fewer typing errors, words beside each other, the earlier field, the name.
"""
