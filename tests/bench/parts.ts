// SPDX-License-Identifier: MIT
/**
 * All parts of the benchmarks, in the order in which they are run and told.
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

/** Add a part here, and it has everything else. */
export const PARTS: readonly Part[] = [
  TABLE_2012,
  GUEST_WRITE,
  KERNEL_WRITE,
  HOST_READ,
  END_TO_END,
  DOORBELL,
];
