"""What a request passes before it reaches a route, one ASGI layer a file: who may ask, how much, and for how long.

`stack.py` says in which order. No layer knows a model.
"""
