"""Where the tables lie that `bxb` and `sumstats` printed."""

from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden" / "bxb"
EDGES = GOLDEN.with_name("bxb_edge")
