"""The function of RFC 9497 against its test vectors and against another implementation."""

from __future__ import annotations

import pytest
from voprf import ristretto

from stillwatch.model.errors import RefusedError
from stillwatch.share.oprf import MODE_VOPRF, Oprf, output

SEED = bytes.fromhex("a3" * 32)
KEY = bytes.fromhex("5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e")
BLIND = bytes.fromhex("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706")
VECTORS = (  # RFC 9497 appendix A.1.1: input, blinded element, evaluation element, output
    (
        "00",
        "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
        "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
        (
            "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
            "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"
        ),
    ),
    (
        "5a" * 17,
        "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
        "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
        (
            "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
            "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"
        ),
    ),
)


@pytest.fixture(scope="module")
def oprf() -> Oprf:
    """Mode 0 on one thread."""
    return Oprf(threads=1)


def test_the_key_is_derived_as_the_rfc_says(oprf: Oprf) -> None:
    """Seed and info of appendix A.1."""
    assert KEY == oprf.derive_key(SEED, b"test key")


@pytest.mark.parametrize(("value", "blinded", "evaluated", "result"), VECTORS)
def test_the_rfc_vectors(oprf: Oprf, value: str, blinded: str, evaluated: str, result: str) -> None:
    """Blind, BlindEvaluate, Finalize and Evaluate, byte for byte."""
    data = bytes.fromhex(value)
    assert blinded == oprf.blind(data, BLIND).hex()
    assert evaluated == oprf.multiply(KEY, bytes.fromhex(blinded)).hex()
    unblinded = oprf.multiply(oprf.invert(BLIND), bytes.fromhex(evaluated))
    assert result == output(data, unblinded).hex()
    assert result == oprf.evaluate(KEY, data).hex()


def test_another_implementation_agrees() -> None:
    """The Rust implementation, which has the verifiable mode only, in that mode."""
    ours = Oprf(mode=MODE_VOPRF, threads=1)
    theirs = ristretto.Evaluator.from_seed(SEED, b"test key")
    key = ours.derive_key(SEED, b"test key")
    assert theirs.public_key.serialize() == ours.public_key(key)
    for value in (b"\x00", b"198.51.100.7", b"x" * 1000):
        assert theirs.evaluate_known_input(value) == ours.evaluate(key, value)


@pytest.mark.parametrize("element", [b"\x00" * 32, b"\xff" * 32, b"\x01" + b"\x00" * 31, b"", b"\x02" * 31])
def test_what_is_no_element_is_refused(oprf: Oprf, element: bytes) -> None:
    """The identity, encodings that are not canonical, wrong lengths."""
    with pytest.raises(RefusedError) as caught:
        oprf.multiply(KEY, element)
    assert "malformed" == caught.value.reason


def test_threads_keep_the_order() -> None:
    """The same list from one thread and from several."""
    values = [b"%d" % n for n in range(1100)]
    one, many = Oprf(threads=1), Oprf(threads=2)
    assert one.each(one.to_group, values) == many.each(many.to_group, values)


def test_an_input_above_the_rfc_limit_is_an_error(oprf: Oprf) -> None:
    """The length goes into two bytes."""
    with pytest.raises(ValueError, match="65535"):
        oprf.to_group(bytes(65_536))
