/**
 * Where one running 2013 lives: its files, its addresses. Nothing of ours is anywhere else outside the clone.
 *
 *     /var/lib/docker-eras/2013/             rootDir   ERAS_2013_ROOT     `dockerd-2013 -g`
 *     ├─ dockerd.log                         what the daemon prints
 *     ├─ images/index.json containers/<id>/  the daemon's own
 *     /run/docker-eras/2013/                 runDir    ERAS_2013_RUN      `dockerd-2013 --exec-root`
 *     ├─ dockerd.json archive.json           who runs: see background.ts
 *     ├─ set-up.lock                         held while a daemon is started or an image put
 *     └─ checked                             boot that passed the checks of `era doctor`
 *     127.0.0.1:4242                         tcp       ERAS_2013_TCP      rcli
 *     127.0.0.1:8080                         http      ERAS_2013_HTTP     rcli over HTTP, /web
 *     127.0.0.1:4280                         archive   ERAS_2013_ARCHIVE  the shelf, as get.docker.io was; "" for none
 *     /docker-eras-2013/<container>          cgroups, in each hierarchy
 *
 * The variables make a second, separate world: the tests live in such.
 */
import { dirname, join, resolve } from "node:path";

/** The clone that this file is part of. */
export const CLONE = dirname(dirname(import.meta.dirname));

/** What each era's world has. */
export interface Directories {
  /** Outlives a reboot. */
  readonly rootDir: string;
  readonly runDir: string;
}

export interface World extends Directories {
  /** `host:port` of rcli. */
  readonly tcp: string;
  readonly http: string;
  /** `host:port` of the archive server, empty if there is to be none. */
  readonly archive: string;
}

/** The world that the environment names, by default the machine's own. */
export function openWorld(env: NodeJS.ProcessEnv = process.env): World {
  return {
    rootDir: resolve(env.ERAS_2013_ROOT ?? "/var/lib/docker-eras/2013"),
    runDir: resolve(env.ERAS_2013_RUN ?? "/run/docker-eras/2013"),
    tcp: env.ERAS_2013_TCP ?? "127.0.0.1:4242",
    http: env.ERAS_2013_HTTP ?? "127.0.0.1:8080",
    archive: env.ERAS_2013_ARCHIVE ?? "127.0.0.1:4280",
  };
}

export const containersDir = (world: World) => join(world.rootDir, "containers");
export const imageIndexPath = (world: World) => join(world.rootDir, "images/index.json");
export const logPath = (world: Directories) => join(world.rootDir, "dockerd.log");

/** One of the programs in bin/, as an absolute path. */
export const program = (name: "docker-2013" | "dockerd-2013" | "docker-2019" | "dockerd-2019") =>
  join(CLONE, "bin", name);

/** Splits `host:port`. */
export function parseAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`Cannot use "${address}" as an address: expected host:port`);
  }
  return { host: address.slice(0, colon), port };
}
