/** `docker top`: what the host's ps says of a container's processes. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { ContainerTopResponse } from "../../engine-api/container.ts";
import type { Container } from "../container/container.ts";
import type { Daemon } from "./daemon.ts";
import { requireRunning } from "./stop.ts";

const DEFAULT_ARGS = "-ef";
/** Of what ps prints: a host may have a hundred thousand processes. */
const MAX_BYTES = 64 << 20;
/** Options of ps that would take its output out of our hands. */
const FORBIDDEN = /\s+(-?[^\s]*p|--pid|--ppid)\b/;

/** @param psArgs - `-ef`, or `aux`; must show a column PID. */
export async function topOf(daemon: Daemon, container: Container, psArgs: string): Promise<ContainerTopResponse> {
  const args = psArgs || DEFAULT_ARGS;
  if (FORBIDDEN.test(` ${args.replace(/-ef\b|aux\b/g, "")}`))
    throw new InvalidArgument(`Error: ps: invalid options ${args}`);
  requireRunning(container, "");
  const pids = new Set((await daemon.containerd.pids(container.id)).map(String));
  const lines = (await ps(args)).split("\n").filter(Boolean);
  const Titles = lines[0]!.trim().split(/\s+/);
  const column = Titles.indexOf("PID");
  if (column < 0) throw new Unknown("Couldn't find PID field in ps output");
  const rows = lines.slice(1).map((line) => fieldsOf(line, Titles.length));
  daemon.publish("top", container);
  return { Titles, Processes: rows.filter((row) => pids.has(row[column] ?? "")) };
}

async function ps(args: string): Promise<string> {
  try {
    return (await promisify(execFile)("ps", args.split(/\s+/), { maxBuffer: MAX_BYTES })).stdout;
  } catch (cause) {
    throw new Unknown(`Error running ps: ${(cause as { stderr?: string }).stderr ?? (cause as Error).message}`, {
      cause,
    });
  }
}

/** The last field is the rest of the line. */
function fieldsOf(line: string, count: number): string[] {
  const words = line.trim().split(/\s+/);
  return [...words.slice(0, count - 1), words.slice(count - 1).join(" ")];
}
