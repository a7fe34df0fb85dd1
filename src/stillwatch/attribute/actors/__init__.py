"""Who may be behind a campaign: actor profiles, what of them a campaign shows, and how sure that makes anybody."""
