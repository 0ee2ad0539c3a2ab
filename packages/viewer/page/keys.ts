/** The keyboard: every part of the page without a mouse. */

export type Act = () => void;

/** What a page does at each key; `0` to `9` are one act with the number. */
export interface KeyActs {
  readonly keys: Readonly<Record<string, Act>>;
  readonly number: (number: number) => void;
}

/** Keys that belong to whoever has the focus. */
const OWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  SELECT: ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", " "],
  BUTTON: [" ", "Enter"],
  SUMMARY: [" ", "Enter"],
  INPUT: [" "],
};

export function listenToKeys({ keys, number }: KeyActs): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { tagName = "" } = (event.target as Element | null) ?? {};
    if (OWN_KEYS[tagName]?.includes(event.key)) return;
    const act = /^\d$/.test(event.key) ? () => number(Number(event.key) || 10) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
