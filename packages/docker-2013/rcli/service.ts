/**
 * rcli, the remote command line: the client ships its arguments as they were typed, the server runs the command and streams text back.
 *
 * So the client knows nothing of any command, and a new command is a new method: whatever method of the service is called `CmdXxx` is
 * the command `xxx`, over TCP and HTTP alike.
 */
import type { Readable, Writable } from "node:stream";
import { step } from "../step.ts";
import { FlagSet } from "./flag.ts";

/** A command reads the client's bytes, writes its answer, and throws what went wrong. */
type Command = (stdin: Readable, stdout: Writable, ...args: string[]) => Promise<void> | void;

/** A command line may have megabytes; a log should not. */
const LOGGED_CHARACTERS = 1000;

/** What a server offers: its `CmdXxx` methods, and the text of `help`. */
export interface Service {
  /** The name that usage texts and logs call the client by. */
  readonly name: string;
  help(): string;
}

/**
 * Runs one command line. No words at all mean `help`.
 *
 * @throws {Error} "No such command: x", or whatever the command throws.
 */
export async function call(
  service: Service,
  stdin: Readable,
  stdout: Writable,
  line: readonly string[],
): Promise<void> {
  const flags = new FlagSet(stdout, service.help());
  if (!flags.parse(line)) return;
  const [name = "help", ...args] = flags.args;
  console.log(`${new Date().toISOString()} ${[service.name, ...flags.args].join(" ").slice(0, LOGGED_CHARACTERS)}`);
  if (isHelp(name)) return help(service, stdin, stdout, args[0]);
  await findCommand(service, name)(stdin, stdout, ...args);
}

/** The answer to a command that failed; the stream has no other place for it. */
export function errorLine(error: unknown): string {
  return `Error: ${error instanceof Error ? error.message : String(error)}\n`;
}

/** The method `CmdXxx` of `service`, whatever the case of `name`. Asks the object itself: there is no list of commands to keep. */
function findCommand(service: Service, name: string): Command {
  step("dockerd.find-command", { name });
  const method: unknown = Reflect.get(service, `Cmd${name.charAt(0).toUpperCase()}${name.slice(1).toLowerCase()}`);
  if (typeof method !== "function") throw new Error(`No such command: ${name}`);
  return method.bind(service);
}

const isHelp = (name: string) => name === "" || name.toLowerCase() === "help";

/** `help` alone lists the commands; `help X` is `X --help`, which every command answers with its usage and nothing else. */
async function help(service: Service, stdin: Readable, stdout: Writable, topic = ""): Promise<void> {
  if (isHelp(topic)) stdout.write(service.help());
  else await findCommand(service, topic)(stdin, stdout, "--help");
}

/** The names of all commands that `service` has, sorted. */
export function commandNames(service: Service): string[] {
  return namesOf(service)
    .filter((key) => /^Cmd[A-Z]/.test(key))
    .map((key) => key.slice("Cmd".length).toLowerCase())
    .sort();
}

/** Properties of an object and of its classes. */
function namesOf(object: object): string[] {
  const parent = Object.getPrototypeOf(object);
  return [...Object.getOwnPropertyNames(object), ...(parent ? namesOf(parent) : [])];
}
