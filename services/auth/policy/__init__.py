"""Rules of persons and of the organisation."""
