"""``make routes``: prints every route with its method, access and summary."""

from __future__ import annotations

from deploy.docs.declarations import resource_of, resources
from deploy.docs.http_api.operations import summary
from gateway.routes import ROUTES

if __name__ == "__main__":
    served = resources()
    for route in sorted(ROUTES, key=lambda r: (r.path, r.method)):
        text = summary(route, resource_of(route, served))
        print(f"{route.method:<7}{route.path:<62}{route.rpc:<24}{route.access.value:<9}{text}")
