"""When a group moved: to a new model or to new frames at a release, or back to a laxer model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.engine import Tables

Ints = NDArray[np.int64]

DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class MoveSettings:
    """A pivot: the share `pivot` of a day's exchanges after a release go to that model, or the share `frames` of the
    `days` after it are in frames first used within that day. A retreat: the share `main` of the exchanges of `days`
    went to one model and of the next `days` to a laxer one: far more than a campaign that spreads over models shows by
    chance. Each side of a pivot needs `least` exchanges, of a retreat `least_moved`."""

    pivot: float = 0.3
    frames: float = 0.5
    main: float = 0.8
    days: int = 7
    least: int = 20
    least_moved: int = 50


Move = tuple[str, int, str]  # kind of phase, microseconds since 1970, what shows it


def moves(t: Tables, settings: MoveSettings | None = None) -> dict[int, list[Move]]:
    """Moves of each group, from `phase_exchanges` (group_id, template_id, ts, model_key) and `release_times`."""
    s = settings or MoveSettings()
    out: dict[int, list[Move]] = {}
    for group, move in (*_pivots(t, s), *_retreats(t, s)):
        out.setdefault(group, []).append(move)
    return out


def _pivots(t: Tables, s: MoveSettings) -> Iterator[tuple[int, Move]]:
    """Of each group the clearest pivot to a released model and the clearest one to new frames."""
    to_model = t.query(
        f"""
        SELECT group_id, epoch_us(released_at) AS at, share, model FROM (
            SELECT *, row_number() OVER (
                PARTITION BY group_id ORDER BY share DESC, released_at, model_key) AS best FROM (
                SELECT k.group_id, r.model_key, r.released_at, min(r.model) AS model,
                       avg(CASE WHEN k.model_key = r.model_key THEN 1.0 ELSE 0.0 END) AS share, count(*) AS n
                FROM phase_exchanges k
                JOIN release_times r ON k.ts >= r.released_at AND k.ts < r.released_at + INTERVAL 24 HOUR
                GROUP BY k.group_id, r.model_key, r.released_at
            ) AS shares WHERE share >= {s.pivot} AND n >= {s.least}
        ) AS ranked WHERE best = 1 ORDER BY group_id
        """
    )
    for row in to_model.to_pylist():
        said = f"{row['share']:.0%} of a day's exchanges went to {row['model']}, released that day"
        yield row["group_id"], ("pivot", row["at"], said)
    to_frames = t.query(
        f"""
        SELECT group_id, epoch_us(released_at) AS at, share, model FROM (
            SELECT *, row_number() OVER (PARTITION BY group_id ORDER BY share DESC, released_at, model) AS best FROM (
                SELECT k.group_id, r.released_at, min(r.model) AS model,
                       avg(CASE WHEN k.ts < r.released_at THEN NULL WHEN f.first >= r.released_at
                                 AND f.first < r.released_at + INTERVAL 24 HOUR THEN 1.0 ELSE 0.0 END) AS share,
                       sum(CASE WHEN k.ts < r.released_at THEN 1 ELSE 0 END) AS before,
                       sum(CASE WHEN k.ts < r.released_at THEN 0 ELSE 1 END) AS after
                FROM phase_exchanges k
                JOIN (SELECT group_id, template_id, min(ts) AS first FROM phase_exchanges
                      GROUP BY group_id, template_id) f
                  ON f.group_id = k.group_id AND f.template_id = k.template_id
                JOIN release_times r ON k.ts >= r.released_at - INTERVAL {s.days} DAY
                 AND k.ts < r.released_at + INTERVAL {s.days} DAY
                GROUP BY k.group_id, r.released_at
            ) AS shares WHERE share >= {s.frames} AND before >= {s.least} AND after >= {s.least}
        ) AS ranked WHERE best = 1 ORDER BY group_id
        """
    )
    for row in to_frames.to_pylist():
        said = f"{row['share']:.0%} of the week's exchanges fill frames first used the day {row['model']} came out"
        yield row["group_id"], ("pivot", row["at"], said)


@dataclass(frozen=True, slots=True)
class _Model:
    """What `releases` says of a model."""

    name: str
    released: int
    family: int | None
    safeguards: int | None


def _retreats(t: Tables, s: MoveSettings) -> Iterator[tuple[int, Move]]:
    """Of each group the clearest change to a laxer model."""
    known = _models(t)
    rows = t.numpy(
        """
        SELECT group_id, model_key, epoch_us(ts) // 86400000000 AS day, count(*) AS n FROM phase_exchanges
        WHERE model_key IS NOT NULL GROUP BY group_id, model_key, epoch_us(ts) // 86400000000
        ORDER BY group_id, day, model_key
        """
    )
    group, model, day, n = (np.asarray(rows[c], np.int64) for c in ("group_id", "model_key", "day", "n"))
    ids, first = np.unique(group, return_index=True)
    for at in np.split(np.arange(len(group)), first[1:]) if len(ids) else ():
        found = _retreat(day[at], model[at], n[at], known, s)
        if found is not None:
            yield int(group[at[0]]), found


def _models(t: Tables) -> dict[int, _Model]:
    rows = t.query(
        """
        SELECT model_key, epoch_us(released_at) AS released, family, safeguards, model FROM release_times
        ORDER BY released_at DESC, model_key
        """
    ).to_pylist()
    return {r["model_key"]: _Model(r["model"], r["released"], r["family"], r["safeguards"]) for r in rows}


def _retreat(day: Ints, model: Ints, n: Ints, known: Mapping[int, _Model], s: MoveSettings) -> Move | None:
    models, column = np.unique(model, return_inverse=True)
    if len(models) < 2:
        return None
    counts = np.zeros((int(day.max() - day.min()) + 1, len(models)), np.int64)
    counts[day - day.min(), column] = n
    best: tuple[float, int, _Model, _Model] | None = None
    for cut in range(1, len(counts)):
        before, after = counts[max(cut - s.days, 0) : cut].sum(axis=0), counts[cut : cut + s.days].sum(axis=0)
        left, right = int(before.argmax()), int(after.argmax())
        a, b = known.get(int(models[left])), known.get(int(models[right]))
        if min(before.sum(), after.sum()) < s.least_moved or a is None or b is None or not _laxer(b, a):
            continue
        share = min(before[left] / before.sum(), after[right] / after.sum())
        if share >= s.main and (best is None or share > best[0]):
            best = float(share), cut, a, b
    if best is None:
        return None
    _, cut, a, b = best
    return "retreat", int(day.min() + cut) * DAY, f"most exchanges moved from {a.name} to {b.name}"


def _laxer(to: _Model, left: _Model) -> bool:
    """Whether a model has weaker safeguards than the one that was left, is of another family, or only older."""
    if to.name == left.name:
        return False
    if to.safeguards is not None and left.safeguards is not None:
        return to.safeguards < left.safeguards
    if to.family is not None and left.family is not None and to.family != left.family:
        return True
    return to.released < left.released
