/** Which shim this is: that of containerd's 1.2, by its command line and its service, and our own version. */
export const VERSION = "1.2.6+docker-eras.0.1.0";
export const REVISION = "docker-eras";
