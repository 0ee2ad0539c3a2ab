/** Another name for a container. */
import { ERROR_CLASSES, errorKind, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { verifyName } from "../config/container-name.ts";
import type { Container } from "../container/container.ts";
import type { Daemon } from "./daemon.ts";

/** @throws {InvalidArgument} When it is no name; {Conflict} when another container has it. */
export function renameContainer(daemon: Daemon, container: Container, wanted: string): void {
  const { id, name: oldName } = container;
  if (wanted === "") throw new InvalidArgument("Neither old nor new names may be empty");
  const newName = wanted.replace(/^\//, "");
  if (newName === oldName) throw new InvalidArgument("Renaming a container with the same name as its current name");
  reserve(daemon, newName, id);
  container.record.Name = `/${newName}`;
  try {
    container.save();
  } catch (error) {
    container.record.Name = `/${oldName}`;
    daemon.containers.releaseName(newName, id);
    throw error;
  }
  daemon.networks.rename(id, newName);
  daemon.containers.releaseName(oldName, id);
  daemon.publish("rename", container, { oldName: `/${oldName}` });
}

function reserve({ containers }: Daemon, name: string, id: string): void {
  try {
    verifyName(`/${name}`);
    containers.reserveName(name, id);
  } catch (cause) {
    throw new ERROR_CLASSES[errorKind(cause)](`Error when allocating new name: ${(cause as Error).message}`, { cause });
  }
}
