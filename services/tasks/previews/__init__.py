"""Previews: creation, upload and processing of files, annotations, downloads."""
