"""E-mails: their texts, queue and delivery."""
