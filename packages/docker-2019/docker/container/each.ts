/** Commands that do one thing to several containers, images, networks or volumes. */
import { failAfter } from "../exit-status.ts";
import { print } from "../output/print.ts";

/** How many are under way at once. */
const TOGETHER = 50;

/** Does it to each, in their order, and prints the name of each that is done. What fails stops no other. @throws {ExitStatus} */
export async function forEach(names: readonly string[], work: (name: string) => Promise<unknown>): Promise<void> {
  const errors: string[] = [];
  for (const name of names) {
    try {
      await work(name);
      print(name);
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  failAfter(errors);
}

/** The same, many at once; names and errors still come in the order of the names. @throws {ExitStatus} */
export async function forEachAtOnce(names: readonly string[], work: (name: string) => Promise<unknown>): Promise<void> {
  const done: Promise<string | undefined>[] = [];
  const errors: string[] = [];
  for (const [index, name] of names.entries()) {
    if (index >= TOGETHER) await done[index - TOGETHER];
    done.push(
      work(name).then(
        () => undefined,
        (error: Error) => error.message,
      ),
    );
  }
  for (const [index, name] of names.entries()) {
    const error = await done[index];
    if (error === undefined) print(name);
    else errors.push(error);
  }
  failAfter(errors);
}
