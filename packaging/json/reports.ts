// SPDX-License-Identifier: MIT
/**
 * What JSON says of a report of the guest's kernel.
 *
 * @module
 */
import type {
  ReportFacts,
  ReportTask,
} from "../../cli/reports/report_facts.ts";
import { LEVELS } from "../../ring/log_levels.ts";
import {
  COUNT,
  member,
  object,
  oneOf,
  orNull,
  type Schema,
  TEXT,
} from "./shape.ts";

/** The kinds of reports, and what each is about. */
export const KINDS: readonly (readonly [kind: string, meaning: string])[] = [
  ["panic", "a panic by itself"],
  ["warning", "`WARN()`"],
  ["bug", "`BUG()`"],
  ["ubsan", "UBSAN"],
  ["kasan", "KASAN"],
  ["kcsan", "KCSAN"],
  ["kfence", "KFENCE"],
  ["kmsan", "KMSAN"],
  ["slab", "a slab that was overwritten"],
  ["null_pointer", "the use of a NULL pointer"],
  ["page_fault", "the use of any other wrong address"],
  ["double_fault", "a fault while a fault was handled"],
  ["general_protection", "a general protection fault"],
  ["divide_error", "a division by zero"],
  ["invalid_opcode", "an instruction that does not exist"],
  ["stack_overflow", "a kernel stack that was too small"],
  ["serror", "an SError of arm64"],
  ["bad_mode", "an exception that arm64 does not expect"],
  ["oops", "any other oops"],
  ["cfi", "a call of the wrong function"],
  ["soft_lockup", "a CPU that does not schedule"],
  ["hard_lockup", "a CPU that takes no interrupts"],
  ["hung_task", "a task that is blocked for long"],
  ["rcu_stall", "an RCU grace period that does not end"],
  ["workqueue_lockup", "a workqueue that does not move"],
  ["workqueue_leak", "work that ended with a lock held"],
  ["csd_lock", "a CPU that does not answer others"],
  ["sleep_in_atomic", "sleeping where it is forbidden"],
  ["scheduling_while_atomic", "scheduling where it is forbidden"],
  ["smp_processor_id", "the use of a CPU's number by a task that may move"],
  ["spinlock", "a spinlock in a wrong state"],
  ["suspicious_rcu", "the use of RCU without its lock"],
  ["lockdep", "anything else that lockdep found"],
  ["bad_page", "a page in a wrong state"],
  ["page_allocation", "memory that could not be allocated"],
  ["oom", "a task that was killed for want of memory"],
  ["unhandled_irq", "an interrupt that no driver handles"],
  ["hardware_error", "errors that the machine reported"],
  ["unchecked_msr", "a register of the CPU that does not exist"],
  ["stack_trace", "a call trace with any other headline, or none"],
];

const kinds = KINDS.map(([kind, meaning]) => `\`${kind}\`: ${meaning}`)
  .join("; ");

/** The member `report` of a kernel message. */
export const REPORT: Schema = object<ReportFacts>({
  kind: member(
    oneOf(KINDS.map(([kind]) => kind)),
    `What kind of report it is. ${kinds}.`,
  ),
  headline: member(
    TEXT,
    "The line that says what is wrong, or its first 256 characters; without the id of the caller that some kernels put in front of each line.",
  ),
  task: member(
    orNull(object<ReportTask>({
      comm: member(TEXT, "Its name."),
      pid: member(COUNT, "Its number."),
    })),
    "The task that the headline names, else the one that was running; null if the report does not say it.",
  ),
  cpu: member(
    orNull(COUNT),
    "The CPU that the headline names, else the one on which that task was running; null if the report does not say it.",
  ),
  at: member(
    orNull(TEXT),
    "The function in which it happened, such as `f+0x12/0x80 [module]`; null if the report does not say it.",
  ),
  trace: member(
    { type: "array", items: TEXT },
    "The functions of its first call trace, innermost first; 128 at most. What the kernel itself doubts, and marks with `?`, is left out.",
  ),
  panic: member(
    orNull(TEXT),
    "The text of the panic that the report ended with; null if it did not.",
  ),
  levels: member(
    {
      type: "array",
      items: {
        type: "integer",
        minimum: 0,
        maximum: LEVELS.length - 1,
      },
    },
    "The level of each line of `message`. `severity` and `fields.level` are the most severe of them.",
  ),
});
