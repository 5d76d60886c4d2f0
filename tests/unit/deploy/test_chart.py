"""The Helm chart, rendered by Helm itself."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from helm_python import Chart, HelmRenderError, lint

from deploy.measures import WHERE
from services.common.database.pools import Database
from services.common.events.subscriber import Handler
from services.common.wire.topology import SERVICES
from tests.unit.deploy.environments import STORAGE, databases, known_names, start

CHART = Path(__file__).parents[3] / "deploy/chart"
SCHEMAS = Path(__file__).parent / "schemas"
KUBERNETES = "1.34"
PROCESSES = [*SERVICES, "gateway", "relay", "webhooks"]
FILING = {"gateway", "auth", "tasks", "crud"}
VARIANTS: dict[str, dict[str, Any]] = {
    "shared": {},
    "per service": {"database": {"mode": "perService", "storageClass": "fast"}},
    "external": {
        "database": {"mode": "external", "externalCidr": "10.1.2.0/24"},
        "broker": {
            "create": False,
            "secret": "the-broker",
            "managementUrl": "http://broker:15672/",
        },
        "ingress": {"enabled": False},
        "monitoring": {"postgresExporter": {"enabled": True}},
    },
    "all options": {
        "externalSecrets": {"enabled": True},
        "image": {"tag": "1.2.3", "pullSecrets": ["registry"]},
        "monitoring": {"labels": {"release": "prometheus"}},
        "database": {
            "image": "postgresql:18",
            "backup": {"barmanObjectStore": {"destinationPath": "s3://backups"}},
        },
        "broker": {"storageClass": "fast"},
        "tracing": {"endpoint": "http://collector.monitoring:4318"},
        "priorityClassName": "studio",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "studio", "operator": "Exists"}],
    },
    "no operators": {
        "scaling": {"enabled": False},
        "monitoring": {"enabled": False},
        "broker": {"create": False, "secret": "the-broker"},
        "database": {"mode": "external"},
    },
}


@cache
def rendered(variant: str, *, upgrade: bool = False) -> list[dict[str, Any]]:
    """The chart's objects with these values."""
    with Chart.load(CHART) as chart:
        files = chart.render(
            VARIANTS[variant],
            name="studio",
            namespace="callboard",
            is_install=not upgrade,
            is_upgrade=upgrade,
            revision=2 if upgrade else 1,
        )
    return [one for text in files.values() for one in yaml.safe_load_all(text) if one]


def of_kind(variant: str, *kinds: str) -> dict[str, dict[str, Any]]:
    """The objects of these kinds, by name."""
    result = [one for one in rendered(variant) if one["kind"] in kinds]
    assert len({one["metadata"]["name"] for one in result}) == len(result)
    return {one["metadata"]["name"]: one for one in result}


def pods(variant: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod template of each process, including the prepare job."""
    for one in of_kind(variant, "Deployment", "Job").values():
        template = one["spec"]["template"]
        labels = template["metadata"]["labels"]
        if labels["app.kubernetes.io/name"] == "callboard":
            yield labels["app.kubernetes.io/component"], template


def pod(variant: str, process: str) -> dict[str, Any]:
    """The pod template of one process."""
    return dict(pods(variant))[process]


def variables(variant: str, process: str) -> dict[str, dict[str, Any]]:
    """The environment variables of a process."""
    (container,) = pod(variant, process)["spec"]["containers"]
    names = [one["name"] for one in container["env"]]
    assert len(set(names)) == len(names)
    return {one["name"]: one for one in container["env"]}


def made_up(variable: dict[str, Any]) -> str:
    """A made-up value of a secret."""
    if "value" in variable:
        return str(variable["value"])
    name: str = variable["name"]
    if name.endswith("_DATABASE_URL"):
        service = name.removesuffix("_DATABASE_URL").lower()
        return f"postgresql://callboard_{service}:secret@somewhere/callboard"
    return {
        "MAIL_URL": "smtps://mail.example.com",
        "PREVIOUS_SECRET_KEYS": "",
        "PREVIOUS_ENCRYPTION_KEYS": "",
    }.get(name, "x" * 40)


# --- the form -------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_object_is_valid_for_kubernetes_and_the_operators(variant: str) -> None:
    """No field is unknown or of the wrong type."""
    for one in rendered(variant):
        own = SCHEMAS / f"{one['kind']}.json"
        if own.exists():
            jsonschema.validate(one, json.loads(own.read_text()))
        else:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_an_unknown_field_is_invalid() -> None:
    """In objects of Kubernetes and of operators."""
    service = json.loads(json.dumps(of_kind("shared", "Service")["callboard-gateway"]))
    service["spec"]["portz"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(service, KUBERNETES, strict=True)
    scaled = json.loads(json.dumps(of_kind("shared", "ScaledObject")["callboard-auth"]))
    scaled["spec"]["minReplicas"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(scaled, json.loads((SCHEMAS / "ScaledObject.json").read_text()))


def test_helm_lint_passes() -> None:
    """It only misses an icon."""
    messages = [message for message in lint(CHART)["messages"] if "icon" not in str(message)]
    assert messages == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"database": {"mode": "pershow"}}, "database.mode must be shared"),
        ({"broker": {"create": False}}, "broker.secret must name a Secret"),
        ({"broker": {"create": False, "secret": "s"}}, "broker.managementUrl must be set"),
        ({"monitoring": {"namespace": ""}}, "monitoring.namespace must say"),
    ],
)
def test_invalid_values_are_refused(values: dict[str, Any], sentence: str) -> None:
    """With a sentence that says what to set."""
    with Chart.load(CHART) as chart, pytest.raises(HelmRenderError, match=sentence):
        chart.render(values, name="studio", namespace="callboard")


# --- the pods -------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_containers_are_restricted_and_read_only(variant: str) -> None:
    """The restricted pod security standard, with a read-only root."""
    for _, template in pods(variant):
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("process", [*PROCESSES, "prepare"])
def test_each_process_can_start_with_its_environment(variant: str, process: str) -> None:
    """Every required variable is set, and none that no process reads."""
    given = variables(variant, process)
    start(process, {name: made_up(one) for name, one in given.items()})
    allowed = known_names(process) | (STORAGE if process in FILING else set())
    assert set(given) <= allowed


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_chart_contains_no_secret(variant: str) -> None:
    """It refers to secrets, and creates none."""
    assert of_kind(variant, "Secret") == {}
    for process, _ in pods(variant):
        for name, one in variables(variant, process).items():
            if name.endswith(("_KEY", "_KEYS", "PASSWORD", "_URI", "DATABASE_URL", "MAIL_URL")):
                assert "secretKeyRef" in one["valueFrom"], name


@pytest.mark.parametrize("process", [*SERVICES, "gateway"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_each_process_has_only_its_own_database_url(variant: str, process: str) -> None:
    """The gateway has none; only the relay and the prepare job have all."""
    own = {process} if process in SERVICES else set()
    assert databases(variables(variant, process)) == own
    assert "DATABASE_URL" not in variables(variant, process)


def stop_seconds() -> int:
    """The seconds a service allows for shutdown; parsed, as importing would patch this process."""
    text = (CHART.parents[1] / "services/common/runtime/main.py").read_text()
    (found,) = re.findall(r"^STOP_SECONDS: Final = (\d+)$", text, re.MULTILINE)
    return int(found)


@pytest.mark.parametrize("process", PROCESSES)
def test_each_process_has_probes_and_a_grace_period(process: str) -> None:
    """Longer than the process's own shutdown."""
    spec = pod("shared", process)["spec"]
    (container,) = spec["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe].keys() & {"exec", "httpGet"}
    waits = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert spec["terminationGracePeriodSeconds"] > waits + stop_seconds()


# --- what stands around them ----------------------------------------------------------------------


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether the labels match."""
    wanted = selector["matchLabels"]
    return bool(wanted) and wanted.items() <= labels.items()


@pytest.mark.parametrize("process", PROCESSES)
def test_each_process_has_two_pods_a_spread_and_a_disruption_budget(process: str) -> None:
    """Draining a node evicts one pod at a time."""
    template = pod("no operators", process)
    labels = template["metadata"]["labels"]
    budgets = of_kind("no operators", "PodDisruptionBudget").values()
    fitting = [one for one in budgets if selects(one["spec"]["selector"], labels)]
    assert [one["spec"]["maxUnavailable"] for one in fitting] == [1]
    for spread in template["spec"]["topologySpreadConstraints"]:
        assert selects(spread["labelSelector"], labels)
    assert of_kind("no operators", "Deployment")[f"callboard-{process}"]["spec"]["replicas"] >= 2


def policy(variant: str, process: str) -> dict[str, Any]:
    """The network policy of a process."""
    labels = pod(variant, process)["metadata"]["labels"]
    policies = of_kind(variant, "NetworkPolicy").values()
    (found,) = [one for one in policies if selects(one["spec"]["podSelector"], labels)]
    spec: dict[str, Any] = found["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    return spec


def egress_by_port(variant: str, process: str) -> dict[int, list[dict[str, Any]]]:
    """The allowed targets of a process, by port."""
    return {
        port["port"]: rule["to"]
        for rule in policy(variant, process)["egress"]
        for port in rule["ports"]
    }


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("process", [*PROCESSES, "prepare"])
def test_only_the_gateway_accepts_traffic(variant: str, process: str) -> None:
    """From the ingress; monitoring may reach metrics if enabled."""
    rules = policy(variant, process)["ingress"]
    ports = [port["port"] for rule in rules for port in rule["ports"]]
    if process == "gateway":
        assert ports == [8080]
    elif process == "prepare" or variant == "no operators":
        assert ports == []
    else:
        assert ports == [9100]
        assert [one for rule in rules for one in rule["from"]] == [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
        ]


@pytest.mark.parametrize("process", [*PROCESSES, "prepare"])
def test_egress_is_limited_to_what_each_process_needs(process: str) -> None:
    """DNS, the broker, its database, the bucket, mail, receivers of webhooks, the management."""
    out = set(egress_by_port("shared", process))
    wanted = {53}
    wanted |= {5672} if process != "prepare" else set()
    wanted |= {5432} if process != "gateway" else set()
    wanted |= {443} if process in FILING else set()
    wanted |= {25, 465, 587} if process == "auth" else set()
    wanted |= {80, 443} if process == "webhooks" else set()
    wanted |= {15672} if process == "crud" else set()
    assert out == wanted


@pytest.mark.parametrize("process", PROCESSES)
def test_egress_to_the_trace_collector_is_opened_if_enabled(process: str) -> None:
    """To monitoring's namespace, at the endpoint's port."""
    endpoint = variables("all options", process)["OTEL_EXPORTER_OTLP_ENDPOINT"]["value"]
    port = int(endpoint.rpartition(":")[2])
    assert port in egress_by_port("all options", process)
    assert port not in egress_by_port("shared", process)


@pytest.mark.parametrize("service", SERVICES)
def test_with_a_cluster_per_service_each_reaches_only_its_own(service: str) -> None:
    """The address comes from that cluster's secret."""
    name = f"callboard-db-{service}"
    assert egress_by_port("per service", service)[5432] == [
        {"podSelector": {"matchLabels": {"cnpg.io/cluster": name}}}
    ]
    reference = variables("per service", service)[f"{service.upper()}_DATABASE_URL"]["valueFrom"]
    assert reference == {"secretKeyRef": {"name": f"{name}-app", "key": "uri"}}
    cluster = of_kind("per service", "Cluster")[name]["spec"]
    assert cluster["bootstrap"]["initdb"]["owner"] == f"callboard_{service}"
    assert cluster["instances"] == 3


def test_the_broker_has_three_nodes_on_three_hosts() -> None:
    """So that quorum queues survive the loss of one."""
    (broker,) = of_kind("shared", "RabbitmqCluster").values()
    assert broker["spec"]["replicas"] == 3
    rules = broker["spec"]["affinity"]["podAntiAffinity"]
    (rule,) = rules["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rule["topologyKey"] == "kubernetes.io/hostname"
    assert egress_by_port("shared", "gateway")[5672] == [{"podSelector": rule["labelSelector"]}]
    budget = of_kind("shared", "PodDisruptionBudget")[broker["metadata"]["name"]]["spec"]
    assert budget == {"maxUnavailable": 1, "selector": rule["labelSelector"]}


def subscriptions(service: str) -> set[str]:
    """The event queues of a service, as ``services.common.events.subscriber`` names them."""
    module: Any = import_module(f"services.{service}.service")
    kind = getattr(module, f"{service.capitalize()}Service")
    return {
        f"{service}.{name}"
        for name in dir(kind)
        for entrypoint in getattr(getattr(kind, name, None), "nameko_entrypoints", ())
        if isinstance(entrypoint, Handler)
    }


@pytest.mark.parametrize("process", [*SERVICES, "gateway"])
def test_each_service_is_scaled_by_its_own_queues(process: str) -> None:
    """Requests and events; the gateway by CPU."""
    spec = of_kind("shared", "ScaledObject")[f"callboard-{process}"]["spec"]
    deployment = of_kind("shared", "Deployment")[spec["scaleTargetRef"]["name"]]
    assert "replicas" not in deployment["spec"]
    assert 2 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
    if process == "gateway":
        assert [trigger["type"] for trigger in spec["triggers"]] == ["cpu"]
        return
    requests, events = (trigger["metadata"] for trigger in spec["triggers"])
    assert requests["queueName"] == f"rpc-{process}"
    others = {queue for other in SERVICES for queue in subscriptions(other)}
    assert others
    matched = {queue for queue in others if re.search(events["queueName"], queue)}
    assert matched == subscriptions(process)


def test_max_connections_covers_the_largest_scale() -> None:
    """Each service process has two pools."""
    default: int = inspect.signature(Database).parameters["pool_size"].default
    scaled = of_kind("shared", "ScaledObject").values()
    pods_of = {one["metadata"]["name"]: one["spec"]["maxReplicaCount"] for one in scaled}
    needed = sum(pods_of[f"callboard-{service}"] * 2 * default for service in SERVICES)
    relays = of_kind("no operators", "Deployment")["callboard-relay"]["spec"]["replicas"]
    (cluster,) = of_kind("shared", "Cluster").values()
    allowed = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    assert needed + relays * len(SERVICES) < allowed


@pytest.mark.parametrize("upgrade", [False, True])
def test_migrations_run_before_an_upgrade_replaces_pods(upgrade: bool) -> None:
    """On installation they run beside the databases that it creates."""
    (job,) = [one for one in rendered("shared", upgrade=upgrade) if one["kind"] == "Job"]
    hook = job["metadata"].get("annotations", {}).get("helm.sh/hook")
    assert hook == ("pre-upgrade" if upgrade else None)


@pytest.mark.parametrize("process", PROCESSES)
def test_each_pod_is_scraped_once_at_its_metrics_port(process: str) -> None:
    """A wrong port name would be no error, just no metrics."""
    monitor = of_kind("all options", "PodMonitor")["callboard-processes"]
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    template = pod("all options", process)
    assert selects(monitor["spec"]["selector"], template["metadata"]["labels"])
    (container,) = template["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    endpoints = monitor["spec"]["podMetricsEndpoints"]
    (fitting,) = [one for one in endpoints if one["port"] in ports]
    given = variables("all options", process)
    port = "8080" if process == "gateway" else given["METRICS_PORT"]["value"]
    assert ports[fitting["port"]] == int(port)
    assert {one["targetLabel"] for one in fitting["relabelings"]} == set(WHERE)
    if process == "gateway":
        shown = fitting["authorization"]["credentials"]
        expected = given["METRICS_TOKEN"]["valueFrom"]["secretKeyRef"]
        assert (shown["name"], shown["key"]) == (expected["name"], expected["key"])
    else:
        assert "authorization" not in fitting


def test_without_monitoring_no_process_exposes_metrics() -> None:
    """And no port is declared."""
    for process in (*SERVICES, "relay", "webhooks"):
        assert "METRICS_PORT" not in variables("no operators", process)
        (container,) = pod("no operators", process)["spec"]["containers"]
        assert "ports" not in container


def test_an_exporter_covers_external_databases() -> None:
    """If enabled, with network policies both ways."""
    name = "callboard-postgres-exporter"
    assert name not in of_kind("shared", "Deployment")
    template = of_kind("external", "Deployment")[name]["spec"]["template"]
    monitor = of_kind("external", "PodMonitor")[name]["spec"]
    rules = of_kind("external", "NetworkPolicy")[name]["spec"]
    labels = template["metadata"]["labels"]
    assert selects(monitor["selector"], labels)
    assert selects(rules["podSelector"], labels)
    (container,) = template["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    (port,) = rules["ingress"][0]["ports"]
    assert ports[monitor["podMetricsEndpoints"][0]["port"]] == port["port"]


def test_every_secret_can_come_from_external_secrets() -> None:
    """All that pods refer to, except those that operators create."""
    made = set(of_kind("all options", "ExternalSecret"))
    names = {
        variable["valueFrom"]["secretKeyRef"]["name"]
        for process, _ in pods("all options")
        for variable in variables("all options", process).values()
        if "valueFrom" in variable
    }
    assert names - made == {"callboard-rabbitmq-default-user", "callboard-db-app"}
    assert made <= names
