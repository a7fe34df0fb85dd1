"""Two labs that each see half of one campaign find each other's half, and one takes its word back.

    python examples/two_labs.py [FOLDER]

Everything runs on this machine: two folders with keys, case stores and servers of their own, talking HTTPS over
loopback. First they ask with private set intersection and signed messages, then over TAXII with STIX bundles.
The campaign is made up: forty accounts at each lab, cards and mail domains that some have in common.
Needs `pip install 'stillwatch[cases,share,serve]'`.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stillwatch.model.tables import TABLES

START = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
TERMS = """
purpose = "distillation campaigns against our models"
starts = 2026-01-01
ends = 2035-01-01
messages = ["psi_request", "summary", "opinion", "indicators", "sighting", "finding"]
fields = ["accounts", "exchanges", "capabilities", "timing", "templates", "plain_email_domain"]
keyed_kinds = ["payment"]
private_kinds = ["payment", "mail_domain", "address"]
tlp = "amber+strict"
pap = "amber"
approver = "legal"
smallest_set = 10
"""


@dataclass
class Lab:
    """One deployment: a name and a folder; commands run with that folder as their home."""

    name: str
    folder: Path

    def run(self, *arguments: object, code: int = 0) -> dict[str, object]:
        """What a command answers, as JSON."""
        program = Path(sys.executable).with_name("stillwatch")
        place = {**os.environ, "XDG_DATA_HOME": str(self.folder), "STILLWATCH_PERSON": f"dana@{self.name}"}
        command = [str(program), *map(str, arguments), "--json"]
        answer = subprocess.run(command, cwd=self.folder, env=place, capture_output=True, text=True)  # noqa: S603
        if answer.returncode != code:
            raise SystemExit(f"{self.name}: {' '.join(command)}\n{answer.stdout}\n{answer.stderr}")
        return dict(json.loads(answer.stdout))

    @contextmanager
    def serving(self, *values: str) -> Iterator[str]:
        """The lab's server for signed messages; yields its https address. What it logs goes to server.log."""
        command = ["share", "serve", "--certificate", "tls.pem", "--tls-key", "tls.key", "--json"]
        command += ["--listen", "127.0.0.1:0", *(part for one in values for part in ("--values", one))]
        with self._running(command, "server.log") as said:
            yield f"https://{said['listening']}"

    @contextmanager
    def publishing(self) -> Iterator[str]:
        """The lab's TAXII server; yields its discovery address. What it logs goes to taxii.log."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        command = [
            "serve",
            "--taxii",
            "taxii",
            "--cert",
            "tls.pem",
            "--key",
            "tls.key",
            "--port",
            port,
            "--json",
        ]
        with self._running(command, "taxii.log") as said:
            for _ in range(600):  # it says where before it listens
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                        break
                time.sleep(0.1)
            yield str(said["taxii"])

    @contextmanager
    def _running(self, command: list[str], logged: str) -> Iterator[dict[str, object]]:
        """A service; yields the line that it prints first."""
        program = Path(sys.executable).with_name("stillwatch")
        place = {**os.environ, "XDG_DATA_HOME": str(self.folder), "STILLWATCH_PERSON": "share-service"}
        with (
            (self.folder / logged).open("w") as log,
            subprocess.Popen(  # noqa: S603
                [str(program), *command],
                cwd=self.folder,
                env=place,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as server,
        ):
            try:
                yield dict(json.loads(server.stdout.readline() if server.stdout else "{}"))
            finally:
                server.terminate()


def main(folder: Path) -> dict[str, object]:
    """Play it through; returns what came out."""
    aurora, borealis = (make_lab(name, folder) for name in ("aurora", "borealis"))
    make_half(aurora, range(40))
    make_half(borealis, range(25, 65))
    for lab in (aurora, borealis):
        for kind in ("payment", "mail_domain"):
            lab.run("share", "values", "results", "dataset", "--kind", kind, "--out", f"{kind}.txt")

    introduce(aurora, borealis)
    terms = agree(aurora, borealis)
    with borealis.serving("payment=payment.txt", "mail_domain=mail_domain.txt") as address:
        endpoint(aurora, borealis, address)
        found = corroborate(aurora, borealis)
        say(
            f"overlap: {found['overlap']} of {found['asked']} cards; elements known to both: {found['shown']}"
        )
    say(f"what partners add: {found['weighed']['statement']}; allowed: {found['weighed']['allowed']}")

    with aurora.serving() as address:
        endpoint(borealis, aurora, address)
        found |= speak_and_retract(aurora, borealis)
    say(f"with the opinion: {found['with_opinion']['statement']}")
    say(f"after its retraction: {found['after']['statement']}; decisions to review: {found['to_review']}")

    found |= over_taxii(aurora, borealis, str(terms))
    say(
        f"over TAXII: {found['matched']['bits']} bits at borealis, which answers: {', '.join(found['answered'])}"
    )
    say(f"with the answer: {found['taxii_weighed']['statement']}")
    say(f"after the finding was revoked: decisions to review at borealis: {found['taxii_review']}")
    return found | {"agreement": terms}


def over_taxii(aurora: Lab, borealis: Lab, terms: str) -> dict[str, object]:
    """Aurora publishes its half as STIX; Borealis pulls, matches, answers into Aurora's inbox; Aurora revokes."""
    secrets = aurora.run("taxii", "new", "taxii", "--publisher", "aurora", "--inbox")
    for lab, user in ((aurora, "publisher"), (borealis, "partner")):
        (lab.folder / "secret").touch(mode=0o600)
        (lab.folder / "secret").write_text(str(secrets[user]))
    exported = ("--publisher", "aurora", "--dataset", "dataset", "--out", "stix", "--key-file", "hash.key")
    aurora.run("export", "results", "--to", "stix", "--agreement", terms, "--role", "legal", *exported)
    aurora.run("taxii", "add", "taxii", "--collection", "findings", "--bundle", "stix/bundle.json")
    with aurora.publishing() as url:
        theirs = ("--user", "partner", "--secret-file", "secret", "--ca-file", aurora.folder / "tls.pem")
        ours = ("--user", "publisher", "--secret-file", "secret", "--ca-file", "tls.pem")
        pull = ("taxii", "pull", url, "--collection", "findings", "--out", "pulled", *theirs)
        came = borealis.run("share", "take-bundle", borealis.run(*pull)["file"], "--from", "aurora")
        (finding,) = (m for m in came["new"] if m.startswith("campaign--"))
        about = ("results", "c-borealis", "--dataset", "dataset", "--keep")
        matched = borealis.run("share", "match", finding, *about)
        named = ("--publisher", "borealis", "--to", "aurora", "--key-file", "hash.key")
        said = borealis.run("share", "answer", "c-borealis", *named, "--out", "answer.json")
        inbox = ("--collection", "inbox")
        borealis.run("taxii", "push", url, *inbox, "--bundle", "answer.json", *theirs)
        back = aurora.run("taxii", "pull", url, *inbox, "--out", "inbox", *ours)["file"]
        heard = aurora.run("share", "take-bundle", back, "--from", "borealis")
        weighed = aurora.run("share", "weigh", "c-aurora", "--own-bits", 4.0)

        borealis.run("case", "open", "c-borealis", "results", "--title", "The other half")
        borealis.run("case", "exhibit", "c-borealis", "--message", finding)
        reason = ("--reason", "Own evidence and a partner's", "--role", "reviewer")
        borealis.run("case", "decide", "c-borealis", "confirm", *reason)
        aurora.run("share", "revoke", finding.partition("@")[0], "--to", "borealis", "--out", "revoked.json")
        aurora.run("taxii", "add", "taxii", "--collection", "findings", "--bundle", "revoked.json")
        gone = borealis.run("share", "take-bundle", borealis.run(*pull)["file"], "--from", "aurora")
    after = borealis.run("share", "reviews")
    return {
        "matched": matched,
        "answered": sorted(s["id"].partition("--")[0] for s in said["said"]),
        "heard": len(heard["new"]),
        "taxii_weighed": weighed,
        "taxii_review": len(gone["to_review"]),
        "taxii_reviews": after,
        "borealis_after": borealis.run("share", "weigh", "c-borealis", "--own-bits", 4.0),
    }


def corroborate(aurora: Lab, borealis: Lab) -> dict[str, object]:
    """Aurora asks for the size of the overlap, then for the elements, once before and once after Borealis allows it."""
    to = ("--to", "borealis", "--trust", borealis.folder / "tls.pem")
    about = ("--kind", "payment", "--campaign", "c-aurora", "--background", 0.17)  # such cards are common
    asked = aurora.run("share", "overlap", "payment.txt", *about, *to)
    before = aurora.run("share", "elements", asked["session"], *to)
    borealis.run("share", "allow", asked["session"], "--to", "aurora", "--role", "legal")
    after = aurora.run("share", "elements", asked["session"], *to)
    summary = aurora.run("share", "summary", "results", "c-aurora", *to)
    weighed = aurora.run("share", "weigh", "c-aurora", "--own-bits", 4.0)
    return {
        "asked": asked["values"],
        "overlap": asked["common"],
        "shown": [before["shown"], after["shown"]],
        "named": summary["known_to_partner_as"],
        "weighed": weighed,
    }


def speak_and_retract(aurora: Lab, borealis: Lab) -> dict[str, object]:
    """Borealis compares, says what it makes of the campaign, Aurora decides; then Borealis takes its word back."""
    to = ("--to", "aurora", "--trust", aurora.folder / "tls.pem")
    (summary,) = (m for m in borealis.run("share", "ledger")["messages"] if m["kind"] == "summary")
    likeness = borealis.run("share", "compare", summary["message_id"], "results", "c-borealis")
    borealis.run("share", "opinion", summary["named"], "confirmed", "--confidence", "high", *to)
    with_opinion = aurora.run("share", "weigh", "c-aurora", "--own-bits", 4.0)
    aurora.run("case", "open", "c-aurora", "results", "--title", "Half of something")
    aurora.run(
        "case",
        "decide",
        "c-aurora",
        "confirm",
        "--reason",
        "Own evidence and a partner's",
        "--role",
        "reviewer",
    )
    (opinion,) = (m for m in borealis.run("share", "ledger")["messages"] if m["kind"] == "opinion")
    borealis.run("share", "retract", opinion["message_id"], "--reason", "mistaken", *to)
    after = aurora.run("share", "weigh", "c-aurora", "--own-bits", 4.0)
    reviews = aurora.run("share", "reviews")["reviews"]
    return {
        "likeness": likeness["bits"],
        "with_opinion": with_opinion,
        "after": after,
        "to_review": len(reviews),
        "path": reviews[0]["path"] if reviews else "",
    }


def introduce(a: Lab, b: Lab) -> None:
    """Each makes keys and gets the other's card; fingerprints are compared by another way, here by hand."""
    for lab in (a, b):
        card = lab.run("partner", "init", "--name", lab.name)
        (lab.folder / "card.json").write_text(json.dumps(card))
    for lab, other in ((a, b), (b, a)):
        mark = other.run("partner", "card", "--name", other.name)["fingerprint"]
        lab.run("partner", "add", other.folder / "card.json", "--fingerprint", mark, "--reliability", "B")


def endpoint(lab: Lab, other: Lab, address: str) -> None:
    """Tell a lab where the other listens, with a new card of the same keys."""
    card = json.loads((other.folder / "card.json").read_text()) | {"endpoint": address}
    (other.folder / "card.json").write_text(json.dumps(card))
    mark = other.run("partner", "card", "--name", other.name)["fingerprint"]
    lab.run("partner", "add", other.folder / "card.json", "--fingerprint", mark, "--reliability", "B")


def agree(a: Lab, b: Lab) -> object:
    """Terms go over as a file; a person with the role they name accepts them on each side."""
    (a.folder / "terms.toml").write_text(TERMS)
    message = a.folder / "terms.frame"
    terms = a.run("partner", "propose", "terms.toml", "--to", b.name, "--out", message)["agreement"]
    b.run("share", "take", message)
    for lab in (a, b):
        lab.run("partner", "accept", terms, "--role", "legal")
    return terms


def make_lab(name: str, folder: Path) -> Lab:
    """A folder with a certificate for 127.0.0.1."""
    home = folder / name
    home.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=7))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    (home / "tls.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (home / "tls.key").touch(mode=0o600)
    (home / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return Lab(name, home)


def make_half(lab: Lab, accounts: range) -> None:
    """The lab's part of the campaign: a dataset, and the results that a scan of it would leave."""
    ids = [f"{lab.name}-{n}" for n in accounts]
    campaign = f"c-{lab.name}"
    last = START + dt.timedelta(days=13)
    write(
        lab.folder / "dataset/accounts.parquet",
        "accounts",
        [
            {
                "account_id": i,
                "payment_fingerprint": f"card-{n:016}",
                "email_domain": f"mail-{n % 12}.example",
            }
            for i, n in zip(ids, accounts, strict=True)
        ],
    )
    exchanges = [f"{i}-first" for i in ids]
    write(
        lab.folder / "dataset/exchanges.parquet",
        "exchanges",
        [
            {"exchange_id": e, "account_id": i, "ts": START, "model": "model-1"}
            for e, i in zip(exchanges, ids, strict=True)
        ],
    )
    write(
        lab.folder / "results/campaign_exchanges.parquet",
        "campaign_exchanges",
        [{"campaign_id": campaign, "exchange_id": e, "role": "harvest", "p": 0.97} for e in exchanges],
    )
    write(
        lab.folder / "results/campaigns.parquet",
        "campaigns",
        [
            {
                "campaign_id": campaign, "first_seen": START, "last_seen": last, "accounts": len(ids),
                "exchanges": 8_000, "verdict": "distillation", "p_distillation": 0.94, "prior_bits": -4.0,
                "weight_bits": 8.0, "weight_low": 6.0, "weight_high": 10.0, "best_alternative": "undeclared_relay",
                "alternative_bits": 2.0, "capabilities": ["reasoning"], "phases": [], "detected_at": last,
            }
        ],
    )  # fmt: skip
    write(
        lab.folder / "results/members.parquet",
        "members",
        [
            {"campaign_id": campaign, "account_id": i, "role": "harvester", "p_member": 0.97, "exchanges": 200,
             "campaign_exchanges": 200, "first_seen": START, "last_seen": last}
            for i in ids
        ],
    )  # fmt: skip
    write(
        lab.folder / "results/campaign_templates.parquet",
        "campaign_templates",
        [
            {"campaign_id": campaign, "template_id": 1, "accounts": len(ids), "exchanges": 8_000, "fillings": 7_900,
             "signature": "solve this problem step by step and write out all of your reasoning {}",
             "rarity_bits": 12.0, "capability": "reasoning"}
        ],
    )  # fmt: skip
    write(
        lab.folder / "results/campaign_activity.parquet",
        "campaign_activity",
        [
            {"campaign_id": campaign, "hour": START + dt.timedelta(days=d), "exchanges": 300 + 200 * (d % 3),
             "accounts": 30}
            for d in range(14)
        ],
    )  # fmt: skip
    (lab.folder / "results/summary.json").write_text(json.dumps({"counts": {"campaigns": 1}}))


def write(path: Path, table: str, rows: list[dict[str, object]]) -> None:
    """Rows as a Parquet file with the schema of a table; columns that are not given are null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = TABLES[table].schema
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), path)


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
