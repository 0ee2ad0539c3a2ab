/**
 * The steps of a run of 2019, in the order in which they happen, as the articles tell it. They are declared in steps/, by what they lead to.
 *
 * `number` is a step's place in the article's own list:
 *
 *     000   the eight duties of a runtime. 1 and 2 are dockerd's. 8 comes before 7: a label is asked for beforehand, and execve puts it on
 *     001   the fourteen steps of a run. 1 to 6 are docker's and dockerd's
 *     002   how a bundle is made, in eight. 3 comes later: ctr names an image when all of it is unpacked
 *
 * Who performs a step calls `step()` in its first line. messages.ts has what docker and dockerd say to each other.
 */
import type { Step } from "@eras/trace/step.ts";
import { CONTAINER_STEPS } from "./steps/container.ts";
import { IMAGE_STEPS } from "./steps/image.ts";
import { RUN_STEPS } from "./steps/run.ts";
import { RUNC_CREATE_STEPS } from "./steps/runc-create.ts";

const DECLARED = { ...IMAGE_STEPS, ...CONTAINER_STEPS, ...RUNC_CREATE_STEPS, ...RUN_STEPS };

export type StepId = keyof typeof DECLARED;

/** All steps by their ids. */
export const STEPS: Readonly<Record<StepId, Step>> = DECLARED;
