"""Delivery of threshold crossings: states.py decides, outbox.py remembers, a target
delivers, run.py does all that in order."""
