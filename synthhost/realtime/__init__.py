"""What is special about compiled code: vector values, operators, atomics, and the image they are built into."""
