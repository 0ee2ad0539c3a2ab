/** Work on many things, a few at a time. */
import { Slots } from "@eras/registry-client/slots.ts";

/** Does something with each, `atOnce` at a time. After a failure, too, nothing is under way any more. */
export async function forEachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const slots = new Slots(atOnce);
  const all = items.map((item) => slots.run(() => act(item)));
  await Promise.allSettled(all);
  await Promise.all(all);
}
