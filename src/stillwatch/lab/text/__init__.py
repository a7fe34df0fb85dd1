"""Text of simulated traffic: frames, fillings, answers, and the clients that send them."""
