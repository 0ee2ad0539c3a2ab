/** The command line of docker-proxy: which port of the host leads to which port of a container. */

/** An IP address, which may be empty for every one, and a port. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

export interface CommandLine {
  readonly protocol: "tcp" | "udp";
  readonly host: Endpoint;
  readonly container: Endpoint;
}

/** A command line that can't be understood, or that asks for help: its message is for a person, its status for a shell. */
export class UsageError extends Error {
  readonly status: 0 | 2;

  constructor(message: string, status: 0 | 2) {
    super(message);
    this.status = status;
  }
}

const USAGE = `Usage of docker-proxy:
  -container-ip string
    	container ip
  -container-port int
    	container port (default -1)
  -host-ip string
    	host ip
  -host-port int
    	host port (default -1)
  -proto string
    	proxy protocol (default "tcp")`;

const DEFAULTS = { proto: "tcp", "host-ip": "", "host-port": "-1", "container-ip": "", "container-port": "-1" };
type Flag = keyof typeof DEFAULTS;

/**
 * Reads `-proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80`. A flag may have two dashes, and its value
 * after a "=".
 *
 * @throws {UsageError} For a flag that is unknown, or lacks its value, or a port that is no number; and for `-h`.
 * @throws {Error} For a protocol other than tcp and udp. The original knows sctp too.
 */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const values: Record<Flag, string> = { ...DEFAULTS };
  for (let i = 0; i < words.length; i++) {
    const [, name, inline] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(words[i]!) ?? [];
    if (name === undefined) break; // what is not a flag ends them, and means nothing
    if (name === "h" || name === "help") throw new UsageError(USAGE, 0);
    if (!(name in DEFAULTS)) throw wrong(`flag provided but not defined: -${name}`);
    const value = inline ?? words[++i];
    if (value === undefined) throw wrong(`flag needs an argument: -${name}`);
    values[name as Flag] = value;
  }
  const host = { ip: values["host-ip"], port: portOf("host-port", values) };
  const container = { ip: values["container-ip"], port: portOf("container-port", values) };
  if (values.proto !== "tcp" && values.proto !== "udp") throw new Error(`unsupported protocol ${values.proto}`);
  return { protocol: values.proto, host, container };
}

function portOf(flag: "host-port" | "container-port", values: Readonly<Record<Flag, string>>): number {
  if (!/^[+-]?\d+$/.test(values[flag])) throw wrong(`invalid value "${values[flag]}" for flag -${flag}: parse error`);
  return Number(values[flag]);
}

const wrong = (message: string) => new UsageError(`${message}\n${USAGE}`, 2);
