"""Deployment: local runs, images, migrations, data transfer."""
