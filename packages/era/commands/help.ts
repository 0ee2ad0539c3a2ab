/** The usage texts of all commands, and how their arguments are read. */
import { parseArgs } from "node:util";

const COMMANDS = `Usage: pnpm era COMMAND [2013|2019]
       pnpm era:2013 [--trace[=FILE.html]] DOCKER-COMMAND [ARG...]
       pnpm era:2019 [--trace[=FILE.html]] DOCKER-COMMAND [ARG...]

Commands:
    2013      run docker of January 2013; same as pnpm era:2013
    2019      run docker of 2019; same as pnpm era:2019
    up        start the daemon, and with 2013 the archive server
    down      stop them; containers and images stay
    status    who runs, where state lives, how much there is
    logs      show the daemon's log
    clean     stop and remove everything outside the clone
    doctor    check what this host has and lacks
    archive   serve the shelf of images over HTTP

pnpm era COMMAND --help tells more.
`;

const USAGES = {
  up: "Usage: pnpm era up [2013|2019]\n\nStart the daemon in the background, and with 2013 the archive server that stands in for get.docker.io.\n",
  down: "Usage: pnpm era down [2013|2019]\n\nStop the daemon and the archive server. Images and containers stay; those of 2019 are stopped.\n",
  status:
    "Usage: pnpm era status [2013|2019] [--json]\n\nShow who runs, addresses, where state and log live, counts and disk use.\n",
  logs: "Usage: pnpm era logs [2013|2019] [-f]\n\nShow the daemon's log.\n\n  -f    follow it\n",
  clean:
    "Usage: pnpm era clean [2013|2019]\n\nStop containers and daemon; remove mounts, cgroups, images, containers, run files. Asks nothing.\n",
  doctor:
    "Usage: pnpm era doctor [2013|2019] [--json]\n\nCheck what this host has and lacks. Exits with 1 if something that is needed is missing.\n",
  archive:
    "Usage: pnpm era archive [--port N]\n\nServe the images of the shelf on loopback: GET /images/busybox, /images/base; / lists them.\n",
} as const;

export type CommandName = keyof typeof USAGES;

interface Options {
  /** 2013 if it is not said. */
  readonly year: Year;
  readonly help?: boolean;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly port?: string;
  readonly address?: string;
}

const FLAGS = {
  help: { type: "boolean", short: "h" },
  json: { type: "boolean" },
  follow: { type: "boolean", short: "f" },
  port: { type: "string" },
  address: { type: "string" },
} as const;

type Year = "2013" | "2019";

const isYear = (word: string): word is Year => word === "2013" || word === "2019";

type Flag = Exclude<keyof typeof FLAGS, "help">;

/**
 * Reads the words after a command: its flags, and the year, which is 2013 if it is not given.
 *
 * @param flags - Those that the command takes besides --help.
 * @returns Undefined when --help was asked for, and has been printed.
 * @throws {Error} With the usage, for words that the command does not take.
 */
export function readOptions(
  name: CommandName,
  words: readonly string[],
  flags: readonly Flag[] = [],
): Options | undefined {
  const options = Object.fromEntries((["help", ...flags] as const).map((flag) => [flag, FLAGS[flag]]));
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const unknown = positionals.find((word) => !isYear(word));
    if (unknown !== undefined) throw new Error(`Cannot use "${unknown}": the eras of this clone are 2013 and 2019`);
    if (!values.help) return { ...values, year: positionals.find(isYear) ?? "2013" };
  } catch (error) {
    const [message] = (error as Error).message.split(". "); // Node goes on to explain "--"
    throw new Error(`${message}\n${USAGES[name]}`.trimEnd(), { cause: error });
  }
  process.stdout.write(USAGES[name]);
  return undefined;
}

/** `era help`, `era help COMMAND`. */
export async function help([name = ""]: readonly string[]): Promise<number> {
  process.stdout.write(Object.hasOwn(USAGES, name) ? USAGES[name as CommandName] : COMMANDS);
  return 0;
}
