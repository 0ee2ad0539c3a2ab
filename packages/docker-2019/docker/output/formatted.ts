import type { TemplateOptions } from "../../template/template.ts";
import { FAILURE } from "../exit-status.ts";
import { print } from "./print.ts";

/** One thing by a template. @param format - `json` is the whole of it. */
export async function printFormatted(thing: object, format: string, options: TemplateOptions): Promise<void> {
  const { UNREADABLE, UserTemplate } = await import("./user-template.ts");
  const before = { parse: "template parsing error: ", execute: "" };
  const template = new UserTemplate(format === "json" ? "{{json .}}" : format, {
    ...options,
    before,
    status: { parse: UNREADABLE, execute: FAILURE },
  });
  print(orEmptyLine(() => template.execute(thing)));
}

/** Of what can't be shown, the line is there all the same. */
export function orEmptyLine(show: () => string): string {
  try {
    return show();
  } catch (error) {
    print("");
    throw error;
  }
}
