/** The steps of both eras, as their steps.ts declare them. */
import { STEPS as STEPS_2013 } from "@eras/docker-2013/steps.ts";
import { STEPS as STEPS_2019 } from "@eras/docker-2019/steps.ts";
import type { Step } from "@eras/trace/step.ts";

export interface DeclaredStep extends Step {
  readonly id: string;
  readonly era: "2013" | "2019";
}

export const DECLARED_STEPS: readonly DeclaredStep[] = [...ofEra("2013", STEPS_2013), ...ofEra("2019", STEPS_2019)];

function ofEra(era: DeclaredStep["era"], steps: Readonly<Record<string, Step>>): DeclaredStep[] {
  return Object.entries(steps).map(([id, step]) => ({ id, era, ...step }));
}
