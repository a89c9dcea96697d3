"""Loads the rules that hold for every test, whichever folder or page is asked for."""

pytest_plugins = ["tests.rules.shapes", "tests.rules.offline", "tests.rules.pages", "tests.rules.report"]
