"""The whole system on one machine, under one foreground supervisor: ``make run``."""
