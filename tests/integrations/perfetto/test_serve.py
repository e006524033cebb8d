"""A real Chromium, on a page with Perfetto's origin, reads what `samprof view` serves."""

import threading
from pathlib import Path

from playwright.sync_api import Page, Route

from samprof.integrations.perfetto.export import export
from samprof.integrations.perfetto.serve import PAGE, trace_server
from samprof.testing import TraceOptions, write_trace
from tests.support.tracks import document

pytest_plugins = ["tests.support.browser"]

# What Perfetto's page does: it looks for a trace processor, then fetches the file that the link names.
# The browser's own JSON reader stands in for Perfetto's.
FETCH = """
async (base) => {
    const asked = await fetch(base.origin + "/status", {method: "POST", cache: "no-cache"});
    const answer = await fetch(base.url);
    const plain = answer.body.pipeThrough(new DecompressionStream("gzip"));
    const trace = JSON.parse(await new Response(plain).text());
    return [location.origin, asked.status, answer.status, trace.traceEvents.length];
}
"""


def test_perfettos_page_reads_the_exported_tracks(page: Page, tmp_path: Path) -> None:
    write_trace(tmp_path / "trace.json.gz", 5000, TraceOptions(graphs=True), steps=1)
    target = tmp_path / "tracks.json.gz"
    export(tmp_path / "trace.json.gz", target, tracks=True)
    count = len(document(target)["traceEvents"])

    def stand_in(route: Route) -> None:
        # No internet in tests: an empty page, but of the real origin.
        route.fulfill(content_type="text/html", body="<title>stand-in</title>")

    page.route(f"{PAGE}/**", stand_in)
    # What the user allows when the browser asks.
    page.context.grant_permissions(["local-network-access"], origin=PAGE)
    page.goto(PAGE)
    with trace_server(target, 0) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            origin = f"http://127.0.0.1:{server.port}"
            place = {"origin": origin, "url": origin + server.url_path}
            found = page.evaluate(FETCH, place)
        finally:
            server.shutdown()
            serving.join()
    assert found == [PAGE, 404, 200, count]
