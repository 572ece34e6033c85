"""What compiled engine code needs and Python has no word for: atomics, addresses, calls out, denormals.

Each is a plain function in `realtime/machine.py`; here it becomes instructions.
"""
