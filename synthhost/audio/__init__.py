"""Ways out: JACK, PortAudio, a virtual device, files. Each calls the same compiled engine."""
