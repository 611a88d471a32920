// SPDX-License-Identifier: MIT
/**
 * Flags of open(2) and its kin, as Linux numbers them on amd64 and on arm64.
 * Source: include/uapi/asm-generic/fcntl.h and arch/arm64's fcntl.h.
 *
 * @module
 */
const IS_ARM = Deno.build.arch === "aarch64";

/** Opens for reading only. */
export const O_RDONLY = 0;
/** Opens for writing only. */
export const O_WRONLY = 0o1;
/** Opens for reading and writing. */
export const O_RDWR = 0o2;
/** Makes the file if it is missing. */
export const O_CREAT = 0o100;
/** Fails, together with O_CREAT, if the name exists already. */
export const O_EXCL = 0o200;
/** Keeps a terminal from becoming this process's controlling terminal. */
export const O_NOCTTY = 0o400;
/** Appends each write to the end of the file, wherever that is by then. */
export const O_APPEND = 0o2000;
/** Opens a FIFO without waiting for a process at its other end. */
export const O_NONBLOCK = 0o4000;
/** Fails if the path leads to something else than a directory. */
export const O_DIRECTORY: number = IS_ARM ? 0o40000 : 0o200000;
/** Fails if the last part of the path is a symbolic link. */
export const O_NOFOLLOW: number = IS_ARM ? 0o100000 : 0o400000;
/** Keeps programs that this process starts from inheriting the descriptor. */
export const O_CLOEXEC = 0o2000000;
