/** The init's part in a user namespace: user-namespace.ts tells the whole. */
import { setgroups, setresgid, setresuid } from "@eras/linux/credentials.ts";
import { step } from "../step.ts";
import { attempt } from "./attempt.ts";

/** Makes the init, which its user namespace doesn't know yet, the namespace's root. The kernel forgets the parent-death signal. */
export function becomeMappedRoot(): void {
  step("init.become-root");
  attempt("become the root of the container's user namespace", () => {
    setgroups([]);
    setresgid(0, 0, 0);
    setresuid(0, 0, 0);
  });
}
