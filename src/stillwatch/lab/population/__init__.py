"""Who sends requests, from where, when and how: accounts, their streams of requests,
and the exchanges made of them.
"""
