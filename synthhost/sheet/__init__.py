"""Look at a patch and measure it: how it answers velocity, wheel, pressure and macros, how loud and how bright it is."""
