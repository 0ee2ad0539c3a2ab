/**
 * docker, dockerd, containerd, shim and runc of 2019 against genuine 20.10, from its client to its runc:
 *
 *     memory      of all that lasts, idle and with 50 containers
 *     run         --rm, of `true`, on the default bridge
 *     run-none    the same, without a network
 *     exec        of `true`, in a container that runs
 *     ps          with 3 containers that run; with 500 more that do not, and -a
 *     output      200 MB of lines, attached
 *     logs        100 MB of lines
 *     pull        of 180 MB in ten layers, from a registry of this machine into an empty store
 *     start       of 50 containers, ten at a time
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { GenuineRegistry } from "../genuine/registry.ts";
import { forEachOf } from "./at-once.ts";
import { chosen } from "./chosen.ts";
import { DockerChain } from "./docker-chain.ts";
import { pushHostImage } from "./host-image.ts";
import { type Contender, interleave, median, type TimedCommand, type Timing, takeTurns } from "./interleaved.ts";
import { progress, type Ratio, report } from "./report.ts";

const FEW = 3;
const MANY = 500;
const OUTPUT_BYTES = 200_000_000;
const LOG_BYTES = 100_000_000;
/** Of a line, with its end. */
const LINE_BYTES = 100;
const LAYERS = 10;
const LAYER_BYTES = 18_000_000;
const STARTED_AT_ONCE = 10;
/** What takes seconds has fewer turns. */
const TURNS_PER_LONG_ONE = 3;
const TARGET_MEMORY_IDLE = 1.5;
const TARGET_MEMORY_FULL = 4;
const TARGET_RATE = 3;
const IDLE_MS = 15_000;
const LASTING = "lasting";

type Chains = readonly [DockerChain, DockerChain];

interface Sizes {
  readonly turns: number;
  readonly longTurns: number;
  readonly containers: number;
}

/** In this order: memory is measured before what has daemons take it, and keep it. */
const FIGURES: Readonly<Record<string, (chains: Chains, sizes: Sizes) => Promise<unknown>>> = {
  memory: compareMemory,
  run: (chains, { turns }) => compare(chains, "run", turns, (chain) => run(chain)),
  "run-none": (chains, { turns }) =>
    compare(chains, "run, no network", turns, (chain) => run(chain, "--network", "none")),
  exec: compareExec,
  ps: comparePs,
  output: compareOutput,
  logs: compareLogs,
  pull: comparePulls,
  start: compareStarts,
};

/**
 * @param turns - Counted runs of each.
 * @param containers - How many are started, and take memory.
 * @param only - Names of figures; all if empty.
 */
export async function benchDocker(turns: number, containers = 50, only?: readonly string[]): Promise<void> {
  const figures = chosen(FIGURES, only);
  const longTurns = Math.ceil(turns / TURNS_PER_LONG_ONE);
  await DockerChain.withBoth(async (...chains) => {
    for (const [, figure] of figures) await figure(chains, { turns, longTurns, containers });
  });
}

/** Times a command of each, which is to be no slower than the genuine one's. */
async function compare(
  chains: Chains,
  what: string,
  turns: number,
  commandOf: (chain: DockerChain) => TimedCommand,
): Promise<readonly Timing[]> {
  const contenders: Contender[] = chains.map((chain) => ({
    name: `${chain.name} ${what}`,
    commands: [commandOf(chain)],
  }));
  const timings = await interleave(contenders, turns, progress(turns));
  report(timings, [ratioOf(timings)]);
  return timings;
}

function ratioOf([ours, genuine]: readonly Timing[]): Ratio {
  return [ours!.name, genuine!.name, "at most 1.00"];
}

function run(chain: DockerChain, ...flags: readonly string[]): TimedCommand {
  return chain.command("run", "--rm", ...flags, "busybox", "true");
}

async function compareExec(chains: Chains, { turns }: Sizes): Promise<void> {
  for (const chain of chains) await sleeper(chain, "--name", LASTING);
  await compare(chains, "exec", turns, (chain) => chain.command("exec", LASTING, "true"));
  for (const chain of chains) await chain.removeAll();
}

/** A container that runs until it is removed. */
async function sleeper(chain: DockerChain, ...flags: readonly string[]): Promise<void> {
  await chain.docker(["run", "-d", ...flags, "busybox", "sleep", "1000000"]);
}

async function comparePs(chains: Chains, { turns }: Sizes): Promise<void> {
  for (const chain of chains) for (let i = 0; i < FEW; i++) await sleeper(chain);
  await compare(chains, `ps with ${FEW}`, turns, (chain) => chain.command("ps"));
  for (const chain of chains) await chain.create(MANY);
  await compare(chains, `ps -a with ${FEW + MANY}`, turns, (chain) => chain.command("ps", "-a"));
  for (const chain of chains) await chain.removeAll();
}

async function compareOutput(chains: Chains, { longTurns }: Sizes): Promise<void> {
  const flags = ["--rm", "--network", "none"];
  const timings = await compare(chains, "run, 200 MB of output", longTurns, (chain) =>
    chain.command("run", ...flags, "busybox", ...printing(OUTPUT_BYTES)),
  );
  const [ours, genuine] = timings.map(({ runsMs }) => OUTPUT_BYTES / 1000 / median(runsMs)) as [number, number];
  console.log(
    `  ${ours.toFixed(0)} against ${genuine.toFixed(0)} MB/s: ${times(ours / genuine)} (target: ${TARGET_RATE})`,
  );
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} times`;
}

/** A command that prints lines. */
function printing(bytes: number): string[] {
  return ["sh", "-c", `yes ${"x".repeat(LINE_BYTES - 1)} | head -c ${bytes}`];
}

async function compareLogs(chains: Chains, { longTurns }: Sizes): Promise<void> {
  for (const chain of chains) {
    await chain.docker(["run", "-d", "--name", LASTING, "--network", "none", "busybox", ...printing(LOG_BYTES)]);
    await chain.docker(["wait", LASTING]);
  }
  await compare(chains, "logs, 100 MB", longTurns, (chain) => chain.command("logs", LASTING));
  for (const chain of chains) await chain.removeAll();
}

async function comparePulls(chains: Chains, { longTurns }: Sizes): Promise<void> {
  const registry = await GenuineRegistry.start(mkdtempSync(join(tmpdir(), "docker-eras-bench-")));
  const name = `${registry.domain}/layered:1`;
  try {
    const { files, unpackedBytes } = await pushHostImage(name, LAYERS, LAYER_BYTES);
    console.log(`image: ${LAYERS} layers, ${files} files, ${(unpackedBytes / 1e6).toFixed(0)} MB`);
    const contenders = chains.map((chain) => ({
      name: `${chain.name} pull`,
      measure: async () => {
        const elapsed = await timed(() => chain.docker(["pull", name]));
        await chain.docker(["rmi", name]);
        return elapsed;
      },
    }));
    const timings = await takeTurns(contenders, longTurns, progress(longTurns));
    report(timings, [ratioOf(timings)]);
  } finally {
    await registry.stop();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function compareStarts(chains: Chains, { longTurns, containers }: Sizes): Promise<void> {
  const contenders = chains.map((chain) => ({
    name: `${chain.name} start of ${containers}`,
    measure: async () => {
      const elapsed = await timed(() => startMany(chain, containers));
      await chain.removeAll();
      return elapsed;
    },
  }));
  const timings = await takeTurns(contenders, longTurns, progress(longTurns));
  report(timings, [ratioOf(timings)]);
}

function startMany(chain: DockerChain, count: number): Promise<void> {
  return forEachOf(Array.from({ length: count }), STARTED_AT_ONCE, () => sleeper(chain));
}

/** Idle is who has heard nothing for a while: daemons give memory back then. */
async function compareMemory(chains: Chains, { containers }: Sizes): Promise<void> {
  await delay(IDLE_MS);
  tellMemory(chains, "idle", TARGET_MEMORY_IDLE);
  for (const chain of chains) await startMany(chain, containers);
  await delay(IDLE_MS);
  tellMemory(chains, `with ${containers} containers`, TARGET_MEMORY_FULL);
  for (const chain of chains) await chain.removeAll();
}

function tellMemory(chains: Chains, when: string, target: number): void {
  const [ours, genuine] = chains.map(({ memoryKib }) => memoryKib / 1024) as [number, number];
  const figures = `${ours.toFixed(0)} against ${genuine.toFixed(0)} MiB`;
  console.log(`proportional set size, ${when}: ${figures}: ${times(ours / genuine)} (target: at most ${target})`);
}
