// SPDX-License-Identifier: MIT
/**
 * All parts of the benchmarks, in the order in which they are run and told.
 *
 * @module
 */
import { GUEST_WRITE } from "./guest_write.ts";
import { HOST_READ } from "./host_read.ts";
import type { Part } from "./part.ts";

/** Add a part here, and it has everything else. */
export const PARTS: readonly Part[] = [GUEST_WRITE, HOST_READ];
