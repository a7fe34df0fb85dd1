"""How far attribution to actors holds, on simulated actors that share relays, imitate each other and change."""
