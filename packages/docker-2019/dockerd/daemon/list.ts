/** `docker ps`: containers in a list, by filters. */
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { ContainerSummary, PublishedPort } from "../../engine-api/container.ts";
import { type Filters, parseInteger } from "../api/query.ts";
import type { Container } from "../container/container.ts";
import { hasLabels } from "../labels.ts";
import type { Daemon } from "./daemon.ts";
import { mountPointsOf, networkSettings, sizesOf } from "./inspect.ts";
import { linkNames } from "./links.ts";

export interface ListOptions {
  /** Also those that don't run. */
  readonly all: boolean;
  /** The newest so many, running or not; 0 for no limit. */
  readonly limit: number;
  readonly size: boolean;
  readonly filters: Filters;
}

/** @throws {InvalidArgument} For a filter that there is not. */
export async function listContainers(
  daemon: Daemon,
  { all, limit, size, filters }: ListOptions,
): Promise<ContainerSummary[]> {
  checkFilters(daemon, filters);
  const isAsked = all || limit > 0 || ["status", "before", "since", "exited"].some((name) => filters.has(name));
  const matching = daemon.containers
    .list()
    .filter(({ state }) => isAsked || state.isRunning)
    .filter((container) => matches(daemon, container, filters));
  const chosen = limit > 0 ? matching.slice(0, limit) : matching;
  const names = linkNames(daemon);
  return Promise.all(chosen.map((container) => summaryOf(daemon, container, names.get(container) ?? [], size)));
}

const STATUSES = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
const HEALTHS = ["none", "starting", "healthy", "unhealthy"];

function checkFilters({ containers }: Daemon, filters: Filters): void {
  for (const name of filters.keys())
    if (!Object.hasOwn(MATCHERS, name)) throw new InvalidArgument(`Invalid filter '${name}'`);
  const values = (name: string) => filters.get(name) ?? [];
  values("exited").forEach(parseInteger);
  for (const status of values("status"))
    if (!STATUSES.includes(status)) throw new InvalidArgument(`Invalid filter 'status=${status}'`);
  for (const health of values("health"))
    if (!HEALTHS.includes(health)) throw new InvalidArgument(`Unrecognised filter value for health: ${health}`);
  for (const isTask of values("is-task"))
    if (!["true", "false"].includes(isTask)) throw new InvalidArgument(`Invalid filter 'is-task=[${isTask}]'`);
  for (const name of [...values("before"), ...values("since")])
    if (!containers.find(name)) throw new Unknown(`no such container ${name}`);
}

/** Whether it meets each filter, of whose values one is enough. */
function matches(daemon: Daemon, container: Container, filters: Filters): boolean {
  return [...filters].every(([name, values]) => {
    const matcher = MATCHERS[name]!;
    return name === "label"
      ? values.every((value) => matcher(container, value, daemon))
      : values.some((value) => matcher(container, value, daemon));
  });
}

type Matcher = (container: Container, value: string, daemon: Daemon) => boolean;

const MATCHERS: Readonly<Record<string, Matcher>> = {
  id: ({ id }, value) => id.startsWith(value),
  name: ({ name }, value) => new RegExp(value.replace(/^\//, "")).test(name),
  status: ({ state }, value) => state.status === value,
  label: ({ config }, value) => hasLabels([value], config.Labels ?? {}),
  exited: ({ state }, value) =>
    !state.isRunning && state.status !== "created" && state.record.ExitCode === Number(value),
  ancestor: ({ config, record }, value) =>
    record.Image === value || config.Image === value || `${config.Image}:latest` === value,
  before: (container, value, daemon) => container.record.Created < daemon.containers.get(value).record.Created,
  since: (container, value, daemon) => container.record.Created > daemon.containers.get(value).record.Created,
  volume: ({ record }, value) =>
    Object.values(record.MountPoints).some(({ Name, Destination }) => Name === value || Destination === value),
  network: ({ hostConfig }, value) =>
    (hostConfig.NetworkMode === "default" ? "bridge" : hostConfig.NetworkMode) === value,
  publish: ({ hostConfig }, value) => Object.keys(hostConfig.PortBindings ?? {}).some((port) => port.startsWith(value)),
  expose: ({ config }, value) => Object.keys(config.ExposedPorts ?? {}).some((port) => port.startsWith(value)),
  health: ({ state }, value) => (state.record.Health?.Status ?? "none") === value,
  "is-task": () => false,
};

async function summaryOf(
  daemon: Daemon,
  container: Container,
  linkNames: readonly string[],
  size: boolean,
): Promise<ContainerSummary> {
  const { id, record, config, hostConfig, state } = container;
  const settings = networkSettings(daemon, container);
  return {
    Id: id,
    Names: [...linkNames, record.Name],
    Image: config.Image ?? "",
    ImageID: record.Image,
    Command: [record.Path, ...record.Args].map(quoted).join(" "),
    Created: Math.floor(Date.parse(record.Created) / 1000),
    Ports: publishedPorts(settings.Ports),
    ...(size && withoutZeros(await sizesOf(daemon, container))),
    Labels: config.Labels ?? {},
    State: state.status,
    Status: state.description,
    HostConfig: { NetworkMode: hostConfig.NetworkMode ?? "default" },
    NetworkSettings: { Networks: settings.Networks },
    Mounts: mountPointsOf(container),
  };
}

/** A list leaves out what is zero; `inspect` tells it. */
function withoutZeros(sizes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sizes).filter(([, bytes]) => bytes > 0));
}

/** A word that a shell would take apart is told in quotes. */
function quoted(word: string): string {
  return /\s/.test(word) ? `'${word}'` : word;
}

function publishedPorts(ports: ReturnType<typeof networkSettings>["Ports"]): PublishedPort[] {
  return Object.entries(ports ?? {}).flatMap(([port, bindings]) => {
    const [number, Type = "tcp"] = port.split("/");
    const inside = { PrivatePort: Number(number), Type };
    if (!bindings?.length) return [inside];
    return bindings.map(({ HostIp: IP, HostPort }) => ({ IP, PublicPort: Number(HostPort), ...inside }));
  });
}
