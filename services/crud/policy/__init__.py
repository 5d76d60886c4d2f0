"""Rules of the studio's records, and who reaches which production."""
