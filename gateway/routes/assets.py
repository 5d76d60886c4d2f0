"""Routes of ``assets``: entities, castings, descriptors."""

from gateway.routes.table import Body, Route, data

PATHS = ("asset-instances", "entities", "entity-links", "entity-types", "metadata-descriptors")

# fmt: off
ROUTES = (
    Route("GET", "/data/assets/{ident}/assets",  "assets.list_cast_assets"),
    Route("GET", "/data/assets/{ident}/cast-in", "assets.list_cast_in"),
    Route("GET", "/data/assets/{ident}/casting", "assets.read_asset_casting"),
    Route("PUT", "/data/assets/{ident}/casting", "assets.replace_asset_casting", body=Body.JSON),
    Route("GET", "/data/projects/{project_id}/entities/{entity_id}/casting",           "assets.read_casting"),
    Route("PUT", "/data/projects/{project_id}/entities/{entity_id}/casting",           "assets.replace_casting",  body=Body.JSON),
    Route("PUT", "/data/projects/{project_id}/entities/casting",                       "assets.replace_castings", body=Body.JSON, slow=True),
    Route("GET", "/data/projects/{project_id}/asset-types/{asset_type_id}/casting",    "assets.casting_by_type"),
    Route("GET", "/data/projects/{project_id}/sequences/{sequence_id}/casting",        "assets.casting_of_sequence"),
    Route("GET", "/data/projects/{project_id}/sequences/all/casting",                  "assets.casting_of_sequences", slow=True),
    Route("GET", "/data/projects/{project_id}/episodes/{episode_id}/sequences/all/casting", "assets.casting_of_episode_sequences", slow=True),
    Route("GET", "/data/projects/{project_id}/episodes/casting",                       "assets.casting_of_episodes", slow=True),
    *(route for path in PATHS for route in data(path, service="assets")),
)
# fmt: on
