"""The page in Chromium: first paint, layout shifts, size, and the time from typing to results.

    INDEX=indexes/fashion python -m benchmarks.page          (2 minutes; make bench)

Needs the built page (`make run` builds it), Node, and Chromium. Each load is a first visit: nothing
of the page is kept from before. A query is typed letter by letter; its time goes from the last key
to the frame after the pictures in view are decoded, so it has the page's own pause in it. Layout
shifts are added up as "cumulative layout shift" does, which leaves out the half second after a key
or a click, and all of them. Writes benchmarks/results/page.json.
"""

import argparse
import json
import statistics
import subprocess
import sys

from benchmarks.machine import REPOSITORY, save
from benchmarks.servers import inherited, running
from wardrobe.settings import Settings


def main() -> int:
    """Measures the page of a server that runs for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loads", type=int, default=15)
    parser.add_argument("--queries", type=int, default=48, help="64 at most")
    arguments = parser.parse_args()
    settings = Settings()
    if not (REPOSITORY / settings.page / "index.html").is_file():
        sys.stderr.write(f"There is no page in {settings.page}: npm --prefix frontend run build\n")
        return 1
    with running("Wardrobe") as server:
        asked = {
            "WARDROBE_URL": f"http://127.0.0.1:{server.port}",
            "LOADS": str(arguments.loads),
            "QUERIES": str(arguments.queries),
        }
        done = subprocess.run(
            ["npm", "--prefix", "frontend", "run", "--silent", "measure"],
            cwd=REPOSITORY,
            env=inherited(asked),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    measured = json.loads(done.stdout)
    save("page", measured)
    paint = statistics.median(measured["first_contentful_paint_ms"])
    painted = statistics.quantiles(measured["typing"]["painted_ms"], n=20)
    print(f"first contentful paint {paint:.0f} ms")
    print(f"typing to results: p50 {painted[9]:.0f} ms, p95 {painted[18]:.0f} ms")
    print(f"script {sum(measured['script_gzip_bytes'].values()) / 1000:.0f} KB")
    for what, shift in measured["layout_shift"].items():
        print(f"layout shift, {what}: {shift['cumulative']:.3f} (all {shift['all']:.3f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
