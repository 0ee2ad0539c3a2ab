/** A template of the user's: what is wrong with it ends docker, in the words of the command that it was for. */

import { Template, type TemplateOptions } from "../../template/template.ts";
import { TemplateError } from "../../template/template-error.ts";
import { ExitStatus, FAILURE } from "../exit-status.ts";

export interface UserTemplateOptions extends TemplateOptions {
  /** What stands before Go's words about a template that can't be read, and about one that doesn't suit the value. */
  readonly before?: Readonly<Record<TemplateError["stage"], string>>;
  /** docker's exit code. */
  readonly status?: Readonly<Record<TemplateError["stage"], number>>;
}

const USUAL = { parse: "template parsing error: ", execute: "template parsing error: " };
const USUAL_STATUS = { parse: FAILURE, execute: FAILURE };
/** Of commands that look at a template before they ask the daemon: EX_USAGE of sysexits(3). */
export const UNREADABLE = 64;

export class UserTemplate {
  readonly #options: UserTemplateOptions;
  readonly #template: Template;

  /** @throws {ExitStatus} */
  constructor(text: string, options: UserTemplateOptions = {}) {
    this.#options = options;
    this.#template = this.#told(() => new Template(text, options));
  }

  /** @throws {ExitStatus} */
  execute(value: unknown): string {
    return this.#told(() => this.#template.execute(value));
  }

  #told<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const { before = USUAL, status = USUAL_STATUS } = this.#options;
      throw new ExitStatus(status[error.stage], before[error.stage] + error.message);
    }
  }
}
