"""PyMISP and misp-stix, imported without what they leave behind in the interpreter."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # their dependencies use what Python will drop
    import pymisp
    import stix2
    from misp_stix_converter import ExternalSTIX2toMISPParser, MISPtoSTIX21Parser

    # an old importer of a package for STIX 1 stays behind, and would warn at every later import
    sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

DATA = Path(pymisp.__file__).parent / "data"

__all__ = ["DATA", "ExternalSTIX2toMISPParser", "MISPtoSTIX21Parser", "pymisp", "stix2"]
