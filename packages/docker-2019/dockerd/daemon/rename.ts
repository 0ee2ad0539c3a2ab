/** Another name for a container. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../container/container.ts";
import type { Daemon } from "./daemon.ts";

/** @throws {InvalidArgument} When it is no name; {Conflict} when another container has it. */
export function renameContainer(daemon: Daemon, container: Container, wanted: string): void {
  const newName = wanted.replace(/^\//, "");
  const { id, name: oldName } = container;
  if (newName === "") throw new InvalidArgument("Neither old nor new names may be empty");
  if (newName === oldName) throw new InvalidArgument("Renaming a container with the same name as its current name");
  daemon.containers.reserveName(newName, id);
  container.record.Name = `/${newName}`;
  container.save();
  daemon.networks.rename(id, newName);
  daemon.containers.releaseName(oldName, id);
  daemon.publish("rename", container, { oldName: `/${oldName}` });
}
