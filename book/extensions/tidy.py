"""A local Sphinx extension: keep third-party hosts and a script that is there twice out of every page."""

from typing import Any


def tidy(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Drop web fonts, Thebe (which loads from another host) and inline scripts that repeat an earlier one."""
    seen: set[str] = set()
    kept = []
    for script in context.get("script_files", []):
        body = (getattr(script, "attributes", {}) or {}).get("body")
        if body and (body in seen or "THEBE_JS_URL" in body):
            continue
        if "sphinx-thebe" in str(getattr(script, "filename", "")):
            continue
        seen.add(body or "")
        kept.append(script)
    context["script_files"] = kept
    styles = context.get("css_files", [])
    outside = ("//", "http:", "https:")
    context["css_files"] = [s for s in styles if not str(getattr(s, "filename", s)).startswith(outside)]


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx, after every extension that adds scripts."""
    app.connect("html-page-context", tidy, priority=990)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
