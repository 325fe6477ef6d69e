"""Signs to read a result with care: another kind of document, a wrong encoding, a copy of another document."""
