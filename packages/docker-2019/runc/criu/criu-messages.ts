/**
 * What runc and criu say to each other: messages of criu's rpc.proto, in protocol buffers.
 *
 *     message = field …      field = (number << 3 | wire type), value
 *     wire type 0            a varint: seven bits a byte, the lowest first, the highest bit set on all but the last
 *     wire type 2            length as a varint, then so many bytes: a string, or a message
 *
 * Fields in any order; those that are not known are passed over.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 * @see https://github.com/checkpoint-restore/criu/blob/v4.2/images/rpc.proto
 */

type Kind = "int" | "bool" | "string" | Schema;

/** A field's number and kind; the last for one that may be there several times. */
type Field = readonly [number: number, kind: Kind] | readonly [number: number, kind: Kind, repeated: true];

interface Schema {
  readonly [name: string]: Field;
}

type KindValue<K> = K extends "int"
  ? number
  : K extends "bool"
    ? boolean
    : K extends "string"
      ? string
      : K extends Schema
        ? MessageOf<K>
        : never;

type MessageOf<S extends Schema> = {
  readonly [Name in keyof S]?:
    | (S[Name] extends readonly [number, infer K, true] ? readonly KindValue<K>[] : KindValue<S[Name][1]>)
    | undefined;
};

const EXT_MOUNT_MAP = { key: [1, "string"], val: [2, "string"] } as const satisfies Schema;

/** `criu_opts`, as far as it is used here. */
const OPTIONS = {
  images_dir_fd: [1, "int"],
  pid: [2, "int"],
  leave_running: [3, "bool"],
  ext_unix_sk: [4, "bool"],
  tcp_established: [5, "bool"],
  evasive_devices: [6, "bool"],
  shell_job: [7, "bool"],
  file_locks: [8, "bool"],
  log_level: [9, "int"],
  log_file: [10, "string"],
  ps: [11, { address: [1, "string"], port: [2, "int"] }],
  notify_scripts: [12, "bool"],
  root: [13, "string"],
  parent_img: [14, "string"],
  track_mem: [15, "bool"],
  auto_dedup: [16, "bool"],
  work_dir_fd: [17, "int"],
  ext_mnt: [23, EXT_MOUNT_MAP, true],
  manage_cgroups: [24, "bool"],
  cg_root: [25, { ctrl: [1, "string"], path: [2, "string"] }, true],
  rst_sibling: [26, "bool"],
  inherit_fd: [27, { key: [1, "string"], fd: [2, "int"] }, true],
  manage_cgroups_mode: [34, "int"],
  external: [37, "string", true],
  empty_ns: [38, "int"],
  freeze_cgroup: [44, "string"],
  lazy_pages: [48, "bool"],
  orphan_pts_master: [50, "bool"],
  config_file: [51, "string"],
  lsm_profile: [53, "string"],
  lsm_mount_context: [63, "string"],
} as const satisfies Schema;

const FEATURES = { mem_track: [1, "bool"], lazy_pages: [2, "bool"] } as const satisfies Schema;

const REQUEST = {
  type: [1, "int"],
  opts: [2, OPTIONS],
  notify_success: [3, "bool"],
  features: [5, FEATURES],
} as const satisfies Schema;

const RESPONSE = {
  type: [1, "int"],
  success: [2, "bool"],
  restore: [4, { pid: [1, "int"] }],
  notify: [5, { script: [1, "string"], pid: [2, "int"] }],
  cr_errno: [7, "int"],
  features: [8, FEATURES],
  cr_errmsg: [9, "string"],
  version: [10, { major_number: [1, "int"], minor_number: [2, "int"], sublevel: [4, "int"] }],
} as const satisfies Schema;

/** How criu is to do what it is asked for: its command line's options, with `_`. */
export type CriuOptions = MessageOf<typeof OPTIONS>;
/** Abilities that not every criu, or kernel, has. */
export type CriuFeatures = MessageOf<typeof FEATURES>;
export type CriuRequest = MessageOf<typeof REQUEST>;
export type CriuResponse = MessageOf<typeof RESPONSE>;

/** `criu_req_type`. */
export const REQUEST_TYPES = { DUMP: 1, RESTORE: 2, PRE_DUMP: 4, NOTIFY: 6, FEATURE_CHECK: 9, VERSION: 10 } as const;
export type RequestType = keyof typeof REQUEST_TYPES;

/** `criu_cg_mode`: what becomes of the control groups. */
export const CGROUP_MODES = { ignore: 0, soft: 3, full: 4, strict: 5 } as const;

/** For criu to read. */
export function encodeRequest(request: CriuRequest): Buffer {
  return encode(REQUEST, request);
}

/** What criu has written. @throws {Error} When it is no message of this kind. */
export function decodeResponse(bytes: Buffer): CriuResponse {
  return decode(RESPONSE, bytes) as CriuResponse;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

function encode(schema: Schema, message: Readonly<Record<string, unknown>>): Buffer {
  const fields = Object.entries(message).filter(([, value]) => value !== undefined);
  return Buffer.concat(
    fields.flatMap(([name, value]) => {
      const [number, kind, repeated] = schema[name]!;
      return (repeated ? (value as readonly unknown[]) : [value]).map((each) => encodeField(number, kind, each));
    }),
  );
}

function encodeField(number: number, kind: Kind, value: unknown): Buffer {
  if (kind === "int" || kind === "bool") return Buffer.concat([varint(number << 3), varint(Number(value))]);
  const bytes = kind === "string" ? Buffer.from(value as string) : encode(kind, value as Record<string, unknown>);
  return Buffer.concat([varint((number << 3) | LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

/** Negative numbers are those of 64 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function decode(schema: Schema, bytes: Buffer): Record<string, unknown> {
  const names = new Map(Object.entries(schema).map(([name, field]) => [field[0], [name, field[1]] as const]));
  const message: Record<string, unknown> = {};
  for (let at = 0; at < bytes.length; ) {
    const [tag, afterTag] = readVarint(bytes, at);
    const [value, next] = readVarint(bytes, afterTag);
    const wireType = tag & 7;
    if (wireType !== VARINT && wireType !== LENGTH_DELIMITED)
      throw new Error(`Cannot read what criu says: field ${tag}`);
    at = wireType === VARINT ? next : next + value;
    const [name, kind] = names.get(tag >> 3) ?? [];
    if (name !== undefined)
      message[name] = wireType === VARINT ? scalar(kind!, value) : content(kind!, bytes.subarray(next, at));
  }
  return message;
}

function readVarint(bytes: Buffer, start: number): [value: number, next: number] {
  let value = 0n;
  for (let at = start; at < bytes.length; at++) {
    value |= BigInt(bytes[at]! & 0x7f) << BigInt(7 * (at - start));
    if (bytes[at]! < 0x80) return [Number(BigInt.asIntN(64, value)), at + 1];
  }
  throw new Error("Cannot read what criu says: it ends in the middle");
}

function scalar(kind: Kind, value: number): number | boolean {
  return kind === "bool" ? value !== 0 : value;
}

function content(kind: Kind, bytes: Buffer): unknown {
  return typeof kind === "string" ? bytes.toString() : decode(kind, bytes);
}
