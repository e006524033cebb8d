"""HTA's busy and idle times are samprof's, except for its rounding."""

from tests.support.hta import Made, figure

pytest_plugins = ["tests.support.hta_fixtures"]


def test_idle_and_busy_times_are_htas_except_for_its_rounding(made: Made) -> None:
    _, truth, table = made
    parts = ("idle_time", "compute_time", "non_compute_time")
    rows = {item: figure(table, "temporal breakdown", item) for item in (*parts, "kernel_time")}
    assert sum(rows[item]["samprof"] for item in parts) == rows["kernel_time"]["samprof"]
    # Times in this trace are doubles of microseconds about half a nanosecond apart.
    for row in rows.values():
        assert abs(row["difference"]) <= truth.activities
        assert (row["reason"] == "") == (row["difference"] == 0)
    both = table[table["difference"].notna()]
    assert not both["reason"].str.contains("not explained").any()
    assert both.loc[both["difference"] != 0, "reason"].str.contains("HTA (?:stores|rounds)").all()
