/** The network of containers, as the daemon needs it: ready before a start, taken back after the end. */
import type { NetworkSettings } from "../../engine-api/container.ts";
import type { Container } from "../container/container.ts";

export interface Networks {
  /**
   * Gives a container its network, and writes its hosts, hostname and resolv.conf.
   *
   * @returns The path of its network namespace; undefined for the host's, or for one of its own in which there is nothing.
   */
  connect(container: Container): Promise<string | undefined>;
  /** Takes it back; that there is none is fine. */
  disconnect(container: Container): Promise<void>;
  settings(container: Container): NetworkSettings;
}
