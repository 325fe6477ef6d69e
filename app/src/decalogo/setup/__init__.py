"""What `decalogo setup` makes once, at the first start: passwords, the first admin token, a certificate."""
