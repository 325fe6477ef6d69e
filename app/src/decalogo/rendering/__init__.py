"""Pictures of PDF pages and the places of quotes on them, made by a process of its own."""
