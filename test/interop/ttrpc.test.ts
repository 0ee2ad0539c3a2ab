/** Our ttrpc, both sides of it, against genuine ones in Go: the shim that serves tasks and tells events, the containerd that hears them. */
import { mkdirSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { dateOf } from "@eras/docker-2019/proto/timestamps.ts";
import { packAny, typeNameOf, unpackAny } from "@eras/docker-2019/proto/any.ts";
import { NAMESPACE_KEY, namespaceOf, TTRPC_NAMESPACE_KEY } from "@eras/docker-2019/proto/call.ts";
import { TaskExitSchema, TaskOOMSchema } from "@eras/docker-2019/proto/gen/event-messages_pb.ts";
import { type Envelope, Events } from "@eras/docker-2019/proto/gen/events-ttrpc_pb.ts";
import { Status } from "@eras/docker-2019/proto/gen/process_pb.ts";
import { OptionsSchema, ProcessDetailsSchema } from "@eras/docker-2019/proto/gen/runc-options_pb.ts";
import { Task } from "@eras/docker-2019/proto/gen/shim_pb.ts";
import { MetricsSchema } from "@eras/docker-2019/proto/gen/cgroups-v1_pb.ts";
import { connectTtrpc, socketPath, ttrpcClient, type TtrpcConnection } from "@eras/docker-2019/proto/ttrpc/client.ts";
import { implement, ttrpcServer } from "@eras/docker-2019/proto/ttrpc/server.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { ContainerdEvents } from "../genuine/containerd-events.ts";
