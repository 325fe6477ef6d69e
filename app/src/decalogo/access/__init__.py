"""Access control: tokens with tiers and scopes, browser sessions, join tokens of remote hosts."""
