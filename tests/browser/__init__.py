"""The pages in a real browser: Debian's chromium, led by Playwright."""
