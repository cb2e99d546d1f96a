"""cdp.js: the storefront's script, its parts, its assembling and its serving. docs/cdp-js.md is its contract."""
