"""Rules of people's records and of the studio's own."""
