"""Instances: numbered copies of assets in scenes, shots and other assets."""
