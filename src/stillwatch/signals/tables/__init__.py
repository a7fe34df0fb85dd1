"""The tables that signals read: sketches, holdings, activity, facts, frames."""
