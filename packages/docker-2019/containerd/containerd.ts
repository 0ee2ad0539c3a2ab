/**
 * containerd, put together: what it keeps, what runs, and how clients reach both.
 *
 *     clients ──gRPC──▶ services ─▶ metadata · content · snapshots · diff
 *                          └──────▶ tasks ──ttrpc──▶ shims
 *                                                      │
 *     clients ◀──gRPC── exchange of events ◀──ttrpc────┘
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { grpcServer, listen } from "../proto/grpc/server.ts";
import { ttrpcServer } from "../proto/ttrpc/server.ts";
import { type Config, ttrpcAddress } from "./config.ts";
import { Exchange } from "./events/exchange.ts";
import { lockRoot } from "./lock.ts";
import { Containers } from "./metadata/containers.ts";
import { MetadataDb } from "./metadata/db.ts";
import { metadataPath } from "./paths.ts";
import { pluginsOf } from "./plugins.ts";
import { TaskList } from "./runtime/task-list.ts";
import { eventsService, shimEventsService } from "./services/events.ts";
import { healthService } from "./services/health.ts";
import { introspectionService } from "./services/introspection.ts";
import { tasksService } from "./services/tasks.ts";
import { versionService } from "./services/version.ts";
import { makeSocket } from "./sockets.ts";

/** The program that shims of 1.2 call with events. */
const EXECUTABLE = join(import.meta.dirname, "../../../bin/containerd-2019");

/** A containerd that serves. */
export interface RunningContainerd {
  /** Ends it, and no container. */
  stop(): Promise<void>;
}

/** @throws {Unavailable} When the root or an address is another one's. */
export async function startContainerd(config: Config): Promise<RunningContainerd> {
  lockRoot(config.root);
  mkdirSync(config.state, { recursive: true, mode: 0o711 });
  const db = new MetadataDb(metadataPath(config.root));
  const exchange = new Exchange();
  const context = { address: config.grpc.address, ttrpcAddress: ttrpcAddress(config), executable: EXECUTABLE };
  const tasks = new TaskList(config, context, exchange);
  await tasks.restore(); // before anybody can ask for one
  const grpc = grpcServer([
    versionService(),
    healthService(),
    introspectionService(config.root, pluginsOf({})),
    eventsService(exchange),
    tasksService({ tasks, containers: new Containers(db) }),
  ]);
  const ttrpc = ttrpcServer([shimEventsService(exchange)]);
  await makeSocket(context.ttrpcAddress, config.grpc, (path) => new Promise((resolve) => ttrpc.listen(path, resolve)));
  await makeSocket(config.grpc.address, config.grpc, (path) => listen(grpc, path));
  return {
    stop: async () => {
      grpc.forceShutdown();
      ttrpc.close();
      await db.close();
    },
  };
}
