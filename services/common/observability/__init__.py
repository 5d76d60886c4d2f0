"""Logs, metrics, traces and the files that health probes read."""
