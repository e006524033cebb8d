"""HTA's kernel breakdown is samprof's to the nanosecond."""

from samprof.trace import load_trace
from tests.support.hta import Made, figure

pytest_plugins = ["tests.support.hta_fixtures"]


def test_device_time_by_kind_is_htas_to_the_nanosecond(made: Made) -> None:
    path, truth, table = made
    kernels = load_trace(path).kernels()
    sums = kernels.groupby("kind")["dur_ns"].sum()
    expected = {
        "computation": sums["kernel"],
        "memory": sums["memcpy"] + sums["memset"],
        "all": truth.device_ns,
    }
    for item, whole in expected.items():
        row = figure(table, "kernel breakdown", item)
        assert (row["hta"], row["samprof"], row["difference"]) == (whole, whole, 0)
    by_name = table[table["analysis"] == "kernels by name"]
    assert by_name["hta"].sum() == truth.device_ns
    assert by_name.set_index("item")["hta"].to_dict() == (
        kernels.groupby("name")["dur_ns"].sum().to_dict()
    )
    launches = figure(table, "launch statistics", "launches")
    assert launches["hta"] == launches["samprof"] == truth.activities
