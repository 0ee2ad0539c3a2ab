import type { ContainerSummary } from "../../../engine-api/container.ts";
import type { ContainerStats } from "../../../engine-api/stats.ts";
import { readJsonLines } from "../../api-client.ts";
import { booleanFlag, flag, leaf } from "../../command.ts";
import { statsListing } from "../../container/stats-listing.ts";
import { STDOUT, write } from "../../output/print.ts";
import { printListing } from "../../output/table.ts";
import type { Session } from "../../session.ts";

interface Flags {
  readonly all: boolean;
  readonly format?: string;
  readonly noStream: boolean;
  readonly noTrunc: boolean;
}

/** Clears the terminal, and goes to its first line. */
const CLEAR = "\x1b[2J\x1b[H";
const REFRESH_MS = 500;

export const stats = leaf<Flags>({
  usage: "[OPTIONS] [CONTAINER...]",
  arguments: { min: 0 },
  options: [
    booleanFlag("-a, --all", "Show all containers (default shows just running)"),
    flag("--format <string>", "Pretty-print images using a Go template"),
    booleanFlag("--no-stream", "Disable streaming stats and only pull the first result"),
    booleanFlag("--no-trunc", "Do not truncate output"),
  ],
  async run({ docker, flags, args }) {
    const names = args.length > 0 ? args : await containerIds(docker, flags.all);
    const samples = new Map<string, ContainerStats>();
    const readers = names.map((name) => readStats(docker, name, !flags.noStream, samples));
    const show = () => printListing(statsListing(names, samples, { truncated: !flags.noTrunc }), flags);
    if (flags.noStream) {
      await Promise.all(readers);
      return show();
    }
    const timer = setInterval(() => {
      write(STDOUT, CLEAR);
      void show();
    }, REFRESH_MS);
    await Promise.all(readers).finally(() => clearInterval(timer));
  },
});

async function containerIds({ api }: Session, all: boolean): Promise<string[]> {
  const containers = await api.get<readonly ContainerSummary[]>("/containers/json", {
    query: { all: all ? 1 : undefined },
  });
  return containers.map(({ Id }) => Id);
}

/** Until the container ends, or once. */
async function readStats(
  { api }: Session,
  name: string,
  follow: boolean,
  samples: Map<string, ContainerStats>,
): Promise<void> {
  const query = { stream: follow ? 1 : 0 };
  const message = await api.open("GET", `/containers/${encodeURIComponent(name)}/stats`, { query });
  for await (const sample of readJsonLines<ContainerStats>(message)) samples.set(name, sample);
}
