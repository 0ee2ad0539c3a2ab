/** `pnpm bench`: our programs against the genuine ones, in turns, on this machine, now. */
import { parseArgs } from "node:util";
import { interruption } from "./interruption.ts";

const USAGE = `Usage: pnpm bench [GROUP...] [--turns N] [--containers N] [--only FIGURE]...

Groups (all, if none is named):
  2013             the chain of 2013 against docker and lxc-execute
  runc             runc of 2019 against runc and crun
  containerd       ctr, containerd, shim and runc of 2019 against the genuine four
  shim             the shim of 2019 against containerd-shim-runc-v2: how soon one answers
  docker           docker, dockerd and all below them, of 2019, against genuine 20.10
  docker-load      a thousand containers, a hundred clients, ten thousand requests and kills

  --turns N        counted runs of each command (default 21)
  --containers N   how many run at once for memory and start-up (default 50 of 2013 and docker, 200 of containerd)
  --only FIGURE    of docker: memory, run, run-none, exec, ps, output, logs, pull, start;
                   of docker-load: create, run, clients, storm; may be given several times`;

type Group = (turns: number, containers?: number, only?: readonly string[]) => Promise<void>;

/** A group is loaded when it is run: it may need programs that others don't. */
const GROUPS: Record<string, () => Promise<Group>> = {
  "2013": async () => (await import("./docker-2013.ts")).benchDocker2013,
  runc: async () => (await import("./runc.ts")).benchRunc,
  containerd: async () => (await import("./containerd.ts")).benchContainerd,
  shim: async () => (await import("./shim.ts")).benchShim,
  docker: async () => (await import("./docker-2019.ts")).benchDocker,
  "docker-load": async () => (await import("./docker-load.ts")).benchDockerLoad,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    turns: { type: "string", default: "21" },
    containers: { type: "string" },
    only: { type: "string", multiple: true },
    help: { type: "boolean", short: "h" },
  },
});

const names = positionals.length > 0 ? positionals : Object.keys(GROUPS);
const unknown = names.find((name) => !Object.hasOwn(GROUPS, name));
if (unknown !== undefined) throw new Error(`Cannot run "${unknown}": no such group\n${USAGE}`);
if (values.help) console.log(USAGE);
else await benchAll(values.containers === undefined ? undefined : Number(values.containers));

async function benchAll(containers: number | undefined): Promise<void> {
  try {
    for (const name of names) {
      const bench = await GROUPS[name]!();
      await bench(Number(values.turns), containers, values.only);
    }
  } catch (error) {
    if (!interruption.aborted) throw error;
    console.error((interruption.reason as Error).message);
    process.exitCode = 1;
  }
}
