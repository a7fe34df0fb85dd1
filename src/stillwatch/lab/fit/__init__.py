"""Distributions of real traffic: fitted to public traces by maintainers, drawn from by the simulator."""
