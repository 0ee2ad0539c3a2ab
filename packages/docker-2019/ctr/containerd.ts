/**
 * containerd as ctr sees it: its services, at the other end of a socket, in one namespace.
 *
 * The connection is made when something is first asked, and every call names the namespace, and the lease while there is one.
 */
import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
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
import { onInterrupt } from "./interrupt.ts";

/** How long a lease holds what a command makes, should the command not live to give it back: a day, as genuine ctr has it. */
const LEASE_LIFE_MS = 24 * 3_600_000;
/** What is under way when it is given up may end in order, for so long. */
const GRACE_MS = 1000;
/** The label by which containerd's garbage collector knows when a lease is over. */
const EXPIRE_LABEL = "containerd.io/gc.expire";

export class Containerd {
  readonly globals: Globals;
  readonly #channel: Client;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #clients = new Map<Service, unknown>();
  readonly #giveUp: AbortController;
  #leases = 0;

  /**
   * @param giveUp - Ends what is under way: see `signal`.
   * @param lease - Holds what is made through this one.
   */
  constructor(globals: Globals, giveUp: AbortController, channel = connectGrpc(globals.address), lease?: string) {
    this.globals = globals;
    this.#giveUp = giveUp;
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

  /** Aborted when there is no more time, or somebody has pressed Ctrl-C: what takes long ends then. */
  get signal(): AbortSignal {
    return this.#giveUp.signal;
  }

  /** Whether something is being done that ends by itself when `signal` is aborted. */
  get holdsLease(): boolean {
    return this.#leases > 0;
  }

  /** Waits until containerd answers. @throws {Unavailable} When it has not within this time. */
  async reach(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#channel.waitForReady(Date.now() + timeoutMs, resolve);
    const cause = await promise;
    if (!cause) return;
    const address = JSON.stringify(this.globals.address);
    throw new Unavailable(
      `failed to dial ${address}: context deadline exceeded: whoever listens there does not answer`,
      {
        cause,
      },
    );
  }

  /**
   * Does something under a lease, without which the garbage collector might take what has been made before something refers to it. The
   * lease is given back at the end, whatever came of it, and if it is given up, too.
   */
  async withLease<Result>(work: (leased: Containerd) => Promise<Result>): Promise<Result> {
    const { lease } = await this.leases.create({ labels: expiring(LEASE_LIFE_MS) });
    const { id } = lease!;
    const ignoreInterrupts = onInterrupt((reason) => this.#giveUp.abort(reason));
    this.#leases++;
    try {
      const result = await Promise.race([work(this.underLease(id)), givenUp(this.signal)]);
      await this.leases.delete({ id });
      return result;
    } catch (error) {
      // What went wrong first is what counts, and it may be containerd itself. The lease ends anyway, in a day.
      await this.leases.delete({ id }, { timeoutMs: GRACE_MS }).catch(() => {});
      throw this.signal.aborted ? this.signal.reason : error;
    } finally {
      this.#leases--;
      ignoreInterrupts();
    }
  }

  /** The same, under a lease that somebody has made and will give back. */
  underLease(id: string): Containerd {
    return new Containerd(this.globals, this.#giveUp, this.#channel, id);
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

/** Fails a while after the signal. */
function givenUp(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const fail = async () => reject(await delay(GRACE_MS, signal.reason, { ref: false }));
  signal.addEventListener("abort", () => void fail(), { once: true });
  return promise;
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
