/** The Docker that this is modelled on. */
export const VERSION = "19.03.0";
export const REVISION = "docker-eras";
