/**
 * ctr, containerd, shim and runc of 2019 against the genuine four:
 *
 *     run --rm                  of `true`, to its end
 *     tasks exec                of `true`, in a container that runs
 *     run -d                    until it runs; with no other running, and with many
 *     memory of containerd      idle, and with many containers
 *     images pull               of 200 MB in ten layers, from a registry of this machine into an empty store, unpacked
 *     events                    published by gRPC, until a subscriber has them all
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenuineRegistry } from "../genuine/registry.ts";
import { pssKib } from "../harness/memory.ts";
import { Chain } from "./containerd-chain.ts";
import { passEvents } from "./containerd-events.ts";
import { pushHostImage } from "./host-image.ts";
import { type Contender, interleave, median, type Timing, takeTurns } from "./interleaved.ts";
import { progress, report } from "./report.ts";

const EVENTS = 5_000;
const LAYERS = 10;
const LAYER_BYTES = 20_000_000;
/** A pull takes as long as ten runs. */
const TURNS_PER_PULL = 3;
/** Containers. */
const [LASTING, STARTED] = ["lasting", "started"];

/** @param turns - Counted runs of each. @param containers - How many are many. */
export function benchContainerd(turns: number, containers = 200): Promise<void> {
  return Chain.withBoth(async (ours, genuine) => {
    const chains = [ours, genuine];
    await compare(chains.map(run), turns);
    await compare(await Promise.all(chains.map(exec)), turns);
    await compareMany(chains, turns, containers); // before what has a containerd take memory, and keep it
    await comparePulls(chains, Math.ceil(turns / TURNS_PER_PULL));
    await compareEvents(chains, turns);
  });
}

async function compare(contenders: readonly Contender[], turns: number): Promise<void> {
  const timings = await interleave(contenders, turns, progress(turns));
  report(timings, [contenders.map(({ name }) => name) as [string, string]]);
}

function run(chain: Chain): Contender {
  const argv = chain.argv("run", "--rm", ...chain.container("once", "true"));
  return { name: `${chain.name} run --rm`, commands: [{ argv }] };
}

async function exec(chain: Chain): Promise<Contender> {
  await chain.bringUp([LASTING]);
  const argv = chain.argv("tasks", "exec", "--exec-id", "exec", LASTING, "true");
  return { name: `${chain.name} tasks exec`, commands: [{ argv }] };
}

/**
 * What a containerd with many containers costs, and how soon it has one more. One chain after the other: containers of both would be
 * twice as many for the kernel.
 */
async function compareMany(chains: readonly Chain[], turns: number, containers: number): Promise<void> {
  const timings: Timing[] = [];
  for (const chain of chains) timings.push(...(await fill(chain, turns, containers)));
  const [oursAlone, ours, genuineAlone, genuine] = timings.map(({ name }) => name) as [string, string, string, string];
  report(timings, [
    [ours, oursAlone],
    [genuine, genuineAlone],
    [oursAlone, genuineAlone],
    [ours, genuine],
  ]);
}

async function fill(chain: Chain, turns: number, containers: number): Promise<Timing[]> {
  const ids = Array.from({ length: containers }, (_, i) => `many-${i}`);
  const half = ids.slice(0, containers / 2);
  await chain.removeAll();
  tellMemory(chain, 0);
  const alone = await interleave([startBeside(chain, 0)], turns, progress(turns));
  await chain.removeAll();
  await chain.bringUp(half);
  tellMemory(chain, half.length);
  await chain.bringUp(ids.slice(half.length));
  tellMemory(chain, containers);
  const amongMany = await interleave([startBeside(chain, containers)], turns, progress(turns));
  await chain.removeAll();
  return [...alone, ...amongMany];
}

function startBeside(chain: Chain, others: number): Contender {
  let isThere = false;
  const removeLast = () => {
    if (isThere) chain.remove(STARTED);
    isThere = true;
  };
  const argv = chain.argv("run", "-d", "--null-io", ...chain.container(STARTED, "sleep", "1000000"));
  return { name: `${chain.name} run -d beside ${others}`, commands: [{ argv, before: removeLast }] };
}

function tellMemory({ name, containerd }: Chain, running: number): void {
  const mib = (pssKib(containerd.pid) / 1024).toFixed(0);
  console.log(`containerd of ${name} with ${running} containers: ${mib} MiB proportional set size`);
}

async function comparePulls(chains: readonly Chain[], turns: number): Promise<void> {
  const registry = await GenuineRegistry.start(mkdtempSync(join(tmpdir(), "docker-eras-bench-")));
  const name = `${registry.domain}/layered:1`;
  try {
    const { files, unpackedBytes, compressedBytes } = await pushHostImage(name, LAYERS, LAYER_BYTES);
    console.log(`image: ${LAYERS} layers, ${files} files, ${mb(unpackedBytes)}, compressed ${mb(compressedBytes)}`);
    await compare(
      chains.map((chain) => pull(chain, name)),
      turns,
    );
  } finally {
    await registry.stop();
  }
  for (const chain of chains) forget(chain, name);
}

function pull(chain: Chain, name: string): Contender {
  const argv = chain.argv("images", "pull", "--plain-http", name);
  return { name: `${chain.name} images pull`, commands: [{ argv, before: () => forget(chain, name) }] };
}

/** Has containerd throw away an image with all that nobody else wants, before anything goes on. */
function forget(chain: Chain, name: string): void {
  chain.call("images", "rm", "--sync", name);
}

async function compareEvents(chains: readonly Chain[], turns: number): Promise<void> {
  const contenders = chains.map((chain) => ({
    name: `${chain.name}: ${EVENTS} events`,
    measure: () => passEvents(chain.containerd.socket, EVENTS),
  }));
  const timings = await takeTurns(contenders, turns, progress(turns));
  report(timings, [contenders.map(({ name }) => name) as [string, string]]);
  for (const { name, runsMs } of timings)
    console.log(`  ${name}, ${((EVENTS / median(runsMs)) * 1000).toFixed(0)} a second`);
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
