"""The operators: each file is one module of synthesis, and importing this package registers them all."""
