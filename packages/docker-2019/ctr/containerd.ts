/**
 * containerd as ctr sees it: its services, at the other end of a socket, in one namespace.
 *
 * The connection is made when something is first asked, and every call names the namespace, and the lease while there is one.
 */
import { statSync } from "node:fs";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import type { Client } from "@grpc/grpc-js";
import { LEASE_KEY, NAMESPACE_KEY } from "../proto/call.ts";
import { Containers } from "../proto/gen/containers_pb.ts";
import { Content } from "../proto/gen/content_pb.ts";
import { Diff } from "../proto/gen/diff_pb.ts";
import { Events } from "../proto/gen/events_pb.ts";
import { Images } from "../proto/gen/images_pb.ts";
import { Introspection } from "../proto/gen/introspection_pb.ts";
import { Leases } from "../proto/gen/leases_pb.ts";
import { Namespaces } from "../proto/gen/namespaces_pb.ts";
import { Snapshots } from "../proto/gen/snapshots_pb.ts";
import { Tasks } from "../proto/gen/tasks_pb.ts";
import { Version } from "../proto/gen/version_pb.ts";
import { connectGrpc, type GrpcClient, grpcClient } from "../proto/grpc/client.ts";
import type { Service } from "../proto/service.ts";
import type { Globals } from "./globals.ts";

/** How long a lease holds what a command makes, should the command not live to give it back: a day, as genuine ctr has it. */
const LEASE_LIFE_MS = 24 * 3_600_000;
/** The label by which containerd's garbage collector knows when a lease is over. */
const EXPIRE_LABEL = "containerd.io/gc.expire";

export class Containerd {
  readonly globals: Globals;
  readonly #channel: Client;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #clients = new Map<Service, unknown>();

  /** @param lease - Holds what is made through this one. */
  constructor(globals: Globals, channel = connectGrpc(globals.address), lease?: string) {
    this.globals = globals;
    this.#channel = channel;
    this.#metadata = { [NAMESPACE_KEY]: globals.namespace, ...(lease !== undefined && { [LEASE_KEY]: lease }) };
  }

  get namespace(): string {
    return this.globals.namespace;
  }

  get containers(): GrpcClient<typeof Containers> {
    return this.#client(Containers);
  }

  get content(): GrpcClient<typeof Content> {
    return this.#client(Content);
  }

  get diff(): GrpcClient<typeof Diff> {
    return this.#client(Diff);
  }

  get events(): GrpcClient<typeof Events> {
    return this.#client(Events);
  }

  get images(): GrpcClient<typeof Images> {
    return this.#client(Images);
  }

  get introspection(): GrpcClient<typeof Introspection> {
    return this.#client(Introspection);
  }

  get leases(): GrpcClient<typeof Leases> {
    return this.#client(Leases);
  }

  get namespaces(): GrpcClient<typeof Namespaces> {
    return this.#client(Namespaces);
  }

  get snapshots(): GrpcClient<typeof Snapshots> {
    return this.#client(Snapshots);
  }

  get tasks(): GrpcClient<typeof Tasks> {
    return this.#client(Tasks);
  }

  get version(): GrpcClient<typeof Version> {
    return this.#client(Version);
  }

  /**
   * Does something under a lease, without which the garbage collector might take what has been made before something refers to it. The
   * lease is given back at the end, whatever came of it.
   */
  async withLease<Result>(work: (leased: Containerd) => Promise<Result>): Promise<Result> {
    const { lease } = await this.leases.create({ labels: expiring(LEASE_LIFE_MS) });
    const { id } = lease!;
    try {
      return await work(this.underLease(id));
    } finally {
      await this.leases.delete({ id });
    }
  }

  /** The same, under a lease that somebody has made and will give back. */
  underLease(id: string): Containerd {
    return new Containerd(this.globals, this.#channel, id);
  }

  close(): void {
    this.#channel.close();
  }

  #client<S extends Service>(service: S): GrpcClient<S> {
    const known = this.#clients.get(service);
    if (known) return known as GrpcClient<S>;
    const made = grpcClient(service, this.#channel, this.#metadata);
    this.#clients.set(service, made);
    return made;
  }
}

/** The label of a lease that is over after `lifeMs`, should nobody give it back before. */
export function expiring(lifeMs: number): Record<string, string> {
  const end = new Date(Date.now() + lifeMs).toISOString();
  return { [EXPIRE_LABEL]: `${end.slice(0, "2026-11-30T19:59:58".length)}Z` };
}

/** Says at once that there is no socket, where a gRPC client would go on trying. @throws {Unavailable} */
export function checkSocket(address: string): void {
  try {
    if (statSync(address).isSocket()) return;
  } catch (cause) {
    const hint = "is containerd running? --address says where its socket is";
    throw new Unavailable(`failed to dial ${JSON.stringify(address)}: no such file or directory: ${hint}`, { cause });
  }
  throw new Unavailable(`failed to dial ${JSON.stringify(address)}: it is not a socket`);
}
