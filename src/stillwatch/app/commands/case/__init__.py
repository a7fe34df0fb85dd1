"""Work cases: freeze a campaign's evidence, note, decide with reasons, give a report to others.

Example: `stillwatch case open c-5e1fa0b7 results`, then `stillwatch case show c-5e1fa0b7`
"""
