/** What a volume may be called: its name becomes that of a directory. */
import { randomBytes } from "node:crypto";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const NAME_MIN = 2;
/** NAME_MAX of the kernel. */
const NAME_MAX = 255;

/** @throws {InvalidArgument} When there can be no volume of that name. */
export function validateName(name: string): void {
  const problem =
    name.length < NAME_MIN
      ? "volume name is too short, names should be at least two alphanumeric characters"
      : name.length > NAME_MAX
        ? `volume name is too long, names should have at most ${NAME_MAX} characters`
        : NAME.test(name)
          ? undefined
          : `${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`;
  if (problem !== undefined) throw new InvalidArgument(`create ${name}: ${problem}`);
}

/** For a volume that nobody has named: 64 hexadecimal digits. */
export function anonymousName(): string {
  return randomBytes(32).toString("hex");
}
