/**
 * What a trace is made of: one event is one line of JSON in the run's spool file.
 *
 * Every process of a run appends its own events to the same file, each with one `write(2)` in append mode, so lines of different
 * processes never mix and a process that is killed loses nothing that it had said. Time is CLOCK_MONOTONIC, which all processes of a
 * machine share, so sorting by `t_ns` gives the order of the whole run.
 */

/** Who speaks to whom, by which protocol. `from` and `to` are actors. */
export interface TraceMessage {
  channel: "rcli" | "http" | "grpc" | "ttrpc" | "fifo" | "signal" | "exec";
  from: string;
  to: string;
  /** The same on both sides: for rcli the TCP connection's four-tuple. */
  id: string;
  summary: string;
  /** Of an answer: the summary of what it answers. */
  answers?: string;
  /** Where whoever answers listens: the path of a socket. */
  address?: string;
  /** What goes beside a gRPC message, but for what only a trace needs. */
  metadata?: Readonly<Record<string, string>>;
  payload?: TracePayload;
}

/** The bytes of a message, without what carries them: of gRPC and ttrpc the protobuf message. */
export interface TracePayload {
  /** In base64; no more than the first {@link PAYLOAD_BYTES_MAX}. */
  base64: string;
  /** Of all of it, in bytes. */
  length: number;
}

/** What a trace keeps of a message. The longest that a run has, a container with its specification, fits in. */
export const PAYLOAD_BYTES_MAX = 16 << 10;

/** What a step or a kernel call made, changed or removed. */
export interface TraceObject {
  type: "ns" | "mount" | "cgroup" | "netdev" | "rule" | "file" | "process";
  id: string;
  change: "create" | "change" | "remove";
}

export type TraceKind = "begin" | "end" | "point" | "send" | "recv" | "kernel" | "object";

export interface TraceEvent {
  /** Name of the run: that of its spool file. */
  run: string;
  /** Counts the events of one process, from 0. */
  seq: number;
  /** Nanoseconds of CLOCK_MONOTONIC. */
  t_ns: number;
  /** The program: `docker`, `dockerd`, `lxc-start`, `init`. */
  actor: string;
  /** Process ids as the host sees them, also for a process inside a PID namespace. */
  pid: number;
  ppid: number;
  /** One stretch of work of one actor: a program's life, or one request within a daemon. */
  span: string;
  /** The span that caused this one; absent for the first. */
  parent?: string;
  /** `begin` and `end` bound a span; `point` is a step; `kernel` is a call that was made; `object` tells how an object is. */
  kind: TraceKind;
  /** Id of the declared step, for a `point` that is one. */
  step?: string;
  /** What happened, in a word: the step's id, or the kernel call. */
  name: string;
  msg?: TraceMessage;
  args?: Record<string, unknown>;
  /** Where in the source, relative to the project: `packages/docker-2013/aufs/mount.ts`. */
  file?: string;
  line?: number;
  object?: TraceObject;
}
