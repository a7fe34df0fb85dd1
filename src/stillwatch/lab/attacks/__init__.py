"""Campaigns: how a pool of accounts is made up and how it shares out a harvest."""
