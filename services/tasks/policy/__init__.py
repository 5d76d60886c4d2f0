"""What each role of a production sees and may do, kind by kind, and who the people are."""
