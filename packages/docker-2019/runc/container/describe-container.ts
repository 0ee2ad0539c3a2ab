/** What `runc state` and `runc list` tell of a container. */
import type { Container } from "./container.ts";

/** Members of the specification and runc's own, in runc's order. */
export interface ContainerDescription {
  readonly ociVersion: string;
  readonly id: string;
  /** As the host sees it; 0 when it has stopped. */
  readonly pid: number;
  readonly status: string;
  readonly bundle: string;
  /** Absolute. */
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Who created it; empty where nobody has asked. */
  readonly owner: string;
}

export function describeContainer(container: Container): ContainerDescription {
  const { ociVersion, id, status, pid = 0, bundle, annotations } = container.toState();
  const { created, config } = container.state;
  return {
    ociVersion,
    id,
    pid,
    status,
    bundle,
    rootfs: config.rootfs,
    created,
    ...(annotations && { annotations }),
    owner: "",
  };
}
