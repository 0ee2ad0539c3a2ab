/** What a user of ctr says before the command: which containerd, which namespace, how long. */
import { resolve } from "node:path";
import { Option } from "commander";
import { parseWait } from "./output/duration.ts";
import { TRACE_OPTION } from "./trace-flag.ts";

export interface Globals {
  /** The path of containerd's socket. */
  readonly address: string;
  readonly namespace: string;
  /** For all of the command; 0 for as long as it takes. */
  readonly timeoutMs: number;
  /** For reaching containerd; 0 for the default. */
  readonly connectTimeoutMs: number;
  readonly debug: boolean;
}

const DEFAULT_ADDRESS = "/run/containerd/containerd.sock";
const DEFAULT_NAMESPACE = "default";

/** As genuine ctr has them. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  new Option("--debug", "enable debug output in logs"),
  new Option("-a, --address <value>", "address for containerd's GRPC server")
    .default(DEFAULT_ADDRESS)
    .env("CONTAINERD_ADDRESS"),
  new Option("--timeout <value>", "total timeout for ctr commands").default("0s"),
  new Option("--connect-timeout <value>", "timeout for connecting to containerd").default("0s"),
  new Option("-n, --namespace <value>", "namespace to use with commands")
    .default(DEFAULT_NAMESPACE)
    .env("CONTAINERD_NAMESPACE"),
  TRACE_OPTION,
];

/** The options as commander gives them. */
export interface GlobalFlags {
  readonly debug?: true;
  readonly address: string;
  readonly timeout: string;
  readonly connectTimeout: string;
  readonly namespace: string;
}

/** @throws {InvalidArgument} When a duration isn't one. */
export function readGlobals(flags: GlobalFlags): Globals {
  return {
    address: resolve(flags.address.replace(/^unix:\/\//, "")),
    namespace: flags.namespace,
    timeoutMs: parseWait(flags.timeout),
    connectTimeoutMs: parseWait(flags.connectTimeout),
    debug: flags.debug ?? false,
  };
}
