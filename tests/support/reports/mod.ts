// SPDX-License-Identifier: MIT
/**
 * All made-up reports.
 *
 * @module
 */
import { ARM64 } from "./arm64.ts";
import { CHECKERS } from "./checkers.ts";
import { LOCKING } from "./locking.ts";
import { LOCKUPS } from "./lockups.ts";
import { MEMORY_AND_MACHINE } from "./memory.ts";
import type { ReportSample } from "./sample.ts";
import { X86 } from "./x86.ts";

export const REPORT_SAMPLES: readonly ReportSample[] = [
  ...X86,
  ...ARM64,
  ...CHECKERS,
  ...LOCKING,
  ...LOCKUPS,
  ...MEMORY_AND_MACHINE,
];
