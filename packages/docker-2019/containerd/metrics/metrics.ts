/**
 * Metrics for Prometheus, on `http://HOST:PORT/v1/metrics`: what each container uses, asked of its shim whenever somebody looks; how often
 * the API is called; and what containerd itself uses.
 *
 * Whoever can connect can read, so the address should be one of the loopback.
 */
import { createServer, type Server } from "node:http";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Task } from "../runtime/task.ts";
import type { TaskList } from "../runtime/task-list.ts";
import { REVISION, VERSION } from "../version.ts";
import { type Measured, measured } from "./container-gauges.ts";

const PATH = "/v1/metrics";

/** A registry with what is known of containerd itself. */
export function newRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "containerd_build_info_total",
    help: "Which containerd this is",
    labelNames: ["version", "revision"],
    registers: [registry],
  }).set({ version: VERSION, revision: REVISION }, 1);
  return registry;
}

/** Serves metrics. @param address - HOST:PORT. @throws {InvalidArgument} When it isn't that. */
export function serveMetrics(address: string, registry: Registry, tasks: TaskList): Promise<Server> {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (host === undefined) throw new InvalidArgument(`Cannot serve metrics on "${address}": it is not HOST:PORT`);
  const server = createServer(async ({ url }, response) => {
    if (url !== PATH) return void response.writeHead(404).end(`Only ${PATH} is here\n`);
    const containers = await containerRegistry(tasks.list());
    const text = await Registry.merge([registry, containers]).metrics();
    response.writeHead(200, { "content-type": registry.contentType }).end(text);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(Number(port), host, () => resolve(server));
  });
}

/** What containers use now. Those that end meanwhile, and those whose shims don't answer, are left out. */
async function containerRegistry(tasks: readonly Task[]): Promise<Registry> {
  const registry = new Registry();
  const answers = await Promise.allSettled(tasks.map(async (task) => ({ task, measures: await measuresOf(task) })));
  for (const answer of answers) if (answer.status === "fulfilled") addTo(registry, answer.value);
  return registry;
}

async function measuresOf(task: Task): Promise<readonly Measured[]> {
  const { stats } = await task.stats();
  return stats ? measured(stats) : [];
}

function addTo(
  registry: Registry,
  { task, measures }: { readonly task: Task; readonly measures: readonly Measured[] },
): void {
  for (const { name, help, samples } of measures) {
    if (samples.length === 0) continue;
    const labelNames = ["container_id", "namespace", ...Object.keys(samples[0]!.labels ?? {})];
    const known = registry.getSingleMetric(name) as Gauge | undefined; // of an earlier container
    const gauge = known ?? new Gauge({ name, help, labelNames, registers: [registry] });
    for (const { value, labels } of samples)
      gauge.set({ container_id: task.id, namespace: task.namespace, ...labels }, Number(value));
  }
}
