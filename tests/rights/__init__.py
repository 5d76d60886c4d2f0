"""Every route as every kind of person, compared with what the policies say they may."""
