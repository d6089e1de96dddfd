"""The browser, for pages of two versions."""

from tests.browser.conftest import browser, open_page, site

__all__ = ["browser", "open_page", "site"]
