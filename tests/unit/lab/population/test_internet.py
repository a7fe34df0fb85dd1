"""The made-up internet."""

from __future__ import annotations

import ipaddress

import numpy as np

from stillwatch.lab.population.draws import generator, scramble
from stillwatch.lab.population.internet import Internet, address_text, six
from stillwatch.model.input_tables import NETWORKS


def test_no_two_blocks_overlap() -> None:
    rows = np.concatenate(list(Internet.make(1, 5_000).blocks.values()))
    rows = rows[np.argsort(rows[:, 0])]
    assert (rows[:-1, 0] + rows[:-1, 1] <= rows[1:, 0]).all()


def test_published_prefixes_are_valid_and_most_blocks_are_published() -> None:
    internet = Internet.make(1, 5_000)
    table = internet.table(1, 0)
    assert all(ipaddress.ip_network(prefix) for prefix in table["prefix"].to_pylist())
    blocks = sum(len(rows) for rows in internet.blocks.values())
    assert 0.9 * blocks < table.num_rows < blocks
    assert set(table.column_names) == set(NETWORKS.schema.names)


def test_addresses_are_nobodys() -> None:
    internet = Internet.make(1, 100)
    host = internet.host("residential", generator("h"), 50)
    values = np.concatenate([host[:, 0], six(host[:, 0] << 16, scramble(np.arange(50), 1))])
    texts = address_text(values, scramble(np.arange(100), 2)).to_pylist()
    nets = (ipaddress.ip_network("240.0.0.0/4"), ipaddress.ip_network("2001:db8::/32"))
    assert all(any(ipaddress.ip_address(text) in net for net in nets) for text in texts)
    assert sum(":" in text for text in texts) == 50
