"""A number of workers that follows the queue: a policy, the loop that applies it, and the gate to the engine."""
