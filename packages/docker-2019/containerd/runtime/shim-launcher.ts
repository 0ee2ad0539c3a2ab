/**
 * Starting a shim: containerd knows nothing of it but its command line.
 *
 *     io.containerd.runc.v2  ─▶  containerd-shim-runc-v2 -namespace NS -address SOCKET -publish-binary EXE -id ID start
 *                                                          └ prints unix:///run/…, and has left the shim itself running
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/runtime/v2/README.md
 */
import type { ChildProcess } from "node:child_process";
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { isAbsolute, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { closeOnExecAbove, spawnChild } from "@eras/linux/exec.ts";
import { Unknown } from "@eras/oci-spec/errdefs.ts";
import { traceEnvironment } from "@eras/trace/context.ts";
import { type Any, AnySchema } from "../../proto/gen/google/protobuf/any_pb.ts";
import { type DeleteResponse, DeleteResponseSchema } from "../../proto/gen/shim_pb.ts";
import { fromBinary, toBinary } from "../../proto/message.ts";
import { step } from "../../step.ts";
import { OPT_DIR } from "../paths.ts";
import type { Bundle } from "./bundle.ts";

/** Where programs of this project lie, the shim among them. */
const OWN_PROGRAMS = join(import.meta.dirname, "../../../../bin");
const NOTHING = new Uint8Array();
const UNRESOLVED = "failed to start shim: failed to resolve runtime path";
const STDERR = 2;
/** For a shim's `delete`: a runtime that hangs must not hold up whoever waits for the task's end. */
const DELETE_TIMEOUT_MS = 60_000;

/** What a shim has to know of us. */
export interface LauncherContext {
  /** Our socket. */
  readonly address: string;
  /** Our socket for events. */
  readonly ttrpcAddress: string;
  /** Our own program. */
  readonly executable: string;
}

/**
 * The program of a runtime's name.
 *
 * @param runtime - `io.containerd.runc.v2`, or an absolute path.
 * @throws {Unknown} When there is no such program, in the original's words.
 */
export function findShim(runtime: string): string {
  if (isAbsolute(runtime)) return existing(runtime);
  const [name, version] = runtime.split(".").slice(-2);
  if (!name || !version)
    throw new Unknown(
      `${UNRESOLVED}: invalid runtime name ${runtime}, correct runtime name should be either format like \`io.containerd.runc.v1\` or a full path to the binary: unknown`,
    );
  const program = `containerd-shim-${name}-${version}`;
  const directories = [join(OPT_DIR, "bin"), ...(process.env.PATH ?? "").split(":"), OWN_PROGRAMS];
  const found = directories.map((directory) => join(directory, program)).find((path) => existsSync(path));
  if (found) return found;
  throw new Unknown(
    `${UNRESOLVED}: runtime "${runtime}" binary not installed "${program}": file does not exist: unknown`,
  );
}

function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new Unknown(`${UNRESOLVED}: invalid custom binary path: stat ${path}: no such file or directory: unknown`);
}

/** Starts the shim of a bundle. @param options - Of the runtime, for its standard input. @returns Its address. */
export async function launchShim(
  bundle: Bundle,
  shim: string,
  context: LauncherContext,
  options: Any | undefined,
): Promise<string> {
  step("containerd.launch-shim", { shim, bundle: bundle.path });
  bundle.shimBinary = shim;
  const input = options ? toBinary(AnySchema, options) : NOTHING;
  const { status, output, errors } = await callShim(bundle, shim, context, { action: ["start"], input });
  if (status !== 0)
    throw new Unknown(`failed to start shim: start failed: ${output}${errors}: exit status ${status}: unknown`);
  return parseAddress(output.toString().trim());
}

/** Newer shims may answer in JSON. */
function parseAddress(text: string): string {
  if (!text.startsWith("{")) return text;
  const { address, protocol = "ttrpc" } = JSON.parse(text) as { address: string; protocol?: string };
  if (protocol !== "ttrpc") throw new Unknown(`Cannot talk to a shim by ${protocol}: unknown`);
  return address;
}

/** Has the shim's program remove what is left of a task: after its end, and after the end of its shim. @returns How the task ended. */
export async function callShimDelete(bundle: Bundle, shim: string, context: LauncherContext): Promise<DeleteResponse> {
  const call = { action: ["-bundle", bundle.path, "delete"], input: NOTHING, timeoutMs: DELETE_TIMEOUT_MS };
  const { status, output, errors } = await callShim(bundle, shim, context, call);
  if (status !== 0) throw new Unknown(`Cannot delete ${bundle.id}: ${shim} ended with ${status}: ${errors}: unknown`);
  return fromBinary(DeleteResponseSchema, output);
}

/** What a shim's program is asked to do. */
interface ShimCall {
  readonly action: readonly string[];
  readonly input: Uint8Array;
  /** After which it is killed. */
  readonly timeoutMs?: number;
}

/** How a shim's program ended, with what it has printed: its answer, and its log. */
interface ShimAnswer {
  readonly status: number;
  readonly output: Buffer;
  readonly errors: string;
}

async function callShim(
  { namespace, id, path }: Bundle,
  shim: string,
  { address, ttrpcAddress, executable }: LauncherContext,
  { action, input, timeoutMs }: ShimCall,
): Promise<ShimAnswer> {
  const args = ["-namespace", namespace, "-address", address, "-publish-binary", executable, "-id", id, ...action];
  const env = { ...process.env, GOMAXPROCS: "2", TTRPC_ADDRESS: ttrpcAddress, ...traceEnvironment() };
  closeOnExecAbove(STDERR); // LMDB leaves its files open to children
  const child = spawnChild(shim, args, { cwd: path, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin?.on("error", () => {}); // it need not read
  child.stdin?.end(input);
  const timer = timeoutMs === undefined ? undefined : setTimeout(killSession, timeoutMs, child);
  return ending(child).finally(() => clearTimeout(timer));
}

/** Kills a program with all that it has started: else a runtime that hangs would keep its outputs open, and us waiting. */
function killSession({ pid }: { readonly pid: number }): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error; // all of it has ended, and its outputs will
  }
}

function ending(child: ChildProcess): Promise<ShimAnswer> {
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) =>
      resolve({
        status: status ?? 255,
        output: Buffer.concat(output),
        errors: Buffer.concat(errors).toString().trim(),
      }),
    );
  });
}

/**
 * Copies what a shim logs to our own standard error, until nobody has the FIFO open for writing any more: the shim's end. A shim of a group
 * logs to the FIFO of its first container, which may be deleted long before.
 *
 * @returns To be called when the shim has opened its log, or won't: until then it is we who have it open.
 */
export function readLog({ logFifo }: Bundle): () => void {
  const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
  if (!existsSync(logFifo)) return () => {};
  const log = new Socket({ fd: openSync(logFifo, O_RDONLY | O_NONBLOCK), readable: true, writable: false });
  const writeEnd = openSync(logFifo, O_WRONLY | O_NONBLOCK);
  log.on("data", (text: Buffer) => process.stderr.write(text)).on("error", () => {});
  log.unref();
  return () => closeSync(writeEnd);
}
