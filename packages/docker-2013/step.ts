/** Emits a step of a run of 2013: steps.ts declares them. */
import { type EmitStep, emitStep } from "@eras/trace/step.ts";
import type { StepId } from "./steps.ts";

export const step: EmitStep<StepId> = emitStep;
