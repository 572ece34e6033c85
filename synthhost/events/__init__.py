"""Events: what a key, a knob or a control surface says, when; and the rings they travel in."""
