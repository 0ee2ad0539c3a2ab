/** Further processes in a running container: POST /containers/ID/exec declares one, POST /exec/ID/start starts it and is its connection. */
import type { List } from "./container-config.ts";

export interface ExecCreateRequest {
  readonly User: string;
  readonly Privileged: boolean;
  readonly Tty: boolean;
  readonly AttachStdin: boolean;
  readonly AttachStderr: boolean;
  readonly AttachStdout: boolean;
  readonly Detach: boolean;
  /** `ctrl-p,ctrl-q` */
  readonly DetachKeys: string;
  readonly Env: List<string>;
  readonly WorkingDir?: string;
  readonly Cmd: readonly string[];
}

export interface ExecStartRequest {
  readonly Detach: boolean;
  readonly Tty: boolean;
}

/** GET /exec/ID/json */
export interface ExecInspect {
  readonly ID: string;
  readonly Running: boolean;
  /** Null until it has ended. */
  readonly ExitCode: number | null;
  readonly ProcessConfig: {
    readonly tty: boolean;
    readonly entrypoint: string;
    readonly arguments: readonly string[];
    readonly privileged: boolean;
    readonly user?: string;
  };
  readonly OpenStdin: boolean;
  readonly OpenStderr: boolean;
  readonly OpenStdout: boolean;
  readonly CanRemove: boolean;
  readonly ContainerID: string;
  readonly DetachKeys: string;
  readonly Pid: number;
}
