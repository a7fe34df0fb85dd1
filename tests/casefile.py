"""Rows of a case with a decision, as the case store keeps them."""

from __future__ import annotations

from stillwatch.model.records import Draft, Scope, Writing


def add_decision(store: Writing, campaign_id: str, *, number: int = 1) -> None:
    """A case about a campaign, and a decision in it, made now."""
    who = {"person": store.stamp.person, "role": store.stamp.role}
    case_id = f"case-{campaign_id}"
    if not store.rows("cases", case_id=case_id):
        case = {"case_id": case_id, "campaign_id": campaign_id, "opened_at": store.stamp.at} | who
        store.add("cases", [Draft(case, {"title": "test"}, Scope(case_id))], action="open case")
    decision = {
        "decision_id": f"decision-{number}",
        "case_id": case_id,
        "number": number,
        "kind": "confirm",
        "exhibits": 0,
        "evidence": "",
        "decided_at": store.stamp.at,
    }
    store.add("decisions", [Draft(decision | who, {"reason": "test"}, Scope(case_id))], action="decide")
