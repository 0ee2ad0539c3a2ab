import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";

/** Some mistakes of a request the original doesn't class as such, and answers 500 where 400 would do. Its clients know them so. */
export function unclassified<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof InvalidArgument) throw new Unknown(error.message, { cause: error.cause });
    throw error;
  }
}
