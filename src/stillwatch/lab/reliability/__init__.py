"""How far the probabilities of groups hold: of those called 20% likely, is a fifth a harvest?"""
