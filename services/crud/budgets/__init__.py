"""The budgets of productions, and what work on them took."""
