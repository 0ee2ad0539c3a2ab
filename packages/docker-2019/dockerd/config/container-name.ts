/** Names of containers, as people give them. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

const CHARACTERS = "[a-zA-Z0-9][a-zA-Z0-9_.-]";
const NAME = new RegExp(`^${CHARACTERS}+$`);

/** @param name - With or without the slash that it has in records. @throws {InvalidArgument} */
export function verifyName(name: string): void {
  if (!NAME.test(name.replace(/^\//, "")))
    throw new InvalidArgument(`Invalid container name (${name}), only ${CHARACTERS} are allowed`);
}
