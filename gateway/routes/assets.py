"""Routes of ``assets``: entities, castings, descriptors."""

from gateway.routes.table import Body, Route, data

PATHS = ("asset-instances", "entities", "entity-links", "entity-types", "metadata-descriptors")

KINDS = ("asset", "shot", "sequence", "episode", "scene", "edit", "concept")


def kinds(path: str, rpc: str, *names: str, query: bool = False) -> tuple[Route, ...]:
    """The same list for several kinds of entities; ``{kind}`` stands for the plural."""
    return tuple(
        Route(
            "GET",
            path.replace("{kind}", f"{name}s"),
            rpc,
            query=query,
            slow=True,
            fixed=(("kind", name),),
        )
        for name in names
    )


# fmt: off
ROUTES = (
    *kinds("/data/projects/{project_id}/{kind}", "assets.list_project_entities", *KINDS, query=True),
    *kinds("/data/{kind}",     "assets.list_entities", "asset", "shot", "sequence", "episode", "edit", "concept", query=True),
    *kinds("/data/{kind}/all", "assets.list_entities", "asset", "shot", "scene", "edit", query=True),
    Route("GET", "/data/sequences/{ident}", "assets.read_part", fixed=(("kind", "sequence"),)),
    Route("GET", "/data/episodes/{ident}",  "assets.read_part", fixed=(("kind", "episode"),)),
    Route("GET", "/data/scenes/{ident}",    "assets.read_part", fixed=(("kind", "scene"),)),
    Route("GET", "/data/sequences/{ident}/shots",     "assets.list_children", fixed=(("kind", "shot"),     ("of", "sequence"))),
    Route("GET", "/data/sequences/{ident}/scenes",    "assets.list_children", fixed=(("kind", "scene"),    ("of", "sequence"))),
    Route("GET", "/data/episodes/{ident}/sequences",  "assets.list_children", fixed=(("kind", "sequence"), ("of", "episode"))),
    Route("GET", "/data/episodes/{ident}/shots",      "assets.list_shots_of_episode"),
    Route("GET", "/data/projects/{project_id}/asset-types/{asset_type_id}/assets",         "assets.list_assets_of_type"),
    Route("GET", "/data/projects/{project_id}/assets/shared-used",                         "assets.list_shared_used"),
    Route("GET", "/data/projects/{project_id}/episodes/{episode_id}/assets/shared-used",   "assets.list_shared_used"),
    Route("POST", "/data/projects/{project_id}/asset-types/{asset_type_id}/assets/new", "assets.create_asset", body=Body.JSON, status=201),
    *(Route("POST", f"/data/projects/{{project_id}}/{kind}s", "assets.create_entity", body=Body.JSON, status=201, fixed=(("kind", kind),)) for kind in KINDS[1:]),
    *(Route("DELETE", f"/data/{kind}s/{{ident}}", "assets.remove_entity", query=True, slow=True, status=204, fixed=(("kind", kind),)) for kind in KINDS),
    Route("GET",    "/data/shots/{ident}/asset-instances",               "assets.list_instances_of_shot"),
    Route("POST",   "/data/shots/{ident}/asset-instances",               "assets.add_instance_to_shot", body=Body.JSON, status=201),
    Route("DELETE", "/data/shots/{ident}/asset-instances/{instance_id}", "assets.remove_instance_from_shot", status=204),
    Route("GET",    "/data/scenes/{ident}/asset-instances",              "assets.list_instances_in", fixed=(("kind", "scene"),)),
    Route("POST",   "/data/scenes/{ident}/asset-instances",              "assets.instantiate_in_scene", body=Body.JSON, status=201),
    Route("GET",    "/data/assets/{ident}/asset-asset-instances",        "assets.list_instances_in", fixed=(("kind", "asset"),)),
    Route("POST",   "/data/assets/{ident}/asset-asset-instances",        "assets.instantiate_in_asset", body=Body.JSON, status=201),
    Route("GET",    "/data/assets/{ident}/shot-asset-instances",         "assets.list_shots_of_instances"),
    Route("GET",    "/data/assets/{ident}/scene-asset-instances",        "assets.list_scenes_of_instances"),
    Route("GET",    "/data/projects/{project_id}/metadata-descriptors",         "assets.list_descriptors"),
    Route("POST",   "/data/projects/{project_id}/metadata-descriptors",         "assets.create_descriptor", body=Body.JSON, status=201),
    Route("GET",    "/data/projects/{project_id}/metadata-descriptors/{ident}", "assets.read_descriptor"),
    Route("PUT",    "/data/projects/{project_id}/metadata-descriptors/{ident}", "assets.update_descriptor", body=Body.JSON),
    Route("DELETE", "/data/projects/{project_id}/metadata-descriptors/{ident}", "assets.remove_descriptor", slow=True, status=204),
    Route("GET",    "/data/projects/{project_id}/entity-links",                 "assets.list_entity_links", query=True, slow=True),
    Route("GET", "/data/asset-types",                          "assets.list_asset_types", query=True),
    Route("GET", "/data/asset-types/{ident}",                  "assets.read_asset_type"),
    Route("GET", "/data/projects/{project_id}/asset-types",    "assets.list_asset_types_of_project"),
    Route("POST", "/actions/projects/{project_id}/delete-entities", "assets.remove_entities", body=Body.VALUE, query=True, slow=True),
    *kinds("/data/user/projects/{project_id}/{kind}", "assets.list_own_in_project", "sequence", "episode"),
    Route("GET", "/data/user/projects/{project_id}/asset-types", "assets.list_own_asset_types"),
    Route("GET", "/data/user/projects/{project_id}/asset-types/{asset_type_id}/assets", "assets.list_own_in_project", fixed=(("kind", "asset"),)),
    Route("GET", "/data/user/sequences/{ident}/shots",  "assets.list_own_children", fixed=(("kind", "shot"),  ("of", "sequence"))),
    Route("GET", "/data/user/sequences/{ident}/scenes", "assets.list_own_children", fixed=(("kind", "scene"), ("of", "sequence"))),
    Route("PUT", "/data/shots/{ident}",                        "assets.update_shot", body=Body.JSON),
    Route("GET", "/data/shots/{ident}/versions",               "assets.list_versions"),
    Route("GET", "/data/shots/{ident}/asset-types",            "assets.list_asset_types_of_shot"),
    Route("GET", "/data/shots/{ident}/assets",   "assets.list_cast_assets", fixed=(("kind", "shot"),)),
    Route("GET", "/data/assets/{ident}/assets",  "assets.list_cast_assets", fixed=(("kind", "asset"),)),
    Route("GET", "/data/assets/{ident}/cast-in", "assets.list_cast_in"),
    Route("GET", "/data/assets/{ident}/casting", "assets.read_asset_casting"),
    Route("PUT", "/data/assets/{ident}/casting", "assets.replace_asset_casting", body=Body.JSON),
    Route("GET", "/data/projects/{project_id}/entities/{entity_id}/casting",           "assets.read_casting"),
    Route("PUT", "/data/projects/{project_id}/entities/{entity_id}/casting",           "assets.replace_casting",  body=Body.JSON),
    Route("PUT", "/data/projects/{project_id}/entities/casting",                       "assets.replace_castings", body=Body.JSON, slow=True),
    Route("PUT", "/data/projects/{project_id}/entities/casting/assets/{asset_id}",     "assets.cast_asset", body=Body.JSON),
    Route("GET", "/data/projects/{project_id}/asset-types/{asset_type_id}/casting",    "assets.list_casting_by_type"),
    Route("GET", "/data/projects/{project_id}/sequences/{sequence_id}/casting",        "assets.list_casting_of_sequence"),
    Route("GET", "/data/projects/{project_id}/sequences/all/casting",                  "assets.list_casting_of_sequences", slow=True),
    Route("GET", "/data/projects/{project_id}/episodes/{episode_id}/sequences/all/casting", "assets.list_casting_of_episode_sequences", slow=True),
    Route("GET", "/data/projects/{project_id}/episodes/casting",                       "assets.list_casting_of_episodes", slow=True),
    *(route for path in PATHS for route in data(path, service="assets")),
)
# fmt: on
