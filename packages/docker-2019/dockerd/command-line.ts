/** dockerd's command line: flags of the original's names. */
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { DEFAULT_HOST } from "../engine-api/default-host.ts";
import { DEFAULT_BRIDGE } from "./network/networks.ts";
import { DEFAULT_DATA_ROOT, DEFAULT_EXEC_ROOT, DEFAULT_PIDFILE } from "./paths.ts";

/** The OCI runtime of this project, under the name that everybody knows. */
const OWN_RUNC = resolve(import.meta.dirname, "../../../bin/runc-2019");

export interface DockerdFlags {
  /** `unix:///path`, `tcp://127.0.0.1:2375` */
  readonly host: readonly string[];
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly pidfile: string;
  /** The socket of a containerd that is there; without, dockerd starts its own. */
  readonly containerd?: string;
  readonly storageDriver?: string;
  readonly addRuntime: Readonly<Record<string, string>>;
  readonly defaultRuntime: string;
  readonly containerdShim: string;
  readonly cgroupParent?: string;
  readonly group: string;
  /** Of the default network, as a link. */
  readonly bridge: string;
  /** Unless `--no-iptables`. */
  readonly iptables: boolean;
  readonly liveRestore?: true;
  readonly debug?: true;
}

/** @throws {CommanderError} For a wrong command line, and after help was printed. */
export function parseCommandLine(words: readonly string[], version: string): DockerdFlags {
  const program = new Command("dockerd")
    .description("A self-sufficient runtime for containers.")
    .version(version, "-v, --version", "print version information and quit")
    .option("-H, --host <socket>", `daemon socket to connect to (default ${DEFAULT_HOST})`, append, [])
    .option("--data-root <dir>", "root directory of persistent Docker state", DEFAULT_DATA_ROOT)
    .option("--exec-root <dir>", "root directory for execution state files", DEFAULT_EXEC_ROOT)
    .option("-p, --pidfile <file>", "path to use for daemon PID file", DEFAULT_PIDFILE)
    .option("--containerd <socket>", "containerd grpc address; without, dockerd starts one of its own")
    .option("-s, --storage-driver <name>", "storage driver to use")
    .option("--add-runtime <name=path>", "register an additional OCI compatible runtime", addRuntime, {
      runc: OWN_RUNC,
    })
    .option("--default-runtime <name>", "default OCI runtime for containers", "runc")
    .option("--containerd-shim <name>", "containerd's name of the shim", "io.containerd.eras.v2")
    .option("--cgroup-parent <path>", "set parent cgroup for all containers")
    .option("-G, --group <name>", "group for the unix socket", "docker")
    .option("-b, --bridge <name>", "the bridge that containers are attached to", DEFAULT_BRIDGE)
    .option("--no-iptables", "add no rules to the packet filter")
    .option("--live-restore", "keep containers running while the daemon is down")
    .option("-D, --debug", "enable debug mode")
    .allowExcessArguments(false)
    .exitOverride();
  program.parse(words, { from: "user" });
  const flags = program.opts<DockerdFlags>();
  return { ...flags, host: flags.host.length > 0 ? flags.host : [DEFAULT_HOST] };
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function addRuntime(value: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [name = "", ...path] = value.split("=");
  if (name === "" || path.length === 0) throw new InvalidArgumentError("expected NAME=PATH");
  return { ...before, [name]: path.join("=") };
}
