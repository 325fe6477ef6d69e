"""What people say about the machine's answers: reviews, signatures, assignments, and what they teach about quality.

Reviews are data next to a result and never in it. Each document has one append-only journal in the artifact store.
"""
