// SPDX-License-Identifier: MIT
/**
 * Lists all parts of the benchmarks, in the order in which they are run and
 * shown.
 *
 * @module
 */
import { DOORBELL } from "./doorbell.ts";
import { END_TO_END } from "./end_to_end.ts";
import { GUEST_WRITE } from "./guest_write.ts";
import { HOST_READ } from "./host_read.ts";
import { KERNEL_WRITE } from "./kernel_write.ts";
import type { Part } from "./part.ts";
import { TABLE_2012 } from "./table_2012.ts";

/** The parts. A part that is added here needs nothing else. */
export const PARTS: readonly Part[] = [
  TABLE_2012,
  GUEST_WRITE,
  KERNEL_WRITE,
  HOST_READ,
  END_TO_END,
  DOORBELL,
];
