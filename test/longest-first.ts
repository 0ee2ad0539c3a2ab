/**
 * The order of the test files: the longest first, so that no worker is left with it at the end; then the book's, which records what the site would
 * have to record once more. vitest goes by size, or by its last run.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const FIRST = ["/test/vm/vm.test.ts", "/tutorials/check/book.test.ts"];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const first = FIRST.flatMap((path) => sorted.filter(({ moduleId }) => moduleId.endsWith(path)));
    return [...first, ...sorted.filter((file) => !first.includes(file))];
  }
}
