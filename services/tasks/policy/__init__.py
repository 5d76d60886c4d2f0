"""Rights, memberships and rules over several rows, which the topics share."""
