"""Accounts, passwords, tokens, second factors: what proves who is calling."""
