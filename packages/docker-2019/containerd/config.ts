/**
 * containerd's configuration: defaults, a TOML file on top of them, flags on top of that.
 *
 * Of the original's keys these are known; others are passed over, for a file that dockerd writes has many that say nothing here. The keys
 * of versions 0 to 2 of the file are the same but for the names of plugins.
 *
 *     root = "/var/lib/docker-eras/2019/containerd"
 *     state = "/run/docker-eras/2019/containerd"
 *     oom_score = 0                              its own: lower, and others go before it when memory is short
 *     [grpc]                                     uid and gid: whose the sockets are
 *       address = "/run/docker-eras/2019/containerd/containerd.sock"
 *     [ttrpc]
 *       address = ""                             that of gRPC with ".ttrpc" behind it
 *     [debug]
 *       level = "info"
 *     [metrics]
 *       address = "127.0.0.1:1338"               Prometheus text on /v1/metrics; none without
 *     [plugins."io.containerd.internal.v1.restart"]
 *       interval = "10s"                         how often tasks are looked after whose containers are labelled for it
 *     [cgroup]
 *       path = ""                                its own; where it was started, without
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/docs/ops.md
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { parse, stringify } from "smol-toml";
import { parseDuration } from "../duration.ts";
import { LEVELS, type Level } from "./log.ts";
import { DEFAULT_ADDRESS, DEFAULT_ROOT, DEFAULT_STATE } from "./paths.ts";

export interface Config {
  readonly root: string;
  readonly state: string;
  readonly grpc: { readonly address: string; readonly uid: number; readonly gid: number };
  /** Empty: beside the other. */
  readonly ttrpc: { readonly address: string };
  readonly debug: { readonly level: Level };
  /** HOST:PORT; empty for none. */
  readonly metrics: { readonly address: string };
  /** @see https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html */
  readonly oom_score: number;
  readonly plugins: { readonly "io.containerd.internal.v1.restart": { readonly interval: string } };
  /** Below the root of each tree; empty for that of its caller. */
  readonly cgroup: { readonly path: string };
}

export const DEFAULT_CONFIG: Config = {
  root: DEFAULT_ROOT,
  state: DEFAULT_STATE,
  grpc: { address: DEFAULT_ADDRESS, uid: 0, gid: 0 },
  ttrpc: { address: "" },
  debug: { level: "info" },
  metrics: { address: "" },
  oom_score: 0,
  plugins: { "io.containerd.internal.v1.restart": { interval: "10s" } },
  cgroup: { path: "" },
};

/** What flags say; they win over the file. */
export interface ConfigFlags {
  readonly config?: string;
  readonly root?: string;
  readonly state?: string;
  readonly address?: string;
  readonly logLevel?: string;
  readonly metricsAddress?: string;
}

/** @throws {InvalidArgument} When a value isn't what it should be. @throws {Error} When the file can't be read. */
export function loadConfig(flags: ConfigFlags): Config {
  const file = flags.config === undefined ? {} : readConfigFile(flags.config);
  const { root, state, grpc, ttrpc, debug, metrics, ...others } = merged(DEFAULT_CONFIG, file);
  return {
    ...others,
    root: resolve(flags.root ?? root),
    state: resolve(flags.state ?? state),
    grpc: { ...grpc, address: resolve((flags.address ?? grpc.address).replace(/^unix:\/\//, "")) },
    ttrpc,
    debug: { level: parseLevel(flags.logLevel ?? debug.level) },
    metrics: { address: flags.metricsAddress ?? metrics.address },
  };
}

/** Where shims tell of events. */
export function ttrpcAddress({ grpc, ttrpc }: Config): string {
  return ttrpc.address || `${grpc.address}.ttrpc`;
}

const RESTART_INTERVAL_MS = 10_000;

/** How often the restart monitor looks; no time at all is the default. @throws {InvalidArgument} When that is no duration. */
export function restartIntervalMs({ plugins }: Config): number {
  const { interval } = plugins["io.containerd.internal.v1.restart"];
  try {
    return parseDuration(interval) || RESTART_INTERVAL_MS;
  } catch (cause) {
    throw new InvalidArgument(`Cannot use interval = ${JSON.stringify(interval)}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** As a file that says all of it. */
export function configToml(config: Config): string {
  return `version = 2\n${stringify(config)}`;
}

type Table = Readonly<Record<string, unknown>>;

function readConfigFile(path: string): Table {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`Cannot read the configuration ${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    return parse(text);
  } catch (cause) {
    throw new InvalidArgument(`Cannot read the configuration ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The defaults, with what the file has of the same name and kind. */
function merged<T extends object>(defaults: T, file: Table, path = ""): T {
  const entries = Object.entries(defaults).map(([key, before]) => {
    const value = file[key];
    if (value === undefined || value === "") return [key, before];
    if (typeof value !== typeof before)
      throw new InvalidArgument(`Cannot use ${path}${key} = ${JSON.stringify(value)}`);
    return [key, typeof before === "object" ? merged(before, value as Table, `${path}${key}.`) : value];
  });
  return Object.fromEntries(entries) as T; // same keys, same kinds of values
}

/** Short for others: dockerd says "warn". */
const LEVEL_ALIASES: Readonly<Record<string, Level>> = { warn: "warning" };

function parseLevel(text: string): Level {
  const level = LEVEL_ALIASES[text] ?? LEVELS.find((one) => one === text);
  if (level === undefined) throw new InvalidArgument(`Cannot log at level "${text}": use one of ${LEVELS.join(", ")}`);
  return level;
}
