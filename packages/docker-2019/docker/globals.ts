/** Flags that stand before the command. */
import { homedir } from "node:os";
import { join } from "node:path";
import { booleanFlag, flag, listFlag, parsedFlag, refusedFlag } from "./command.ts";

export interface GlobalFlags {
  readonly config: string;
  readonly debug: boolean;
  readonly host: readonly string[];
  readonly logLevel: string;
  readonly tls?: boolean;
  readonly tlscacert?: string;
  readonly tlscert?: string;
  readonly tlskey?: string;
  readonly tlsverify?: boolean;
  /** A page, or a file for Perfetto, or nothing for lines on stderr; undefined: not traced. */
  readonly trace?: string | undefined;
  readonly version: boolean;
}

const CONFIG = process.env.DOCKER_CONFIG || join(homedir(), ".docker");
const FILES = process.env.DOCKER_CERT_PATH || CONFIG;

const LOG_LEVELS = ["panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"];

/** @throws {Error} */
export function checkLogLevel({ logLevel }: GlobalFlags): void {
  if (!LOG_LEVELS.includes(logLevel.toLowerCase())) throw new Error(`Unable to parse logging level: ${logLevel}`);
}

export const GLOBAL_OPTIONS = [
  flag("--config <string>", "Location of client config files").default(CONFIG),
  refusedFlag("-c, --context <string>", "there is one daemon at a time: name it with -H, or in DOCKER_HOST"),
  booleanFlag("-D, --debug", "Enable debug mode"),
  listFlag("-H, --host <list>", "Daemon socket(s) to connect to"),
  flag("-l, --log-level <string>", 'Set the logging level ("debug"|"info"|"warn"|"error"|"fatal")').default("info"),
  booleanFlag("--tls", "Use TLS; implied by --tlsverify").default(undefined),
  flag("--tlscacert <string>", `Trust certs signed only by this CA (default "${join(FILES, "ca.pem")}")`),
  flag("--tlscert <string>", `Path to TLS certificate file (default "${join(FILES, "cert.pem")}")`),
  flag("--tlskey <string>", `Path to TLS key file (default "${join(FILES, "key.pem")}")`),
  booleanFlag("--tlsverify", "Use TLS and verify the remote").default(undefined),
  parsedFlag(
    "--trace [=file]",
    "Show what happens, in all programs; --trace=FILE.html makes a page of it, --trace=FILE.json a file for Perfetto",
    (text) => (text === "true" ? "" : text), // a flag without a value is `=true`
  ),
  booleanFlag("-v, --version", "Print version information and quit"),
];
