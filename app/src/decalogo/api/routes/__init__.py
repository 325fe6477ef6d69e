"""One module per kind of resource; a route parses, calls and answers."""
