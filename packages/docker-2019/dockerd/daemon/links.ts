/**
 * Links, as they were before there were networks with names: a container of the default bridge knows another one by further names, in /etc/hosts
 * and in its environment. The record names the other by its id, so that it may be renamed.
 *
 * @see https://docs.docker.com/network/links/
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { Conflict, InvalidArgument, NotFound, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { HostConfig } from "../../engine-api/container-config.ts";
import { formatLink, parseLink } from "../config/link.ts";
import { containerOf } from "../config/modes.ts";
import { unclassified } from "../config/unclassified.ts";
import type { Container } from "../container/container.ts";
import type { Attachment } from "../network/attachment.ts";
import { parseNetworkMode } from "../network/network-mode.ts";
import { NO_BRIDGE } from "../network/options.ts";
import { linkEnvironment } from "../spec/link-environment.ts";
import type { Daemon } from "./daemon.ts";

const SHORT_ID = 12;

/** A container by another name. */
interface Link {
  readonly child: Container;
  readonly alias: string;
  /** `/app/db` */
  readonly fullName: string;
}

/** Of a new container. Of two links with one alias the first counts. @throws {InvalidArgument | Unknown} */
export function resolveLinks(daemon: Daemon, hostConfig: HostConfig): HostConfig {
  const parsed = (hostConfig.Links ?? []).map((text) => unclassified(() => parseLink(text)));
  if (parsed.length === 0) return hostConfig;
  const links = parsed.map(({ target, alias }) => ({ target: linkTarget(daemon, target).id, alias: aliasOf(alias) }));
  const first = new Map(links.toReversed().map((link) => [link.alias, link]));
  return { ...hostConfig, Links: links.filter((link) => first.get(link.alias) === link).map(formatLink) };
}

function aliasOf(text: string): string {
  return posix.join("/", text).slice(1);
}

/** Who has another's network is reached at the other. */
function linkTarget(daemon: Daemon, name: string): Container {
  const target = find(daemon, name);
  const { NetworkMode } = target.hostConfig;
  const other = containerOf(NetworkMode);
  if (other !== undefined) return linkTarget(daemon, other);
  if (NetworkMode === "host")
    throw new InvalidArgument(
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
  return target;
}

function find(daemon: Daemon, name: string): Container {
  if (name === "") throw new InvalidArgument('could not get container for : invalid name or ID supplied: ""');
  try {
    return daemon.containers.get(name);
  } catch (cause) {
    throw new InvalidArgument(`could not get container for ${name}: ${(cause as Error).message}`, { cause });
  }
}

/** The links of a container to those that are there. */
function linksOf(daemon: Daemon, { name, hostConfig }: Container): Link[] {
  return (hostConfig.Links ?? []).map(parseLink).flatMap(({ target, alias }) => {
    const child = daemon.containers.find(target);
    return child ? [{ child, alias, fullName: posix.join("/", name, alias) }] : [];
  });
}

/** Those that it is linked to. */
export function linkedBy(daemon: Daemon, container: Container): Container[] {
  return linksOf(daemon, container).map(({ child }) => child);
}

/** As `docker inspect` shows them: `/web:/app/db`. */
export function shownLinks(daemon: Daemon, container: Container): string[] | null {
  const links = linksOf(daemon, container).map(({ child, fullName }) => `/${child.name}:${fullName}`);
  return links.length > 0 ? links.sort() : null;
}

/** By container: the names that others know it by. */
export function linkNames(daemon: Daemon): ReadonlyMap<Container, readonly string[]> {
  const parents = daemon.containers.all().filter(({ hostConfig }) => hostConfig.Links?.length);
  const links = parents.flatMap((parent) => linksOf(daemon, parent));
  const byChild = Map.groupBy(links, ({ child }) => child);
  return new Map([...byChild].map(([child, list]) => [child, list.map(({ fullName }) => fullName).sort()]));
}

/** For a container that is started on the bridge: `NAME=value`. @throws {Unknown} When a linked one doesn't run, or isn't there. */
export function linkVariables(daemon: Daemon, container: Container): string[] {
  return reachable(daemon, container).flatMap(({ child, alias, fullName, address }) => {
    const { ExposedPorts, Env } = child.config;
    return linkEnvironment({
      alias,
      name: fullName,
      address,
      exposed: Object.keys(ExposedPorts ?? {}),
      env: Env ?? [],
    });
  });
}

/** The same for its network: names for /etc/hosts, and ports that it may reach; none where there is no bridge. */
export function linkedContainers(daemon: Daemon, container: Container): NonNullable<Attachment["links"]> {
  if (daemon.options.bridge === NO_BRIDGE) return [];
  return reachable(daemon, container).map(({ child, alias, address }) => ({
    container: child.id,
    address,
    names: hostNames(child, alias),
    ports: Object.keys(child.config.ExposedPorts ?? {}),
  }));
}

function hostNames({ id, name, config }: Container, alias: string): string[] {
  return [...new Set([alias, config.Hostname || id.slice(0, SHORT_ID), name])];
}

function reachable(daemon: Daemon, container: Container): (Link & { readonly address: string })[] {
  if (parseNetworkMode(container.hostConfig.NetworkMode).kind !== "bridge") return [];
  return linksOf(daemon, container).map((link) => {
    const { child, fullName } = link;
    if (!child.state.isRunning)
      throw new Unknown(`Cannot link to a non running container: /${child.name} AS ${fullName}`);
    const address = daemon.networks.addressOf(child.id) ?? (daemon.options.bridge === NO_BRIDGE ? "" : undefined);
    if (address === undefined)
      throw new Unknown(`Cannot link to /${child.name}, as it does not belong to the default network`);
    return { ...link, address };
  });
}

/** A container has another address now: those who know it by a link are told, in their /etc/hosts. */
export function tellParents(daemon: Daemon, container: Container): void {
  const address = daemon.networks.addressOf(container.id);
  if (address === undefined) return;
  for (const parent of daemon.containers.all().filter(({ hostConfig, state }) => hostConfig.Links && state.isRunning))
    for (const { child, alias } of linksOf(daemon, parent))
      if (child === container) renewAddress(join(parent.dir, "hosts"), hostNames(child, alias), address);
}

/** In the file itself: it is mounted. */
function renewAddress(hosts: string, names: readonly string[], address: string): void {
  const lines = readFileSync(hosts, "utf8").split("\n");
  const renewed = lines.map((line) =>
    line.split("\t")[1]?.split(" ")[0] === names[0] ? `${address}\t${names.join(" ")}` : line,
  );
  writeFileSync(hosts, renewed.join("\n"));
}

/** `docker rm --link /app/db`. @throws {NotFound | Conflict} */
export async function removeLink(daemon: Daemon, text: string): Promise<void> {
  const [name = "", alias = ""] = text.replace(/^\//, "").split("/");
  const parent = daemon.containers.find(name);
  if (alias === "" && parent) throw new Conflict("Conflict, cannot remove the default link name of the container");
  const links = parent?.hostConfig.Links ?? [];
  const left = links.filter((link) => parseLink(link).alias !== alias);
  if (!parent || left.length === links.length) throw new NotFound(`No such container: ${text}`);
  parent.hostConfig = { ...parent.hostConfig, Links: left };
  parent.save();
  await daemon.networks.keepLinks(
    parent.id,
    left.map((link) => parseLink(link).target),
  );
}
