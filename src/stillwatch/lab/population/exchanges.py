"""Plan rows become exchanges: who, from where, with which client and model, saying what,
with which outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.lab.population.book import FILLS, PER, Book
from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.draws import generator, join, scramble, unit
from stillwatch.lab.population.frame import Array
from stillwatch.lab.population.grafts import Shelves
from stillwatch.lab.population.ids import labels
from stillwatch.lab.population.internet import address, address_text, six
from stillwatch.lab.population.levels import template_of
from stillwatch.lab.population.outcomes import ERRORS, REASONS, Outcome, outcome
from stillwatch.lab.population.residents import word_of
from stillwatch.lab.population.schedule import Plan
from stillwatch.lab.population.specs import PATHWAYS
from stillwatch.lab.population.talks import Carried, Talks
from stillwatch.lab.population.town import DAY_US
from stillwatch.model.conversation import hash_turns
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.kernels.hashing import null_where_zero

Ints = npt.NDArray[np.int64]
BREAK = pa.scalar("\n\n", pa.large_string())
TOOLS = 60  # tokens of the definitions of tools, at least
CONSOLE, BATCH = PATHWAYS.index("console"), PATHWAYS.index("batch")


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows `at … at + len(plan)` of the plan, with the draws that several columns share."""

    book: Book
    plan: Plan
    at: int
    account: Ints
    visit: Ints  # session as this account sees it
    program: npt.NDArray[np.int32]
    filling: Ints
    pathway: Ints

    @property
    def seed(self) -> int:
        """Seed of the simulation."""
        return self.book.town.seed

    def place(self, name: str) -> Array:
        """A column of the streams whose account and network carry each row."""
        return self.book.streams[name][self.plan.via]

    def of(self, name: str) -> Array:
        """A column of the streams, one value per row."""
        return self.book.streams[name][self.plan.stream]

    @property
    def row(self) -> Ints:
        """Number of each row in the whole plan."""
        return np.arange(self.at, self.at + len(self.plan), dtype=np.int64)


def cut(book: Book, plan: Plan, at: int) -> Slice:
    """The slice of plan rows that starts at row `at`."""
    account = book.streams["account"][plan.via].astype(np.int64)
    visit = join(plan.session, account)
    program, filling = _words(book, plan)
    pathway = book.pathways.pick(book.streams["pathways"][plan.via], unit(plan.via, book.town.seed, 12))
    return Slice(book, plan, at, account, visit, program, filling, pathway)


@dataclass(frozen=True, slots=True)
class Draft:
    """What can be said of a slice without the slices before it."""

    part: Slice
    params: Ints
    text: dict[str, pa.Array]
    answer: pa.Array
    result: Outcome
    wanted: Ints  # tokens of the whole request
    asked: Ints  # turn hashes
    answered: Ints


@dataclass(frozen=True, slots=True)
class Linked:
    """What a slice carries on of earlier ones: its conversations, and the rows of reasoning blocks in its requests."""

    carried: Carried
    thought: Ints


def draft(part: Slice) -> Draft:
    """Texts, answers and outcomes of a slice; drafts can be made in any order."""
    params = part.book.params.pick(
        part.of("params"), unit(join(part.plan.stream, part.program), part.seed, 13)
    )
    text = _texts(part)
    wanted, longest = _lengths(part)
    result = _result(part, params, longest)
    answer = _answers(part, params, result)
    asked, answered = hash_turns(text["prompt_text"]), hash_turns(answer)
    return Draft(part, params, text, answer, result, wanted, asked, answered)


def link(made: Draft, talks: Talks, shelves: Shelves) -> Linked:
    """Carry conversations on, slices in order of time: `talks` holds their state, `shelves` the reasoning blocks that
    accounts borrow from each other.
    """
    part, result = made.part, made.result
    carried = talks.carry(
        part.plan.talk,
        made.asked,
        made.answered,
        sizes=_sizes(made.text) + TOOLS * (part.book.scripts.tools[part.of("script")] >= 0),
        wanted=made.wanted,
        replies=result.output,
        thinks=result.thinking,
        rows=part.row,
    )
    wants = unit(part.row, part.seed, 60) < part.of("grafts")
    borrowed = shelves.borrow(part.plan.stream, part.account, result.thinking, wants, part.row)
    return Linked(carried, np.where(borrowed >= 0, borrowed, carried.thought))


def finish(made: Draft, linked: Linked) -> pa.RecordBatch:
    """The slice as rows of `exchanges`."""
    part, result, carried = made.part, made.result, linked.carried
    columns = {**_who(part), **_route(part), **made.text, "response_text": made.answer}
    columns |= _knobs(part, made.params)
    columns |= (
        _state(part, carried, linked.thought, result) | _ending(result) | _tokens(part, carried, result)
    )
    return record_batch(columns, len(part.plan))


def record_batch(columns: dict[str, pa.Array], n: int) -> pa.RecordBatch:
    """Columns in the order and types of the table; absent ones are null."""
    arrays = []
    for field in EXCHANGES.schema:
        column = columns.get(field.name)
        arrays.append(pa.nulls(n, field.type) if column is None else _typed(column, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=EXCHANGES.schema)


def _typed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)


def _words(book: Book, plan: Plan) -> tuple[npt.NDArray[np.int32], Ints]:
    """Programme and filling of each row."""
    seed, scripts = book.town.seed, book.scripts
    script = book.streams["script"][plan.stream]
    step = join(plan.stream, plan.step)
    per = scripts.per[script]
    key = np.where(
        per == PER.index("exchange"), step, np.where(per == PER.index("session"), plan.session, plan.stream)
    )
    u = unit(join(key, per), seed, 1)
    first, later = scripts.programs.pick(script, u), scripts.follow.pick(script, unit(step, seed, 2))
    own = scramble(step, seed, 3).view(np.int64) >> 1
    given = scripts.base[script] + book.handed_out[plan.stream] + plan.step // scripts.repeats[script]
    offset = (unit(plan.stream, seed, 4) * scripts.span[script]).astype(np.int64)
    again = scripts.base[script] + (plan.step + offset) % scripts.span[script]
    fills = scripts.fills[script]
    filling = np.where(
        fills == FILLS.index("shares"), given, np.where(fills == FILLS.index("pool"), again, own)
    )
    program = np.where(plan.turn > 0, later, first)
    return program.astype(np.int32), np.where(plan.turn > 0, own, filling)


def _texts(part: Slice) -> dict[str, pa.Array]:
    book, plan = part.book, part.plan
    script = part.of("script")
    prompt = book.town.library.render(part.program, part.filling, reword=book.scripts.reword[script])
    prompt = _with_material(part, prompt)
    system = book.scripts.systems.pick(script, unit(plan.stream, part.seed, 5))
    known, inverse = np.unique(system, return_inverse=True)
    pairs = book.scripts.system_texts[known]
    texts = book.town.library.render(pairs[:, 0].astype(np.int32), pairs[:, 1].copy())
    texts = pc.if_else(pa.array(known >= 0), texts, pa.scalar(None, texts.type))
    return {"prompt_text": prompt, "system_text": texts.take(pa.array(inverse))}


def _with_material(part: Slice, prompt: pa.Array) -> pa.Array:
    """Prompts with one to `pieces` documents below them, where the script has any."""
    scripts, script = part.book.scripts, part.of("script")
    rows = np.flatnonzero(scripts.material[script] >= 0)
    if not len(rows):
        return prompt
    step = join(part.plan.stream[rows], part.plan.step[rows])
    wanted = 1 + (unit(step, part.seed, 30) * scripts.pieces[script[rows]]).astype(np.int64)
    longer = prompt.take(pa.array(rows))
    for piece in range(int(wanted.max())):
        some = wanted > piece
        filling = scramble(step[some], part.seed, 31 + piece).view(np.int64) >> 1
        text = part.book.town.library.render(scripts.material[script[rows[some]]], filling)
        joined = pc.binary_join_element_wise(longer.filter(pa.array(some)), text, BREAK)
        longer = pc.replace_with_mask(longer, pa.array(some), joined)
    mask = np.zeros(len(prompt), bool)
    mask[rows] = True
    return pc.replace_with_mask(prompt, pa.array(mask), longer)


def _lengths(part: Slice) -> tuple[Ints, Ints]:
    """Tokens that requests want to have and answers would get. A stream that leans to longer answers draws higher
    ranks, never longer answers than others may get.
    """
    template = template_of(part.of("script"), part.program)
    free = unit(part.row, part.seed, 38)
    levels = part.book.levels
    size, rank = levels.ranks(template, part.plan.stream, part.plan.size.astype(np.float64), free, part.seed)
    family = part.book.families[part.program]
    answers = levels.tables.answer(family, size, rank ** (1 / part.of("length")))
    return levels.tables.request(family, size), answers


def _result(part: Slice, params: Ints, longest: Ints) -> Outcome:
    limits = part.book.param_columns["max_tokens"].take(pa.array(params)).fill_null(0)
    tools = part.book.scripts.tools[part.of("script")] >= 0
    rng = generator("outcome", part.seed, part.at)
    return outcome(
        part.of,
        longest,
        part.plan.refused,
        np.asarray(limits).astype(np.int64),
        tools,
        rng,
    )


def _answers(part: Slice, params: Ints, result: Outcome) -> pa.Array:
    """Answers; the same prompt gets the same one again only where the temperature is 0."""
    heat = part.book.param_columns["temperature"].take(pa.array(params)).fill_null(1.0)
    asked = join(part.program, part.filling)
    seeds = scramble(np.where(np.asarray(heat) > 0, join(asked, part.row), asked), part.seed, 6)
    text = part.book.town.library.answers(result.output.astype(np.int32), seeds)
    return pc.if_else(pa.array(result.answered), text, pa.scalar(None, text.type))


def _sizes(text: dict[str, pa.Array]) -> Ints:
    """Tokens of a request's own texts, at four characters each."""
    total = pc.add(
        pc.binary_length(text["prompt_text"]), pc.fill_null(pc.binary_length(text["system_text"]), 0)
    )
    return np.asarray(total).astype(np.int64) // 4 + 7


def _who(part: Slice) -> dict[str, pa.Array]:
    book, plan, seed = part.book, part.plan, part.seed
    key = (unit(part.visit, seed, 7) * part.place("keys")).astype(np.int64)
    users = part.place("users")
    user = join(part.account, (unit(part.visit, seed, 8) * np.maximum(users, 1)).astype(np.int64))
    org = book.accounts["org"][part.account]
    return {
        "exchange_id": labels("req_", scramble(part.row, seed, 9)),
        "ts": pa.array(book.town.start + plan.ts, pa.timestamp("us", tz="UTC")),
        "account_id": account_ids(part.account, seed),
        "api_key_id": labels("key_", scramble(join(part.account, key), seed, 10), digits=12),
        "organization_id": labels("org_", scramble(org, seed, 11), digits=12, valid=org >= 0),
        "end_user": labels("", scramble(user, seed, 14), valid=users > 0),
    }


def account_ids(account: npt.NDArray[np.integer], seed: int) -> pa.StringArray:
    """Account ids of rows of the accounts table."""
    return labels("acct_", scramble(account, seed, 15))


def _route(part: Slice) -> dict[str, pa.Array]:
    book, plan, seed = part.book, part.plan, part.seed
    away = unit(part.visit, seed, 16) < part.place("away")
    pool = np.where(away, part.place("pool_2"), part.place("pool"))
    lease = part.place("lease")
    days = plan.ts / DAY_US + unit(part.account, seed, 17) * 7
    epoch = np.where(lease > 0, (days / np.where(lease > 0, lease, 1)).astype(np.int64), plan.session)
    epoch = np.where(lease < 0, part.row, np.where(away, plan.session, epoch))
    spot = join(join(part.account, epoch), away)
    ranges = book.pools.pick(pool, unit(spot, seed, 18))
    four = address(ranges, unit(spot, seed, 19))
    modern = (unit(part.visit, seed, 20) < part.place("six")) & ~away
    place = np.where(modern, six(ranges, scramble(spot, seed, 21)), four)
    changed = unit(plan.session, seed, 22) < part.of("changes")
    u = np.where(changed, unit(plan.session, seed, 23), unit(plan.stream, seed, 23))
    client = pa.array(book.clients.pick(part.of("clients"), u))
    columns = {name: values.take(client) for name, values in book.client_columns.items()}
    day = (plan.ts // DAY_US).astype(np.int64)
    columns["client_address"] = address_text(place, scramble(join(part.account, day), seed, 24))
    columns["pathway"] = pa.array(PATHWAYS).take(pa.array(part.pathway))
    columns["operation"] = pa.array(["chat", "batch"]).take(pa.array((part.pathway == BATCH).astype(np.int8)))
    return columns


def _knobs(part: Slice, params: Ints) -> dict[str, pa.Array]:
    book, plan, seed = part.book, part.plan, part.seed
    u = unit(plan.session, seed, 25)
    model = book.mixes.pick(part.of("models"), u)
    turned = (plan.ts >= part.of("turns_at") * HOUR_US) & (
        unit(part.visit, seed, 26) < part.of("turns_share")
    )
    model = np.where(turned, book.mixes.pick(np.maximum(part.of("turns_to"), 0), u), model)
    names = pa.array([m.name for m in book.town.models])
    columns = {name: values.take(pa.array(params)) for name, values in book.param_columns.items()}
    script = part.of("script")
    tools, schema = book.scripts.tools[script], book.scripts.schema[script]
    place = pa.array(tools, mask=tools < 0)
    columns["request_metadata"] = _metadata(book.scripts.tag[script])
    kept = (unit(plan.stream, seed, 36) < 0.15) & (part.of("cache") > 0.3)
    columns["prompt_cache_key"] = labels("", scramble(plan.stream, seed, 37), digits=10, valid=kept)
    columns["model"] = names.take(pa.array(model))
    columns["tool_names"] = book.tool_names.take(place)
    columns["tools_key"] = pa.array(book.tool_keys).take(place)
    columns["response_schema_key"] = pa.array(schema, mask=schema < 0)
    return columns


def _metadata(tags: Ints) -> pa.Array:
    """`project` and a made-up name for each tag that is not negative; null elsewhere."""
    some = tags >= 0
    known, inverse = np.unique(tags[some], return_inverse=True)
    values = pa.array([word_of(tag) for tag in known.tolist()], pa.string()).take(pa.array(inverse))
    offsets = np.concatenate([[0], np.cumsum(some)]).astype(np.int32)
    keys = pa.array(["project"]).take(pa.array(np.zeros(len(inverse), np.int8)))
    return pa.MapArray.from_arrays(pa.array(offsets, mask=np.append(~some, False)), keys, values)


def _state(part: Slice, carried: Carried, thought: Ints, result: Outcome) -> dict[str, pa.Array]:
    plan, seed = part.plan, part.seed
    named = (plan.talk >= 0) & (part.pathway == CONSOLE)
    return {
        "conversation_id": labels("conv_", scramble(plan.talk, seed, 27), valid=named),
        "turn": pa.array(carried.turn, pa.int32()),
        "prefix_key": null_where_zero(carried.prefix),
        "next_prefix_key": null_where_zero(carried.following),
        "reasoning_in": _digests(thought, seed),
        "reasoning_out": _digests(np.where(result.thinking, part.row, -1), seed),
    }


def _ending(result: Outcome) -> dict[str, pa.Array]:
    return {
        "status": pa.array(result.status),
        "finish_reason": pa.array(REASONS).take(pa.array(result.reason, mask=result.reason < 0)),
        "error_type": pa.array(ERRORS).take(pa.array(result.error, mask=result.error < 0)),
        "duration_ms": pa.array(np.minimum(result.duration, 1 << 30), pa.int32()),
    }


def _tokens(part: Slice, carried: Carried, result: Outcome) -> dict[str, pa.Array]:
    """Token counts; what is read from the cache is part of the input.

    The input is as long as the traces say and never shorter than its texts and the earlier turns: what is
    missing stands for what logs do not keep, such as attachments, passages looked up and tool definitions.
    """
    mask = ~result.answered
    total = carried.tokens
    cached = (unit(part.row, part.seed, 29) < part.of("cache")) & (total > 256)
    read = np.where(cached, total * 3 // 4 // 64 * 64, 0)
    written = np.where(cached & (carried.turn == 0), total - read, 0)
    counts = {
        "input_tokens": total,
        "output_tokens": result.output,
        "reasoning_tokens": result.reasoning,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
    }
    return {name: pa.array(np.minimum(n, 1 << 30), pa.int32(), mask=mask) for name, n in counts.items()}


def _digests(rows: Ints, seed: int) -> pa.Array:
    """One digest per row that is not negative, as a list; null elsewhere."""
    some = rows >= 0
    offsets = np.concatenate([[0], np.cumsum(some)]).astype(np.int32)
    values = labels("rs_", scramble(rows[some], seed, 28))
    return pa.ListArray.from_arrays(pa.array(offsets, mask=np.append(~some, False)), values)
