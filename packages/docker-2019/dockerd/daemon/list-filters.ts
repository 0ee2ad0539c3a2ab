/** What `docker ps --filter` looks for. */
import type { Digest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, NotFound, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { PublishedPort } from "../../engine-api/container.ts";
import { type Filters, parseInteger } from "../api/query.ts";
import type { Container } from "../container/container.ts";
import { filterPattern } from "../filter-pattern.ts";
import { findImage, type Images } from "../image/images.ts";
import { hasLabels } from "../labels.ts";
import type { Daemon } from "./daemon.ts";
import { networkSettings } from "./inspect.ts";
import { isExposedIn, isPublishedIn, parsePortFilter } from "./port-filter.ts";
import { publishedPorts } from "./published-ports.ts";

export type Matcher = (container: Container) => boolean;

/** Prepares a filter's value. @throws {InvalidArgument | Unknown} When it makes no sense. */
type Preparation = (value: string, daemon: Daemon) => Matcher;

const STATUSES = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
const HEALTHS = ["none", "starting", "healthy", "unhealthy"];

const PREPARATIONS: Readonly<Record<string, Preparation>> = {
  id: (value) => {
    const isLike = filterPattern(value);
    return ({ id }) => isLike(id);
  },
  name: (value) => {
    const isLike = filterPattern(value);
    return ({ record, name }) => isLike(record.Name) || isLike(name);
  },
  status: (value) => {
    if (!STATUSES.includes(value)) throw new InvalidArgument(`Invalid filter 'status=${value}'`);
    return ({ state }) => state.status === value;
  },
  health: (value) => {
    if (!HEALTHS.includes(value)) throw new InvalidArgument(`Unrecognised filter value for health: ${value}`);
    return ({ state }) => (state.record.Health?.Status ?? "none") === value;
  },
  exited: (value) => {
    const code = parseInteger(value);
    return ({ state }) => !state.isRunning && state.status !== "created" && state.record.ExitCode === code;
  },
  "is-task": (value) => {
    if (!["true", "false"].includes(value)) throw new InvalidArgument(`Invalid filter 'is-task=[${value}]'`);
    return () => false;
  },
  before: (value, daemon) => {
    const { Created } = other(daemon, value);
    return ({ record }) => record.Created < Created;
  },
  since: (value, daemon) => {
    const { Created } = other(daemon, value);
    return ({ record }) => record.Created > Created;
  },
  label: (value) => (container) => hasLabels([value], container.config.Labels ?? {}),
  ancestor: (value, { images }) => {
    const family = withDescendants(images, value);
    return ({ record }) => family.has(record.Image);
  },
  volume:
    (value) =>
    ({ record }) =>
      Object.values(record.MountPoints).some(
        ({ Name, Source, Destination }) => (Name || Source) === value || Destination === value,
      ),
  network: (value, daemon) => (container) =>
    Object.entries(networkSettings(daemon, container).Networks ?? {}).some(
      ([name, { NetworkID }]) => name === value || (value !== "" && NetworkID.startsWith(value)),
    ),
  publish: (value, daemon) => {
    const range = parsePortFilter("publish", value);
    return (container) => portsOf(daemon, container).some((port) => isPublishedIn(range, port));
  },
  expose: (value, daemon) => {
    const range = parsePortFilter("expose", value);
    return (container) => portsOf(daemon, container).some((port) => isExposedIn(range, port));
  },
  isolation: () => () => true, // of Windows
};

/** @throws {InvalidArgument} For a filter that there is not; {Unknown} for a value that makes no sense. */
export function listMatcher(daemon: Daemon, filters: Filters): Matcher {
  const unknown = [...filters.keys()].find((name) => !Object.hasOwn(PREPARATIONS, name));
  if (unknown !== undefined) throw new InvalidArgument(`Invalid filter '${unknown}'`);
  const prepared = [...filters].map(([name, values]) => {
    const matchers = values.map((value) => PREPARATIONS[name]!(value, daemon));
    return { name, matchers };
  });
  const ports = prepared.filter(({ name }) => name === "publish" || name === "expose");
  const others = prepared.filter((one) => !ports.includes(one));
  const portMatchers = ports.flatMap(({ matchers }) => matchers);
  return (container) =>
    others.every(({ name, matchers }) => matchers[name === "label" ? "every" : "some"]((fits) => fits(container))) &&
    (ports.length === 0 || portMatchers.some((fits) => fits(container)));
}

function other({ containers }: Daemon, name: string): Container["record"] {
  const found = containers.find(name);
  if (!found) throw new Unknown(`no such container ${name}`);
  return found.record;
}

/** An image and those that were made of it here; nothing of a name that is none. */
function withDescendants(images: Images, name: string): ReadonlySet<Digest> {
  const family = new Set<Digest>();
  const add = (id: Digest): void => {
    family.add(id);
    images.images.children(id).forEach(add);
  };
  try {
    add(findImage(images, name));
  } catch (error) {
    if (!(error instanceof NotFound || error instanceof InvalidArgument)) throw error;
  }
  return family;
}

function portsOf(daemon: Daemon, container: Container): PublishedPort[] {
  return publishedPorts(networkSettings(daemon, container).Ports);
}
