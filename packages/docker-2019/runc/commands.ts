/** The commands of runc. Each is a file, which is loaded when it is called. */
import type { Command } from "./command.ts";

/** Names and summaries, in the order of runc's own help. */
export const COMMANDS: Readonly<Record<string, string>> = {
  checkpoint: "checkpoint a running container",
  create: "create a container",
  delete: "delete any resources held by the container often used with detached container",
  events: "display container events such as OOM notifications, cpu, memory, and IO usage statistics",
  exec: "execute new process inside the container",
  kill: "kill sends the specified signal (default: SIGTERM) to the container's init process",
  list: "lists containers started by runc with the given root",
  pause: "pause suspends all processes inside the container",
  ps: "ps displays the processes running inside a container",
  restore: "restore a container from a previous checkpoint",
  resume: "resumes all processes that have been previously paused",
  run: "create and run a container",
  spec: "create a new specification file",
  start: "executes the user defined process in a created container",
  state: "output the state of a container",
  update: "update container resource constraints",
  features: "show the enabled features",
};

export function isCommandName(name: string): boolean {
  return Object.hasOwn(COMMANDS, name);
}

/** Loads a command of this name. */
export async function loadCommand(name: string): Promise<Command> {
  const { command } = (await import(`./commands/${name}.ts`)) as { command: Command };
  return command;
}
