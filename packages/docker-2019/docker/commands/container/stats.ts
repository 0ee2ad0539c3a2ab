import type { ContainerSummary } from "../../../engine-api/container.ts";
import type { Event } from "../../../engine-api/event.ts";
import type { ContainerStats } from "../../../engine-api/stats.ts";
import { encodeFilters, readJsonLines } from "../../api-client.ts";
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
    const watched = new Watched(docker, args.length > 0 ? args : await containerIds(docker, flags.all));
    const format = flags.format ?? docker.config.content.statsFormat;
    const show = () =>
      printListing(statsListing(watched.names, watched.samples, { truncated: !flags.noTrunc }), { format });
    if (flags.noStream) {
      await watched.sampleOnce();
      return show();
    }
    const timer = setInterval(() => {
      write(STDOUT, CLEAR);
      void show();
    }, REFRESH_MS);
    await (args.length > 0 ? watched.follow() : watched.followAll()).finally(() => clearInterval(timer));
  },
});

async function containerIds({ api }: Session, all: boolean): Promise<string[]> {
  const query = { all: all ? 1 : undefined };
  return (await api.get<readonly ContainerSummary[]>("/containers/json", { query })).map(({ Id }) => Id);
}

/** Containers, and the last sample of each. */
class Watched {
  readonly names: string[];
  readonly samples = new Map<string, ContainerStats>();
  readonly #docker: Session;

  constructor(docker: Session, names: readonly string[]) {
    this.#docker = docker;
    this.names = [...names];
  }

  async sampleOnce(): Promise<void> {
    await Promise.all(this.names.map((name) => this.#read(name, 0)));
  }

  /** Until all have ended. */
  async follow(): Promise<void> {
    await Promise.all(this.names.map((name) => this.#read(name, 1)));
  }

  /** For good: those that are started meanwhile come in, those that end go. */
  async followAll(): Promise<never> {
    this.follow().catch(() => {}); // one has ended and gone already
    const query = { filters: encodeFilters(["type=container", "event=start", "event=die"]) };
    for await (const { Action, Actor } of readJsonLines<Event>(
      await this.#docker.api.open("GET", "/events", { query }),
    )) {
      const known = this.names.indexOf(Actor.ID);
      if (Action === "die" && known !== -1) this.names.splice(known, 1);
      if (Action !== "start" || known !== -1) continue;
      this.names.push(Actor.ID);
      this.#read(Actor.ID, 1).catch(() => {}); // ended and gone already
    }
    throw new Error("the daemon has gone away");
  }

  async #read(name: string, stream: 0 | 1): Promise<void> {
    const path = `/containers/${encodeURIComponent(name)}/stats`;
    const message = await this.#docker.api.open("GET", path, { query: { stream } });
    for await (const sample of readJsonLines<ContainerStats>(message)) this.samples.set(name, sample);
  }
}
