"""Secrets that `decalogo setup` makes at the first start: passwords, the first admin token, a certificate."""
