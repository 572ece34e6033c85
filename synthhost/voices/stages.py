"""The stages of a voice's life."""

FREE, HELD, PEDALLED, RELEASED, FADING = 0, 1, 2, 3, 4
