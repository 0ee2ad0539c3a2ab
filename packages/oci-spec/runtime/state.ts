/**
 * What a runtime tells of a container: `runc state` prints it, hooks read it from their standard input.
 *
 *     creating ──create──▶ created ──start──▶ running ──exit──▶ stopped ──delete──▶ gone
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#state
 */

/** A container at one moment. */
export interface State {
  /** Of the specification that this state follows. */
  readonly ociVersion: string;
  /** Unique on the host, for one runtime. */
  readonly id: string;
  readonly status: ContainerStatus;
  /** Of the container's process, as the host sees it; absent before it exists and after its end. */
  readonly pid?: number;
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** As config.json has them. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The specification's four, and `paused`, which runc adds. */
export type ContainerStatus = "creating" | "created" | "running" | "stopped" | "paused";
