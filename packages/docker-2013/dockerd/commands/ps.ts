/** `docker ps`: lists containers. */
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Container } from "../container.ts";
import { humanDurationSince } from "../human-duration.ts";
import type { Server } from "../server.ts";
import { formatTable } from "../table.ts";

const COLUMNS = ["ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "COMMENT"];
const MIN_COLUMN_WIDTH = 12;
const COMMAND_LENGTH = 20;

export function CmdPs(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "ps", "[OPTIONS]", "List containers");
  const quiet = flags.bool("q", false, "Only display numeric IDs");
  const all = flags.bool("a", false, "Show all containers. Only running containers are shown by default.");
  const noTrunc = flags.bool("notrunc", false, "Don't truncate output");
  if (!flags.parse(args)) return;
  const shown = this.containers.list().filter(({ State }) => State.Running || all.value);
  if (quiet.value) return void stdout.write(shown.map(({ Id }) => `${Id}\n`).join(""));
  const commandLength = noTrunc.value ? Number.POSITIVE_INFINITY : COMMAND_LENGTH;
  stdout.write(formatTable([COLUMNS, ...shown.map((container) => row(container, commandLength))], MIN_COLUMN_WIDTH));
}

function row({ Id, Path, Args, Created, State, userData }: Container, commandLength: number): string[] {
  const command = oneLine([Path, ...Args].join(" ")).slice(0, commandLength);
  return [Id, userData.image, command, `${humanDurationSince(Created)} ago`, String(State), oneLine(userData.comment)];
}

const oneLine = (text: string) => text.replaceAll(/\s/g, " ");
