"""axe-core on a page: WCAG 2.2 AA and best practices, also what it leaves out by default.

Whoever looks at pages waits as long here: beside other work a machine reads eight pages of a
PDF in more than Playwright's five seconds, and what never comes fails a test all the same.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

WAIT_MS = 120_000
"""How long a page may take to show what is expected, and an action to become possible."""

expect.set_options(timeout=WAIT_MS)

OPTIONS = {"rules": {"target-size": {"enabled": True}}}
"""The size of targets came with WCAG 2.2; axe-core has it switched off."""


def violations(page: Page) -> int:
    """Return how many rules axe-core sees violated, and print which."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    results = Axe().run(page, options=OPTIONS)
    for one in results.response["violations"]:
        # The library's own report cannot name what stands in a shadow root.
        print(one["id"], [(node["target"], node["failureSummary"]) for node in one["nodes"]])  # noqa: T201 - shown when the test fails
    return int(results.violations_count)
