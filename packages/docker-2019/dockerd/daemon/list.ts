/** `docker ps`: containers in a list, by filters. */
import type { ContainerSummary } from "../../engine-api/container.ts";
import type { Filters } from "../api/query.ts";
import type { Container } from "../container/container.ts";
import { findImage } from "../image/images.ts";
import type { Daemon } from "./daemon.ts";
import { mountPointsOf, networkSettings, sizesOf } from "./inspect.ts";
import { linkNames } from "./links.ts";
import { listMatcher } from "./list-filters.ts";
import { publishedPorts } from "./published-ports.ts";

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
  const matches = listMatcher(daemon, filters);
  const isAsked = all || limit > 0 || ["status", "exited"].some((name) => filters.has(name));
  const matching = daemon.containers
    .list()
    .filter(({ state }) => isAsked || state.isRunning)
    .filter(matches);
  const chosen = limit > 0 ? matching.slice(0, limit) : matching;
  const names = linkNames(daemon);
  return Promise.all(chosen.map((container) => summaryOf(daemon, container, names.get(container) ?? [], size)));
}

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
    Names: [...linkNames, record.Name].sort(),
    Image: imageName(daemon, container),
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

/** The name that its maker has said, unless that means another image by now, or none. */
function imageName({ images }: Daemon, { config: { Image = "" }, record }: Container): string {
  try {
    return findImage(images, Image) === record.Image ? Image : record.Image;
  } catch {
    return record.Image; // there is no such name any more
  }
}

/** A list leaves out what is zero; `inspect` tells it. */
function withoutZeros(sizes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sizes).filter(([, bytes]) => bytes > 0));
}

/** A word that a shell would take apart is told in quotes. */
function quoted(word: string): string {
  return /\s/.test(word) ? `'${word}'` : word;
}
