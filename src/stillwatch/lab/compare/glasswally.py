"""The signals of Glasswally that our tables can feed, each as a statement: account, score, confidence.

Constants are those of the published source (commit 300eedc). Its windows of one hour are hours by the clock here, and
an account's signal is the strongest it ever has, since the tool acts at once. Phrases are a shorter list of our own of
the same kind. Left out, and so counted as 0 as in the tool: HTTP/2 settings, watermark, sequence model (not in
logs), semantic match (hashed n-grams that hardly any prompt reaches), refusal probes, networks. Left out on purpose:
the uplift for a country, and the one for the office hours of a country.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HOUR_US = 3_600_000_000
_COT = (
    "step[ -]by[ -]step|chain[ -]of[ -]thought|your reasoning|internal reasoning|reasoning process|reward model|"
    "rubric|act as an? (judge|grader|evaluator)|only (in|with) json|every step|each step"
)
_DOMAINS = (
    ("reasoning", "step[ -]by[ -]step|chain[ -]of[ -]thought"),
    ("agentic", "tool use|tool_call|multi-step plan"),
    ("coding", "implement|unit test|production-grade"),
    ("reward", "reward model|rubric|reinforcement"),
    ("analysis", "data analyst|statistical rigor"),
)
_ROLE = (
    "you are an expert",
    "act as an expert",
    "never refuse",
    "do not omit",
    "exhaustive",
    "maximum detail",
    "step-by-step reasoning",
    "structure your response as",
)
_BROWSER = "lower(user_agent) similar to '.*(mozilla|chrome|firefox|safari|edge).*'"

FINGERPRINT = f"""
with clients as (select ja4, count(distinct account) as n from exchanges where ja4 is not null group by ja4),
orders as (select header_order, count(distinct account) as n from exchanges where header_order is not null
  group by header_order),
mine as (select account, count(*) as n, count(distinct ja4) as kinds,
  bool_or(sdk is not null and {_BROWSER}) as false_browser,
  bool_or(sdk is not null or not {_BROWSER}) as script,
  max(coalesce(c.n, 0)) as same_client, max(coalesce(o.n, 0)) as same_order
  from exchanges left join clients c using (ja4) left join orders o using (header_order) group by account)
select account, least(1, (case when false_browser then .65 when script then .15 else 0 end
  + if(kinds >= 3, .20, 0) + if(same_client >= 10, .15, 0) + if(same_order >= 10, .20, 0))
  * (.4 + .6 * least(1, n / 20))) as score, least(1, n / 20) as confidence from mine
"""

VELOCITY = f"""
with gaps as (select account, at_us // {HOUR_US} as hour,
  coalesce(input_tokens, 0) + coalesce(output_tokens, 0) as tokens,
  at_us - lag(at_us) over (partition by account, at_us // {HOUR_US} order by at_us) as gap from exchanges),
hours as (select account, hour, count(*) as n, greatest(0, 1 - stddev_pop(gap) / nullif(avg(gap), 0)) as regular,
  coalesce(stddev_pop(tokens) / nullif(avg(tokens), 0), 0) as spread from gaps group by all having count(*) >= 5)
select account, (case when n > 200 then .45 when n > 60 then .25 else 0 end
  + case when regular > .7 then .30 when regular > .5 then .15 else 0 end + if(spread < .15, .15, 0))
  * (.5 + .5 * least(1, n / 50)) as score, least(1, n / 50) as confidence from hours
"""

_HITS = ", ".join(f"regexp_matches(text, '{words}')::int as {name}" for name, words in _DOMAINS)
_TOP = "greatest(" + ", ".join(f"sum({name})" for name, _ in _DOMAINS) + ")"
COT = f"""
with prompts as (select account, at_us // {HOUR_US} as hour, lower(prompt_text) as text from exchanges),
found as (select account, hour, regexp_matches(text, '{_COT}')::int as cot, {_HITS} from prompts),
hours as (select account, count(*) as n, sum(cot) as cot, {_TOP} as top from found group by account, hour)
select account, if(cot > 0, .40, 0) + if(n >= 5 and cot / n >= .2, .35, 0) + if(n >= 5 and top / n >= .7, .25, 0)
  as score, .9 as confidence from hours
"""

HYDRA = """
with mine as (select account, count(*) as requests from exchanges group by account),
cards as (select cluster, payment_fingerprint, count(*) as holders from accounts join clusters using (account)
  where payment_fingerprint is not null group by all),
paid as (select cluster, count(*) as cards, max(holders) as holders from cards group by cluster),
nets as (select cluster, count(distinct network) as nets from used join clusters using (account) group by cluster),
groups as (select cluster, count(*) as n, sum(coalesce(requests, 0)) as requests from clusters
  left join mine using (account) group by cluster)
select account, least(1, least(n / 25, 1) * .4 + least(coalesce(cards, 0) * .07, .35)
  + least(coalesce(nets, 0) * .03, .15) + if(coalesce(holders, 0) >= 4, .15, 0)) as score,
  least(1, requests / 100) as confidence
from clusters join groups using (cluster) left join paid using (cluster) left join nets using (cluster) where n >= 3
"""

TIMING = """
with seconds as (select at_us // 1000000 as second, count(distinct account) as n from exchanges group by second
  having count(distinct account) >= 5),
bursts as (select second, n, count(*) over (order by second range between 300 preceding and 1 preceding) as earlier
  from seconds)
select distinct account, least(.5, (n - 5) / 7 * .5) + if(earlier >= 3, .30, 0) as score, least(1, n / 12) as confidence
from exchanges join bursts on at_us // 1000000 = second
"""

_ROLES = " + ".join(f"contains(text, '{words}')::int" for words in _ROLE)
PREAMBLE = f"""
with asked as (select account, system_text as preamble, lower(coalesce(system_text, '') || ' ' ||
  coalesce(prompt_text, '')) as text from exchanges),
mine as (select account, preamble, count(*) as same, max({_ROLES}) as roles from asked group by all),
shared as (select preamble, count(distinct account) as holders from mine where preamble is not null group by preamble),
sums as (select account, sum(same) as n from mine where preamble is not null group by account),
parts as (select account, least(.25, .1 * roles) as role,
  case when n >= 5 and same / n >= .8 then .35 when n >= 5 and same / n >= .6 then .2 else 0 end as reuse,
  case when holders >= 10 then .5 when holders >= 5 then .35 when holders >= 3 then .18 else 0 end as collision
  from mine left join shared using (preamble) left join sums using (account))
select account, least(1, role + reuse + collision) as score,
  case when collision > 0 then .9 when reuse > 0 then .75 else .55 end as confidence
from parts where role + reuse + collision >= .15
"""

PIVOT = f"""
with steps as (select account, at_us, model,
  lag(model) over (partition by account order by at_us, exchange_id) as before
  from exchanges),
switches as (select account, model, min(at_us) as at_us from steps where before != model group by all),
together as (select account, count(*) over (partition by coalesce(cluster, -1 - account), model order by at_us
  range between {6 * HOUR_US} preceding and {6 * HOUR_US} following) as n
  from switches left join clusters using (account))
select account, if(n >= 5, least(1, .2 + n / 30 * .8), .2) as score, .85 as confidence from together
"""

BIOMETRIC = f"""
with prompts as (select account, at_us // {HOUR_US} as hour, length(prompt_text) as size,
  lower(prompt_text[1:30]) as opening,
  (length(prompt_text) // 100)::varchar || lower(split_part(trim(prompt_text), ' ', 1)) as build from exchanges),
hours as (select account, hour, count(*) as n, stddev_pop(size) / nullif(avg(size), 0) as spread from prompts
  group by all having count(*) >= 10),
openings as (select account, hour, max(n) as top from (select account, hour, opening, count(*) as n from prompts
  group by all) group by all),
builds as (select account, hour, entropy(build) as entropy from prompts group by all),
parts as (select account, n, case when entropy / log2(n) < .2 then .45 when entropy / log2(n) < .4 then .2 else 0 end
  + case when spread < .1 then .25 when spread < .2 then .1 else 0 end
  + case when top / n > .6 then .3 when top / n > .4 then .15 else 0 end as raw
  from hours join openings using (account, hour) join builds using (account, hour))
select account, raw * (.3 + .7 * least(1, n / 50)) as score, least(1, n / 50) as confidence from parts
"""

SESSIONS = """
with steps as (select account, at_us, at_us - lag(at_us) over (partition by account order by at_us, exchange_id) as gap
  from exchanges),
numbered as (select *, sum((gap is null or gap >= 120000000)::int) over (partition by account order by at_us
  rows unbounded preceding) as session from steps),
sessions as (select account, session, count(*) as n, max(if(gap >= 120000000, gap, null)) as gap from numbered
  group by all),
mine as (select account, count(*) as sessions, sum(n) as n, stddev_pop(gap) / nullif(avg(gap), 0) as gaps,
  stddev_pop(n) / avg(n) as sizes from sessions group by account having count(*) >= 4 and sum(n) >= 8)
select account, case when gaps < .05 then .55 when gaps < .08 then .4 when gaps < .15 then .2 else 0 end
  + if(sizes < .1 and gaps < .15, .25, 0) + if(sessions > 20, .1, 0) as score,
  case when gaps < .05 then .88 when gaps < .08 then .75 else .55 end as confidence
from mine where gaps < .15
"""

BUDGET = """
with asked as (select account, max_tokens, list_min(list_transform([1024, 2048, 4096, 8192, 16384, 32768, 65536,
  128000, 200000], lambda m: struct_pack(apart := abs(m - max_tokens), most := m))).most as most
  from exchanges where max_tokens is not null),
mine as (select account, avg((max_tokens / most >= .9)::int) as greedy, median(max_tokens) as middle from asked
  group by account having count(*) >= 6)
select account, if(greedy >= .7, .3, 0) + if(middle > 2000, .1, 0) as score,
  if(greedy >= .7 and middle > 2000, .82, .6) as confidence from mine where greedy >= .7
"""

SIGNALS: Mapping[str, tuple[float, str]] = MappingProxyType(
    {
        "fingerprint": (0.14, FINGERPRINT),
        "velocity": (0.10, VELOCITY),
        "cot": (0.09, COT),
        "hydra": (0.08, HYDRA),
        "timing_cluster": (0.07, TIMING),
        "role_preamble": (0.06, PREAMBLE),
        "pivot": (0.05, PIVOT),
        "biometric": (0.05, BIOMETRIC),
        "session_gap": (0.04, SESSIONS),
        "token_budget": (0.03, BUDGET),
    }
)
