/**
 * containerd, put together: what it keeps, what runs, and how clients reach both.
 *
 *     clients ──gRPC──▶ services ─▶ metadata · content · snapshots · diff
 *                          └──────▶ tasks ──ttrpc──▶ shims
 *                                                      │
 *     clients ◀──gRPC── exchange of events ◀──ttrpc────┘
 */
import { accessSync, constants, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { grpcServer, type Implementation, listen } from "../proto/grpc/server.ts";
import { ttrpcServer } from "../proto/ttrpc/server.ts";
import { type Config, restartIntervalMs, ttrpcAddress } from "./config.ts";
import { LocalStore } from "./content/local-store.ts";
import { removeLeftMounts } from "./diff/mounted.ts";
import { Exchange } from "./events/exchange.ts";
import { releaseWhenIdle } from "./idle.ts";
import { lockRoot } from "./lock.ts";
import { log } from "./log.ts";
import { Containers } from "./metadata/containers.ts";
import { MetadataContent } from "./metadata/content.ts";
import { MetadataDb } from "./metadata/db.ts";
import { GarbageCollector } from "./metadata/gc.ts";
import { GcScheduler } from "./metadata/gc-scheduler.ts";
import { Images } from "./metadata/images.ts";
import { Leases } from "./metadata/leases.ts";
import { Namespaces } from "./metadata/namespaces.ts";
import { grpcCounters } from "./metrics/grpc-counters.ts";
import { newRegistry, serveMetrics } from "./metrics/metrics.ts";
import { adjustOwnProcess } from "./own-process.ts";
import { contentDir, metadataPath, temporaryDir, temporaryMountsDir } from "./paths.ts";
import { pluginsOf } from "./plugins.ts";
import { type Monitored, monitorRestarts } from "./restart-monitor.ts";
import { TaskList } from "./runtime/task-list.ts";
import { containersService } from "./services/containers.ts";
import { contentService } from "./services/content.ts";
import { diffService } from "./services/diff.ts";
import { eventsService, shimEventsService } from "./services/events.ts";
import { healthService } from "./services/health.ts";
import { imagesService } from "./services/images.ts";
import { introspectionService } from "./services/introspection.ts";
import { leasesService } from "./services/leases.ts";
import { namespacesService } from "./services/namespaces.ts";
import { snapshotsService } from "./services/snapshots.ts";
import { tasksService } from "./services/tasks.ts";
import { versionService } from "./services/version.ts";
import { type OpenSnapshotters, openSnapshotters } from "./snapshotters.ts";
import { makeSocket } from "./sockets.ts";

/** The program that shims of 1.2 call with events. */
const EXECUTABLE = join(import.meta.dirname, "../../../bin/containerd-2019");

/** A containerd that serves. */
export interface RunningContainerd {
  /** Ends it, and no container. */
  stop(): Promise<void>;
}

/** @throws {Unavailable} When the root or an address is another one's, or nothing can be written to root or state. */
export async function startContainerd(config: Config): Promise<RunningContainerd> {
  const restartMs = restartIntervalMs(config);
  for (const kind of ["root", "state"] as const) makeWritable(config[kind], kind);
  lockRoot(config.root);
  adjustOwnProcess(config);
  const stores = await timed("opened the stores", () => openStores(config.root));
  const exchange = new Exchange();
  const context = { address: config.grpc.address, ttrpcAddress: ttrpcAddress(config), executable: EXECUTABLE };
  const tasks = new TaskList(config, context, exchange);
  await timed("looked for tasks", () => tasks.restore()); // before anybody can ask for one
  const registry = newRegistry();
  const grpc = grpcServer(services(config, stores, exchange, tasks), [grpcCounters(registry), releaseWhenIdle()]);
  const ttrpc = ttrpcServer([shimEventsService(exchange)]);
  const stopHearing = await makeSocket(
    context.ttrpcAddress,
    config.grpc,
    (path) => new Promise((resolve) => ttrpc.listen(path, () => resolve(() => ttrpc.close()))),
  );
  const stopServing = await makeSocket(config.grpc.address, config.grpc, (path) => listen(grpc, path));
  const ending = new AbortController();
  void monitorRestarts(monitored(stores, tasks), restartMs, ending.signal);
  const metrics = config.metrics.address ? await serveMetrics(config.metrics.address, registry, tasks) : undefined;
  return {
    stop: async () => {
      ending.abort();
      stopServing();
      stopHearing();
      metrics?.close();
      await stores.close();
    },
  };
}

/** Does a part of the start, and says how long it took: a slow disk or a slow shim shows. */
async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  const result = await work();
  log("info", `${what} in ${(performance.now() - start).toFixed(0)}ms`);
  return result;
}

/** Said at the start, and not by each call. A read-only mount refuses even root. */
function makeWritable(path: string, kind: "root" | "state"): void {
  try {
    makeDirectories(path, 0o711);
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new Unavailable(`Cannot use ${path} for its ${kind}: ${(cause as Error).message}`, { cause });
  }
}

/** What outlives containerd: the database, and what lies beside it. */
interface Stores {
  readonly db: MetadataDb;
  readonly content: MetadataContent;
  readonly snapshots: OpenSnapshotters;
  readonly garbage: GcScheduler;
  close(): Promise<void>;
}

async function openStores(root: string): Promise<Stores> {
  removeLeftMounts(temporaryMountsDir(root));
  rmSync(temporaryDir(root), { recursive: true, force: true });
  const db = new MetadataDb(metadataPath(root));
  const content = new MetadataContent(db, await LocalStore.open(contentDir(root)));
  const snapshots = openSnapshotters(root, db);
  const collector = new GarbageCollector(db, { content, snapshotters: snapshots.snapshotters });
  const onError = (error: unknown) => log("error", "Cannot collect all garbage", { error: String(error) });
  const garbage = new GcScheduler(db, collector, { onError });
  return {
    db,
    content,
    snapshots,
    garbage,
    close: async () => {
      await garbage.stop();
      await snapshots.close();
      await db.close();
    },
  };
}

function monitored({ db, snapshots: { snapshotters } }: Stores, tasks: TaskList): Monitored {
  return { namespaces: new Namespaces(db), containers: new Containers(db), snapshotters, tasks };
}

function services(
  { root }: Config,
  { db, content, snapshots: { snapshotters, failures }, garbage }: Stores,
  exchange: Exchange,
  tasks: TaskList,
): Implementation[] {
  const containers = new Containers(db);
  const collectGarbage = () => garbage.collectAndWait();
  return [
    versionService(),
    healthService(),
    introspectionService(root, pluginsOf(root, failures)),
    namespacesService(new Namespaces(db), exchange),
    containersService(containers, exchange),
    imagesService(new Images(db), exchange, collectGarbage),
    leasesService(new Leases(db), collectGarbage),
    contentService(content, exchange),
    diffService(content, temporaryMountsDir(root)),
    snapshotsService({ snapshotters, exchange, collectGarbage }),
    eventsService(exchange),
    tasksService({ tasks, containers, content, temporary: temporaryDir(root) }),
  ];
}
