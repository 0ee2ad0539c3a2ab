/**
 * A word from the shim to runc. `create` and `exec` are given the streams that the container's process is to have, and runc also says on
 * standard error why it failed. Who has started the container would read that twice: the shim tells it from the log, in its answer.
 *
 * A runtime that doesn't know the variable writes there, too.
 */
export const BORROWED_STDERR_VARIABLE = "ERAS_BORROWED_STDERR";
