/** Labels, as filters ask for them. */

/** Whether labels are as all of `name` or `name=value` demand. */
export function hasLabels(wanted: readonly string[], labels: Readonly<Record<string, string>>): boolean {
  return wanted.every((text) => {
    const [name, value] = splitLabel(text);
    return Object.hasOwn(labels, name) && (value === undefined || labels[name] === value);
  });
}

function splitLabel(text: string): readonly [name: string, value: string | undefined] {
  const equals = text.indexOf("=");
  return equals === -1 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}
