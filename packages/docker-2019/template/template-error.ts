/** What is wrong with a template, in the words of Go's text/template. */

/** Where it is, in the template alone: `Template` says which and in which line. */
export class Misreading extends Error {
  readonly at: number;

  /** @param at - In UTF-16 units. */
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** A part of a template that can fail, as it is told of: `index .Args 99`. */
export interface Place {
  readonly at: number;
  readonly text: string;
}

export class ExecutionFailure extends Error {
  readonly place: Place;
  /** The name of the one among others that was being executed. */
  readonly template: string;

  constructor(place: Place, message: string, options: ErrorOptions & { readonly template: string }) {
    super(message, options);
    this.place = place;
    this.template = options.template;
  }
}

/** `template: :1: unclosed action`, `template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"` */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  readonly stage: "parse" | "execute";

  constructor(stage: TemplateError["stage"], message: string, cause: Error) {
    super(message, { cause });
    this.stage = stage;
  }
}

export function parseError(name: string, template: string, error: Misreading): TemplateError {
  return new TemplateError("parse", `template: ${name}:${lineOf(template, error.at)}: ${error.message}`, error);
}

/** Columns are bytes, and begin with 0 in the first line, and so in all. */
export function executeError(name: string, template: string, error: ExecutionFailure): TemplateError {
  const { at, text } = error.place;
  const column = Buffer.byteLength(template.slice(template.lastIndexOf("\n", at - 1) + 1, at));
  const where = `${name}:${lineOf(template, at)}:${column}`;
  const message = `template: ${where}: executing ${JSON.stringify(error.template)} at <${text}>: ${error.message}`;
  return new TemplateError("execute", message, error);
}

const lineOf = (template: string, at: number) => template.slice(0, at).split("\n").length;
