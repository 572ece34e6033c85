"""The engine: memory, programs, rendering on a grid of 32 frames, mixing, commands in and used memory out."""
