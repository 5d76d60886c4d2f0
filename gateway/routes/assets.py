"""Routes of ``assets``: entities, castings, descriptors."""

from typing import Any

from gateway.routes.table import Body, Route, data
from services.common.contracts.assets import casting as k
from services.common.contracts.assets import descriptors as d
from services.common.contracts.assets import entities as e
from services.common.contracts.assets import instances as i
from services.common.contracts.assets import search as s
from services.common.contracts.types import Id, ListedId

PATHS = ("asset-instances", "entities", "entity-links", "entity-types", "metadata-descriptors")

KINDS = ("asset", "shot", "sequence", "episode", "scene", "edit", "concept")


def kinds(path: str, rpc: str, *names: str, query: Any = False, returns: Any) -> tuple[Route, ...]:
    """The same list for several kinds of entities; ``{kind}`` stands for the plural."""
    return tuple(
        Route(
            "GET",
            path.replace("{kind}", f"{name}s"),
            rpc,
            query=e.QUERIES[name] if query == "filters" else query,
            slow=True,
            fixed=(("kind", name),),
            returns=returns,
        )
        for name in names
    )


# fmt: off
ROUTES = (
    *kinds("/data/projects/{project_id}/{kind}", "assets.list_project_entities", *KINDS, query="filters", returns=list[e.EntityRow]),
    *kinds("/data/{kind}",     "assets.list_entities", "asset", "shot", "sequence", "episode", "edit", "concept", query="filters", returns=list[e.EntityInProduction]),
    *kinds("/data/{kind}/all", "assets.list_entities", "asset", "shot", "scene", "edit", query="filters", returns=list[e.EntityInProduction]),
    Route("GET", "/data/sequences/{ident}", "assets.read_part", returns=e.EntityInPlace, fixed=(("kind", "sequence"),)),
    Route("GET", "/data/episodes/{ident}",  "assets.read_part", returns=e.EntityInPlace, fixed=(("kind", "episode"),)),
    Route("GET", "/data/scenes/{ident}",    "assets.read_part", returns=e.EntityInPlace, fixed=(("kind", "scene"),)),
    Route("GET", "/data/sequences/{ident}/shots",     "assets.list_children", returns=list[e.EntityRow], fixed=(("kind", "shot"), ("of", "sequence"))),
    Route("GET", "/data/sequences/{ident}/scenes",    "assets.list_children", returns=list[e.EntityRow], fixed=(("kind", "scene"), ("of", "sequence"))),
    Route("GET", "/data/episodes/{ident}/sequences",  "assets.list_children", returns=list[e.EntityRow], fixed=(("kind", "sequence"), ("of", "episode"))),
    Route("GET", "/data/episodes/{ident}/shots",      "assets.list_shots_of_episode", returns=list[e.EntityRow]),
    Route("GET", "/data/projects/{project_id}/asset-types/{asset_type_id}/assets",         "assets.list_assets_of_type", returns=list[e.EntityRow]),
    Route("GET", "/data/projects/{project_id}/assets/shared-used",                         "assets.list_shared_used", returns=list[e.EntityRow]),
    Route("GET", "/data/projects/{project_id}/episodes/{episode_id}/assets/shared-used",   "assets.list_shared_used", returns=list[e.EntityRow]),
    Route("POST", "/data/projects/{project_id}/asset-types/{asset_type_id}/assets/new", "assets.create_asset", returns=e.EntityRow, takes=e.NewAsset, body=Body.JSON, status=201),
    *(Route("POST", f"/data/projects/{{project_id}}/{kind}s", "assets.create_entity", returns=e.EntityRow, takes=e.NEW[kind], body=Body.JSON, status=201, fixed=(("kind", kind),)) for kind in KINDS[1:]),
    *(Route("DELETE", f"/data/{kind}s/{{ident}}", "assets.remove_entity", query=e.RemovalQuery, slow=True, status=204, fixed=(("kind", kind),)) for kind in KINDS),
    Route("GET",    "/data/projects/{project_id}/concept-folders",         "assets.list_concept_folders", returns=list[e.EntityRow]),
    Route("POST",   "/data/projects/{project_id}/concept-folders",         "assets.create_concept_folder", returns=e.EntityRow, takes=e.ConceptFolder, body=Body.LENIENT, status=201),
    Route("PUT",    "/data/concept-folders/{ident}",                       "assets.rename_concept_folder", returns=e.EntityRow, takes=e.ConceptFolder, body=Body.LENIENT),
    Route("DELETE", "/data/concept-folders/{ident}",                       "assets.remove_concept_folder", status=204),
    Route("POST",   "/actions/projects/{project_id}/move-concepts",        "assets.move_concepts", returns=list[Id], takes=e.ConceptsToMove, body=Body.LENIENT),
    Route("GET",    "/data/shots/{ident}/asset-instances",               "assets.list_instances_of_shot", returns=i.InstancesById),
    Route("POST",   "/data/shots/{ident}/asset-instances",               "assets.add_instance_to_shot", returns=e.EntityRow, takes=i.InstanceInShot, body=Body.JSON, status=201),
    Route("DELETE", "/data/shots/{ident}/asset-instances/{instance_id}", "assets.remove_instance_from_shot", status=204),
    Route("GET",    "/data/scenes/{ident}/asset-instances",              "assets.list_instances_in", returns=i.InstancesById, fixed=(("kind", "scene"),)),
    Route("POST",   "/data/scenes/{ident}/asset-instances",              "assets.instantiate_in_scene", returns=i.InstanceRow, takes=i.NewInstanceInScene, body=Body.JSON, status=201),
    Route("GET",    "/data/assets/{ident}/asset-asset-instances",        "assets.list_instances_in", returns=i.InstancesById, fixed=(("kind", "asset"),)),
    Route("POST",   "/data/assets/{ident}/asset-asset-instances",        "assets.instantiate_in_asset", returns=i.InstanceRow, takes=i.NewInstanceInAsset, body=Body.JSON, status=201),
    Route("GET",    "/data/assets/{ident}/shot-asset-instances",         "assets.list_shots_of_instances", returns=i.InstancesById),
    Route("GET",    "/data/assets/{ident}/scene-asset-instances",        "assets.list_scenes_of_instances", returns=i.InstancesById),
    Route("GET",    "/data/projects/{project_id}/metadata-descriptors",         "assets.list_descriptors", returns=list[d.DescriptorRow]),
    Route("POST",   "/data/projects/{project_id}/metadata-descriptors",         "assets.create_descriptor", returns=d.DescriptorRow, takes=d.NewDescriptor, body=Body.JSON, status=201),
    Route("GET",    "/data/projects/{project_id}/metadata-descriptors/{ident}", "assets.read_descriptor", returns=d.DescriptorRow),
    Route("PUT",    "/data/projects/{project_id}/metadata-descriptors/{ident}", "assets.update_descriptor", returns=d.DescriptorRow, takes=d.DescriptorChanges, body=Body.JSON),
    Route("DELETE", "/data/projects/{project_id}/metadata-descriptors/{ident}", "assets.remove_descriptor", slow=True, status=204),
    Route("POST",   "/data/projects/{project_id}/metadata-descriptors/reorder", "assets.reorder_descriptors", returns=list[d.DescriptorRow], takes=d.DescriptorsInOrder, body=Body.LENIENT),
    Route("POST",   "/data/metadata-descriptors/all-projects",              "assets.share_descriptor", returns=list[d.DescriptorRow], takes=d.NewSharedDescriptor, body=Body.LENIENT, status=201),
    Route("PUT",    "/data/metadata-descriptors/all-projects/{field_name}", "assets.change_shared_descriptor", returns=list[d.DescriptorRow], takes=d.SharedDescriptorChange, body=Body.LENIENT, slow=True),
    Route("DELETE", "/data/metadata-descriptors/all-projects/{field_name}", "assets.remove_shared_descriptor", returns=list[Id], query=d.SharedDescriptorQuery, slow=True),
    Route("POST",   "/actions/metadata-descriptors/all-projects/reorder",   "assets.reorder_shared_descriptors", returns=list[d.DescriptorRow], takes=d.KeysInOrder, body=Body.LENIENT),
    Route("GET",    "/data/projects/{project_id}/entity-links",                 "assets.list_entity_links", returns=list[k.CastingLink] | k.CastingLinks, query=k.LinkQuery, slow=True),
    Route("DELETE", "/data/projects/{project_id}/entity-links/{ident}",         "assets.remove_entity_link", returns=k.CastingLinkRow),
    Route("POST", "/actions/assets/share",                        "assets.share_assets", returns=list[e.EntityRow], takes=e.Sharing, body=Body.LENIENT, slow=True),
    Route("POST", "/actions/projects/{project_id}/assets/share",  "assets.share_assets_of_project", returns=list[e.EntityRow], takes=e.Sharing, body=Body.LENIENT, slow=True),
    Route("POST", "/actions/projects/{project_id}/asset-types/{asset_type_id}/assets/share", "assets.share_assets_of_project", returns=list[e.EntityRow], takes=e.Sharing, body=Body.LENIENT, slow=True),
    Route("POST", "/actions/projects/{project_id}/task-types/{task_type_id}/set-shot-nb-frames", "assets.set_shot_lengths", returns=list[e.ShotLength], query=e.LengthQuery, slow=True),
    Route("GET", "/data/asset-types",                          "assets.list_asset_types", returns=list[e.AssetTypeRow], query=e.AssetTypeQuery),
    Route("GET", "/data/asset-types/{ident}",                  "assets.read_asset_type", returns=e.AssetTypeRow),
    Route("GET", "/data/projects/{project_id}/asset-types",    "assets.list_asset_types_of_project", returns=list[e.AssetTypeRow]),
    Route("POST", "/actions/projects/{project_id}/delete-entities", "assets.remove_entities", returns=list[Id], takes=list[ListedId], body=Body.VALUE, query=e.RemovalQuery, slow=True),
    *kinds("/data/user/projects/{project_id}/{kind}", "assets.list_own_in_project", "sequence", "episode", returns=list[e.EntityRow]),
    Route("GET", "/data/user/projects/{project_id}/asset-types", "assets.list_own_asset_types", returns=list[e.AssetTypeRow]),
    Route("GET", "/data/user/projects/{project_id}/asset-types/{asset_type_id}/assets", "assets.list_own_in_project", returns=list[e.EntityRow], fixed=(("kind", "asset"),)),
    Route("GET", "/data/user/sequences/{ident}/shots",  "assets.list_own_children", returns=list[e.EntityRow], fixed=(("kind", "shot"), ("of", "sequence"))),
    Route("GET", "/data/user/sequences/{ident}/scenes", "assets.list_own_children", returns=list[e.EntityRow], fixed=(("kind", "scene"), ("of", "sequence"))),
    Route("PUT", "/data/shots/{ident}",                        "assets.update_shot", returns=e.EntityRow, takes=e.ShotChanges, body=Body.JSON),
    Route("GET", "/data/shots/{ident}/versions",               "assets.list_versions", returns=list[e.EntityVersion]),
    Route("GET", "/data/shots/{ident}/asset-types",            "assets.list_asset_types_of_shot", returns=list[e.AssetTypeRow]),
    Route("GET", "/data/shots/{ident}/assets",   "assets.list_cast_assets", returns=list[e.EntityRow], fixed=(("kind", "shot"),)),
    Route("GET", "/data/assets/{ident}/assets",  "assets.list_cast_assets", returns=list[e.EntityRow], fixed=(("kind", "asset"),)),
    Route("GET", "/data/assets/{ident}/cast-in", "assets.list_cast_in", returns=list[k.PlaceOfCast]),
    Route("GET", "/data/assets/{ident}/casting", "assets.read_asset_casting", returns=list[k.CastAssetInFull]),
    Route("PUT", "/data/assets/{ident}/casting", "assets.replace_asset_casting", returns=list[k.Casting], takes=list[k.Casting], body=Body.JSON),
    Route("GET", "/data/projects/{project_id}/entities/{entity_id}/casting",           "assets.read_casting", returns=list[k.CastAssetInFull]),
    Route("PUT", "/data/projects/{project_id}/entities/{entity_id}/casting",           "assets.replace_casting", returns=list[k.Casting], takes=list[k.Casting], body=Body.JSON),
    Route("PUT", "/data/projects/{project_id}/entities/casting",                       "assets.replace_castings", returns=dict[str, list[k.Casting]], takes=dict[str, list[k.Casting]], body=Body.JSON, slow=True),
    Route("PUT", "/data/projects/{project_id}/entities/casting/assets/{asset_id}",     "assets.cast_asset", returns=dict[str, list[k.SharedCastAsset]], takes=k.CastInSeveral, body=Body.JSON),
    Route("GET", "/data/projects/{project_id}/asset-types/{asset_type_id}/casting",    "assets.list_casting_by_type", returns=k.CastingsOfAssets),
    Route("GET", "/data/projects/{project_id}/sequences/{sequence_id}/casting",        "assets.list_casting_of_sequence", returns=k.CastingsOfShots),
    Route("GET", "/data/projects/{project_id}/sequences/all/casting",                  "assets.list_casting_of_sequences", returns=k.CastingsOfShots, slow=True),
    Route("GET", "/data/projects/{project_id}/episodes/{episode_id}/sequences/all/casting", "assets.list_casting_of_episode_sequences", returns=k.CastingsOfShots, slow=True),
    Route("GET", "/data/projects/{project_id}/episodes/casting",                       "assets.list_casting_of_episodes", returns=k.CastingsOfEpisodes, slow=True),
    Route("POST", "/data/search", "assets.search_entities", returns=s.Hits, takes=s.Question, body=Body.LENIENT, joined=("auth.search_persons",)),
    *(route for path in PATHS for route in data(path, service="assets")),
)
# fmt: on
