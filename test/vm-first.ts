/** The order of the test files: the longest first, so that no worker is left with it at the end. vitest goes by size, or by its last run. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

export default class VmFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isVm = ({ moduleId }: TestSpecification) => moduleId.endsWith("/test/vm/vm.test.ts");
    const sorted = await super.sort(files);
    return [...sorted.filter(isVm), ...sorted.filter((file) => !isVm(file))];
  }
}
