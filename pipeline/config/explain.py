"""What a definition means, with what the defaults chose: Service → lines."""

from collections.abc import Iterator

from pipeline.config import platforms
from pipeline.config.builders import telling as builders
from pipeline.config.cluster import capacity, endpoints
from pipeline.config.cluster.equipment import told as equipment
from pipeline.config.cluster.plan import ClusterPlan, ExistingCluster, NodeGroupPlan
from pipeline.config.cluster.scaling import told as scaling
from pipeline.config.cluster.versions import CALENDAR
from pipeline.config.conditions import tell as conditions
from pipeline.config.kept import told as told_of_secrets
from pipeline.config.kinds import spell
from pipeline.config.namespaces import NamespaceRules
from pipeline.config.previews.model import Previews, prefix
from pipeline.config.registry.plan import KEPT_IMAGES, Copy, RegistryPlan
from pipeline.config.service import (
    BuildProject,
    ChartDelivery,
    CodeCommitSource,
    ConnectedSource,
    DeliveryItem,
    KustomizeDelivery,
    ManifestsDelivery,
    Notices,
    Patterns,
    S3Source,
    Service,
    Source,
    Target,
    Tests,
)

CHOSEN = "  (by default)"
MODES = {"superseded": "a newer push overtakes one that waits", "queued": "each push, one after the other"}
FAILURES = {
    "rollback": "runs it again with the last release that passed",
    "retry": "runs what failed once more",
    "stop": "waits for a person",
}
HAPPENINGS = {
    "failed": "failures",
    "approval": "approvals",
    "released": "releases",
    "rolled_back": "rollbacks",
}
WAYS_OUT = {"one": "one NAT gateway", "each": "a NAT gateway in each", "none": "no way to the internet"}
BY_ACTION = "CodePipeline's EKS action, by kubectl apply: it waits for no rollout and deletes nothing"
SBOM = "CycloneDX, of each image, in each release; no deployer takes a release without it"
RIGHTS = {"view": "see", "edit": "change", "admin": "administer"}
HOSTS = {"github": "GitHub", "gitlab": "GitLab", "bitbucket": "Bitbucket"}


def explain(service: Service) -> list[str]:
    """One fact a line; a line that ends in "(by default)" was not written by the user."""
    return list(_lines(service))


def _lines(service: Service) -> Iterator[str]:
    def chosen(key: str) -> str:
        return CHOSEN if key in service.chosen else ""

    build = service.build
    buildspec = build.buildspec or "the buildspec that comes along"
    yield f"service {service.name}"
    within = f", folder {service.source.folder}" if service.source.folder else ""
    yield f"source: {_source(service.source)}{within}"
    for base in service.source.bases:
        yield f"  and pushes of {base.repository}:{base.tag} to ECR, which Dockerfiles get as {base.argument}"
    if isinstance(service.source, ConnectedSource) and (checked := service.source.pull_requests):
        yield f"pull requests into {', '.join(checked.into)}: tested, and their images built"
        yield from _previews(service.name, checked.preview)
    for image in service.images:
        harbor = service.registry.harbor
        pushed = f"pushed to {harbor.repository(image.name) if harbor else f'{service.name}/{image.name}'}"
        yield f"image {image.name}: {image.context}/{image.dockerfile}, {pushed}{chosen('images')}"
        if image.platforms != platforms.DEFAULT:
            yield f"  for {' and '.join(image.platforms)}{_machines(service)}"
        for secret in image.secrets:
            yield f"  its build may see: {secret.reference}, as the secret {secret.name}"
    yield f"images are kept: {_kept(service.registry)}{chosen('registry')}"
    yield f"tests: {_tests(service.tests)}{chosen('test')}"
    yield f"scan: {_scan(service)}{chosen('scan')}"
    yield f"signatures: {_signing(service)}{chosen('sign')}"
    yield f"SBOM: {SBOM if service.sbom else 'none'}{chosen('sbom')}"
    yield f"build: {buildspec}, at most {spell(build.timeout)}{_where(build)}{chosen('build')}"
    yield from builders.tell(build.steps)
    yield f"releases: {MODES[service.mode]}{chosen('pipeline')}"
    for name in service.secrets:
        kept = f"{service.name}/ENVIRONMENT/{name} in Secrets Manager"
        yield f"secret {name}: a generated value in each environment, {kept}"
    for name, told in told_of_secrets(service.environments):
        yield f"secret {name}: {told}"
    for number, target in enumerate(service.environments, 1):
        yield from _target(number, target, service)
    yield f"tells: {_notices(service.notices)}{chosen('notify')}"
    yield f"shows: {_watch(service)}{chosen('observe')}"
    if not service.here:
        yield "no cluster of its own: every environment has targets"
        return
    yield f"cluster {service.cluster.name}: {_cluster(service)}{chosen('cluster')}"
    if isinstance(service.cluster, ClusterPlan):
        yield from _network(service, service.cluster)
        yield from _people(service.cluster)
        yield from scaling.tell(service.cluster.scaling)
        yield from equipment.tell(service.cluster.equipment)


def _machines(service: Service) -> str:
    return ", built on Arm machines" if service.build.arm else ", built on x86 machines, which emulate arm64"


def _kept(plan: RegistryPlan) -> str:
    if plan.harbor:
        return f"in Harbor, {plan.harbor.host}, pushed by the robot {plan.harbor.robot}, pulled by {plan.harbor.pull}"
    marked = ", and what environments run or ran before" if plan.keep else ""
    words = [f"the newest {plan.keep or KEPT_IMAGES} of each{marked}"]
    words += [f"encrypted with {plan.key or 'a key of their own'}"] if plan.key or plan.makes_key else []
    words += [f"copied to {', '.join(_copy(copy) for copy in plan.copies)}"] if plan.copies else []
    words += [f"{rule.argument} leads to a cache of {rule.url}" for rule in plan.cache]
    return "; ".join(words)


def _copy(copy: Copy) -> str:
    return f"{copy.region} of {copy.account}" if copy.account else copy.region


def _previews(service: str, previews: Previews | None) -> Iterator[str]:
    if previews:
        which = "each one" if previews.when == "always" else "[preview] in the commit's message, or a branch preview/…"
        yield f"  deployed like {previews.like} into {prefix(service)}NUMBER: {which}"
        yield f"  gone when it is closed or merged, or {spell(previews.expires)} after its last deployment"


def _where(build: BuildProject) -> str:
    waits = f", after {spell(build.queue_timeout)} in the queue at most" if build.queue_timeout else ""
    waits += ", with layers kept in ECR" if build.cache else ""
    waits += f", images by a {build.docker_server.size} docker server" if build.docker_server else ""
    return waits + (f", in the VPC {build.network.vpc}" if build.network else "")


def _tests(tests: Tests) -> str:
    gate = tests.coverage
    if gate is None:
        return tests.command or "none"
    asked = [
        f"{least} % of the {what}" for what, least in (("lines", gate.lines), ("branches", gate.branches)) if least
    ]
    return f"{tests.command}; they have to run {' and '.join(asked)} ({gate.report})"


def _scan(service: Service) -> str:
    gate = service.scan
    if gate is None:
        return "stops nothing"
    also = ", and images that are not scanned" if gate.unscanned == "block" else ""
    but = f"; exceptions are in {gate.exceptions}" if gate.exceptions else ""
    return f"findings of severity {gate.block} and above stop a release{also}{but}"


def _signing(service: Service) -> str:
    if service.signing is None:
        return "none are made or asked for"
    key = service.signing.key or f"alias/{service.name}-images"
    return f"the build signs images and provenance with {key}, and deployers verify both"


def _notices(notices: Notices | None) -> str:
    if notices is None:
        return "nobody"
    chats = [f"Slack {notices.slack.channel}"] if notices.slack else []
    chats += [f"Teams {notices.teams.channel}"] if notices.teams else []
    who = [*notices.mail, *chats, *([notices.topic] if notices.topic else [])]
    return f"{', '.join(who)}, of {', '.join(HAPPENINGS[each] for each in notices.on)}"


def _watch(service: Service) -> str:
    if service.watch is None:
        return "no dashboard"
    alarms = f", alarms, one after {spell(service.watch.longest)}" if service.watch.alarms else ", no alarms"
    return f"the dashboard {service.name}-releases{alarms}"


def _cluster(service: Service) -> str:
    match service.cluster:
        case ExistingCluster():
            return f"there already; the stack {service.name}-cluster makes only its namespaces"
        case ClusterPlan() as made:
            nodes = ", ".join(map(_nodes, made.nodes)) or "nodes by EKS Auto Mode"
            until = f"in standard support until {CALENDAR[made.version].standard}"
            return f"EKS {made.version} ({until}), {nodes}, made by the stack {service.name}-cluster"


def _network(service: Service, cluster: ClusterPlan) -> Iterator[str]:
    network = cluster.network
    if network.existing:
        yield f"  its network: the VPC {network.existing.id}, subnets {', '.join(network.existing.private)}"
    else:
        yield f"  its network: {network.range} over {network.zones} zones, {WAYS_OUT[network.nat]}"
    if ways := endpoints.endpoints(service):
        yield f"  VPC endpoints: {', '.join(ways)}"
    yield from (f"  {line}" for line in capacity.told(cluster))
    for environment, namespace in cluster.fargate:
        yield f"  pods of {environment}, in {namespace}, run on AWS Fargate"


def _people(cluster: ClusterPlan) -> Iterator[str]:
    if cluster.private:
        yield "  its API server is reached from inside of its network alone"
    if cluster.public_from:
        yield f"  its public endpoint is reached from {', '.join(cluster.public_from)}"
    for admin in cluster.admins:
        yield f"  {admin} may do everything in it"
    for person in cluster.people:
        for can, namespaces in person.rights:
            yield f"  {person.role} may {RIGHTS[can]} what is in {', '.join(namespaces)}"


def _nodes(group: NodeGroupPlan) -> str:
    kind = f"{'/'.join(group.types)}{' spot' if group.spot else ''}"
    return f"{group.least} to {group.most} {kind} nodes{f' ({group.name})' if group.name else ''}"


def _source(source: Source) -> str:
    match source:
        case CodeCommitSource(repository, branch):
            return f"pushes to {branch} of the CodeCommit repository {repository}"
        case S3Source(bucket, key):
            return f"uploads of s3://{bucket}/{key}"
        case ConnectedSource():
            paths, branches, tags = (_patterns(each) for each in (source.paths, source.branches, source.tags))
            pushed = [f"to {branches}" + (f" that change {paths}" if paths else "")] if branches else []
            pushed += [f"of the tags {tags}"] if tags else []
            return f"pushes {' and '.join(pushed)}, at {HOSTS[source.host]} {source.owner}/{source.repository}"


def _patterns(given: Patterns) -> str:
    return ", ".join([*given.include, *(f"not {pattern}" for pattern in given.exclude)])


def _target(number: int, target: Target, service: Service) -> Iterator[str]:
    def chosen(key: str) -> str:
        return CHOSEN if f"{target.name}.{key}" in service.chosen else ""

    yield f"environment {number}, {target.name}"
    if target.targets:
        yield from _places(target)
    else:
        yield f"  namespace: {target.namespace}{chosen('namespace')}"
    if target.approval:
        answer = f"a person, within {spell(target.approval.expires)}: {target.approval.message}"
        yield f"  waits for: {answer}{chosen('approve')}"
    if target.window:
        yield f"  may be entered: {target.window.days}, {target.window.hours}, {target.window.zone}"
    for line in conditions.lines(target.conditions):
        yield f"  {line}"
    for time in target.freeze:
        span = f"{time.begins:%Y-%m-%d %H:%M} to {time.ends:%Y-%m-%d %H:%M} UTC"
        yield f"  takes nothing new: {span}, {time.reason}"
    for item in target.deliveries:
        yield f"  applies: {_delivery(item)}{CHOSEN if 'deploy' in service.chosen else ''}"
    if target.gitops:
        place = target.gitops
        yield f"  commits to: {place.path} of the CodeCommit repository {place.repository}, branch {place.branch}"
        yield f"  then waits for: {place.told}"
    if target.rollout:
        each = ", each" if len(target.rollout.steps) > 1 else ","
        held = f"{target.rollout.told}{each} held for {spell(target.rollout.pause)}"
        quiet = f", with {', '.join(target.rollout.alarms)} quiet" if target.rollout.alarms else ""
        yield f"  traffic of {target.rollout.service} by {target.rollout.route}: {held}{quiet}"
    if service.by_action:
        yield f"  deployed by: {BY_ACTION}"
    else:
        yield f"  healthy within: {spell(target.wait)}{chosen('timeout')}"
    if not (target.gitops or service.by_action):
        yield f"  may delete: {target.prune_share:.0%} of what is there{chosen('prune')}"
    if target.force_conflicts:
        yield "  takes over: fields that others have set"
    if target.other_namespaces:
        yield f"  may change, too: what is in {', '.join(target.other_namespaces)}"
    yield from _rules(target.rules)
    yield f"  then verifies: {target.verify or 'nothing'}{chosen('verify')}"
    if target.soak:
        quiet = f", and {', '.join(target.alarms)} quiet" if target.alarms else ""
        yield f"  then watches: that it stays healthy for {spell(target.soak)}{quiet}"
    if not target.conditions.failure:
        yield f"  when its stage fails: {FAILURES[target.on_failure]}{chosen('on_failure')}"


def _places(target: Target) -> Iterator[str]:
    for place in sorted(target.targets, key=lambda each: each.wave):
        yield f"  wave {place.wave}: {place.name}, the cluster {place.where}, namespace {place.namespace}"


def _rules(rules: NamespaceRules) -> Iterator[str]:
    if rules.pod_security:
        yield f"  its pods keep to: the Pod Security Standard {rules.pod_security}"
    if rules.quota:
        yield f"  its pods may ask for: {', '.join(f'{value} {key}' for key, value in rules.quota)}"
    if rules.isolate:
        yield "  its pods reach, and are reached from: their own namespace"


def _delivery(item: DeliveryItem) -> str:
    match item:
        case KustomizeDelivery(path):
            return f"the kustomization {path}"
        case ManifestsDelivery(path):
            return f"the manifests {path}"
        case ChartDelivery(chart, release, values, _, pushed):
            how = ", which the build pushes to ECR," if pushed else ""
            return f"the chart {chart}{how} as release {release}{' with ' + ', '.join(values) if values else ''}"
