"""Claimwatch's core: knows no platform, no model and no web page."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("claimwatch")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
