import { print } from "./print.ts";

/** One thing by a template. @param format - `json` is the whole of it. */
export async function printFormatted(thing: object, format: string): Promise<void> {
  const { Template } = await import("../template/template.ts");
  print(new Template(format === "json" ? "{{json .}}" : format).execute(thing));
}
