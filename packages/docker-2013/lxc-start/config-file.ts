/**
 * Reading config.lxc. One `key = value` a line; lines that start with # are comments; most keys may come again and add up.
 *
 *     lxc.utsname = 09906fa3
 *     lxc.rootfs = /var/lib/docker/containers/09906fa3/rootfs
 *     lxc.cgroup.devices.deny = a
 *
 * Unlike LXC 0.8, which passed over lines that it did not know, nothing is ignored: a misspelt `lxc.cap.drop` is an open door.
 */
import { readFileSync } from "node:fs";
import { type ContainerConfig, emptyConfig, hostIdOfRoot } from "./config.ts";
import { setKey } from "./config-keys.ts";

/**
 * Reads a configuration file, the files it includes, and then the overrides of the command line.
 *
 * @param overrides - `key=value`, as `-s` takes them.
 * @throws {Error} When a line is wrong: the message starts with its place, `config.lxc:7`.
 */
export function readConfig(path: string, overrides: readonly string[] = []): ContainerConfig {
  const config = emptyConfig();
  readInto(config, path, []);
  for (const override of overrides) at(`-s ${override}`, () => readLine(config, override, []));
  checkWhole(config, path);
  return config;
}

function readInto(config: ContainerConfig, path: string, includedBy: readonly string[]): void {
  if (includedBy.includes(path)) throw new Error(`${path} includes itself`);
  const lines = readText(path).split("\n");
  for (const [index, line] of lines.entries()) {
    at(`${path}:${index + 1}`, () => readLine(config, line, [...includedBy, path]));
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`Cannot read the configuration ${path}: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
}

function readLine(config: ContainerConfig, line: string, files: readonly string[]): void {
  if (/^\s*(#|$)/.test(line)) return;
  const equals = line.indexOf("=");
  if (equals === -1) throw new Error(`"${line.trim()}" is not of the form "key = value"`);
  const key = line.slice(0, equals).trim();
  const value = line.slice(equals + 1).trim();
  if (key === "lxc.include") readInto(config, value, files);
  else setKey(config, key, value);
}

/** Tells the place of an error that `read` throws. */
function at(place: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
  }
}

/** What no single line can tell. */
function checkWhole(config: ContainerConfig, path: string): void {
  if (config.capKeep && config.capDrop.length > 0)
    throw new Error(`${path}: lxc.cap.keep and lxc.cap.drop exclude each other`);
  if (config.idMap.length > 0) {
    for (const kind of ["u", "g"] as const) {
      if (hostIdOfRoot(config.idMap, kind) === undefined) {
        throw new Error(`${path}: lxc.id_map has no line "${kind} 0 …": the container would have no root`);
      }
    }
  }
  const linkless = config.networks.find(({ type, link }) => (type === "phys" || type === "macvlan") && !link);
  if (linkless) throw new Error(`${path}: lxc.network.type = ${linkless.type} needs lxc.network.link`);
}
