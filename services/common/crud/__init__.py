"""Generic CRUD: a resource is declared once, and has its five verbs."""
