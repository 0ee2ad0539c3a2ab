/** A further process in a container. Exec only notes it; Start starts it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Any } from "../proto/gen/google/protobuf/any_pb.ts";
import { callRuntime, type Runtime } from "./runc-cli.ts";
import { type ProcessIo, ShimProcess } from "./shim-process.ts";
import type { StdioOwner } from "./stdio.ts";

/** What is to be started. */
export interface ExecRequest {
  readonly id: string;
  readonly execId: string;
  readonly io: ProcessIo;
  /** Process of the runtime specification, as JSON in an Any. */
  readonly spec: Any | undefined;
  readonly bundle: string;
}

export class ExecProcess extends ShimProcess {
  readonly #request: ExecRequest;

  /** @throws {InvalidArgument} When it isn't said what to start. */
  constructor(request: ExecRequest, owner: StdioOwner) {
    super(request.io, owner);
    if (!request.spec) throw new InvalidArgument(`Cannot exec ${request.execId}: it has no process: invalid argument`);
    this.#request = request;
  }

  /** Starts it. */
  async run(runtime: Runtime): Promise<void> {
    const { id, execId, spec, bundle } = this.#request;
    const pidFile = join(bundle, `${execId}.pid`);
    const dir = mkdtempSync(join(tmpdir(), "runc-process"));
    const processFile = join(dir, "process.json");
    writeFileSync(processFile, this.#withTerminal(spec!.value));
    try {
      await this.make(async (streams, consoleArgs) => {
        const args = ["--process", processFile, ...consoleArgs, "--detach", "--pid-file", pidFile];
        await callRuntime(runtime, "exec", ["exec", ...args, id], streams);
        return Number(readFileSync(pidFile, "utf8"));
      });
    } finally {
      rmSync(dir, { recursive: true });
    }
  }

  /** The request says whether there is a terminal; the process must agree. */
  #withTerminal(spec: Uint8Array): string {
    const process = JSON.parse(Buffer.from(spec).toString()) as Record<string, unknown>;
    return JSON.stringify({ ...process, terminal: this.io.terminal });
  }
}
