"""Hashes agree with published vectors and do not see how Arrow lays the strings out."""

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.model.errors import UsageError
from stillwatch.model.kernels import hashing
from stillwatch.model.kernels.hashing import HashKey

KEY = HashKey.from_bytes(bytes(range(16)))

XXH64 = (
    ("", 0, 0xEF46DB3751D8E999),
    ("a", 0, 0xD24EC4F1A98C6E5B),
    ("abc", 0, 0x44BC2CF5AD770999),
    ("xxhash", 0, 0x32DD38952C4BC720),
    ("xxhash", 20141025, 0xB559B98D844E0635),
    ("Nobody inspects the spammish repetition", 0, 0xFBCEA83C8A378BF1),
)
SIPHASH = ((0, 0x726FDB47DD0E0E31), (8, 0x93F5F5799A932462), (15, 0xA129CA6149BE45E5))


def unsigned(word: np.int64) -> int:
    return int(word) % 2**64


@pytest.mark.parametrize(("text", "seed", "expected"), XXH64)
def test_xxh64_gives_the_published_values(text, seed, expected):
    assert expected == unsigned(hashing.hash_strings(pa.array([text]), seed=seed)[0])


@pytest.mark.parametrize(("length", "expected"), SIPHASH)
def test_siphash_gives_the_published_values(length, expected):
    assert expected == unsigned(hashing.keyed_strings(pa.array([bytes(range(length))]), KEY)[0])


def test_a_word_is_hashed_as_its_eight_little_endian_bytes():
    word = int.from_bytes(bytes(range(8)), "little")
    assert unsigned(hashing.keyed([word], KEY)[0]) == 0x93F5F5799A932462


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary()])
def test_layout_does_not_change_the_hash(kind):
    texts = ["one", None, "", "zwölf Ärzte", "x" * 100]
    expected = hashing.hash_strings(pa.array(texts))
    sliced = pa.array(["skip", *texts, "skip"], kind)[1:-1]
    chunked = pa.chunked_array([pa.array(texts[:2], kind), pa.array(texts[2:], kind)])
    assert expected.tolist() == hashing.hash_strings(sliced).tolist()
    assert expected.tolist() == hashing.hash_strings(chunked).tolist()


def test_null_is_zero_and_a_value_never():
    assert hashing.hash_strings(pa.array([None, None], pa.string())).tolist() == [0, 0]
    assert 0 not in hashing.keyed_strings(pa.array(["", "a"]), KEY)
    assert hashing.keyed_strings(pa.array([], pa.string()), KEY).tolist() == []


def test_mix_of_plain_ints_equals_mix_of_arrays():
    a, b = [1, -5, 2**62, 0], [7, 7, -(2**63), 0]
    assert [hashing.mix(x, y) for x, y in zip(a, b, strict=True)] == hashing.mix(
        np.array(a), np.array(b)
    ).tolist()


def test_mix_sees_the_order():
    assert hashing.mix(1, 2) != hashing.mix(2, 1)


def test_key_of_another_length_is_refused():
    with pytest.raises(UsageError, match="16 or 32 bytes"):
        HashKey.from_bytes(b"short")
