"""axe-core on a page: WCAG 2.2 AA and best practices, also what it leaves out by default."""

from __future__ import annotations

from playwright.sync_api import Page

OPTIONS = {"rules": {"target-size": {"enabled": True}}}
"""The size of targets came with WCAG 2.2; axe-core has it switched off."""


def violations(page: Page) -> int:
    """Return how many rules axe-core sees violated, and print which."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    results = Axe().run(page, options=OPTIONS)
    print(results.generate_report())  # noqa: T201 - shown when the test fails
    return int(results.violations_count)
