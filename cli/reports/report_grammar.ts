// SPDX-License-Identifier: MIT
/**
 * What lines look like that many kinds of reports have in common.
 *
 * Every pattern is anchored, or is applied to the 256 bytes of a line that are
 * looked at; none has a repetition within a repetition.
 *
 * Source: Linux 5.10 to 7.x, kernel/panic.c, lib/dump_stack.c,
 * lib/nmi_backtrace.c, kernel/locking/lockdep.c, mm/debug.c,
 * arch/x86/kernel/dumpstack.c, arch/x86/kernel/process_64.c,
 * arch/x86/mm/fault.c, arch/arm64/kernel/process.c, arch/arm64/mm/fault.c.
 *
 * @module
 */

/** What begins a warning, a BUG, and since Linux 6.6 what UBSAN reports. */
export const CUT_HERE = /^-+\[ cut here \]-+$/;
/** What stands before, and often behind, the reports of checkers. */
export const RULER = /^={20,}$/;
/** The end of what began with `CUT_HERE`, and of an oops. */
export const END_MARK = /^---\[ end trace /;

/** A panic, and how it ends: it halts or restarts. */
export const PANIC = /^Kernel panic - not syncing: /;
export const END_PANIC = /^---\[ end Kernel panic|^Rebooting in \d+ seconds/;

/** The line that says which oops it is since the start: `... [#1] SMP`. */
export const DIE = /: [0-9a-f]{1,16} \[#\d{1,10}\](?: |$)/;

/** What the unwinder reports in the middle of a trace. */
export const UNWINDER =
  /^WARNING: (?:WARNING: )?(?:stack |kernel stack |unrecognized |can't |[Bb]ad |Corrupt |missing |unknown )/;

/** The heading of a call trace. */
export const TRACE_HEAD = /^(?:Call [Tt]race|Backtrace):/;
/** A function in a call trace: ` f+0x1/0x2 [module]`, ` ? f+0x1/0x2`. */
export const FRAME =
  /^\s*(?:\[<[0-9a-f]+>\] )?(?:\? )?[\w.$]+\+0x[0-9a-f]+\/0x[0-9a-f]+/;
/** An address of no function, which modules leave behind. */
const BARE_FRAME = /^\s+(?:\? )?0x[0-9a-f]{8,16}$/;
/** Where the trace of one stack begins or ends: ` <IRQ>`, ` </TASK>`. */
export const STACK_TAG = /^ ?<(\/?)[#A-Z][A-Z0-9_!#-]*>$/;

/** The registers that follow the end of an oops once more. */
const REGISTERS =
  /^(?:[RE](?:IP|SP|AX|BX|CX|DX|BP|SI|DI)|R\d\d|FS|CS|DS|CR[0234]|DR[0-7]|PKRU|Code|pstate|pc|lr|sp|pmr_save|[xr]\d{1,2}) ?:/;
/** What follows the end of an oops beside registers. */
const AFTERMATH = /^note: .{1,24} exited with |^Fixing recursive fault/;

/** Who was running. */
export const CPU_LINE = /^CPU: \d+ (?:UID: \d+ )?PID: \d+ Comm: /;
/** Dumps of another task or of other CPUs begin. */
export const OTHER_DUMP =
  /^(?:Sending NMI from CPU \d|NMI backtrace for cpu \d+$|task:|Task dump for CPU \d|Showing backtraces of )/;
/** What lockdep says of the lock that it complains about, and of who takes it. */
const LOCKDEP_PART = /^(?:stack backtrace:|other info that might help us)/;
/** CPUs were asked to print what they do; each does so as a caller of its own. */
export const NMI_SENT = /^Sending NMI from CPU \d/;
export const NMI_BACKTRACE = /^NMI backtrace for cpu \d+$/;
/** A CPU that was asked has nothing to show. */
export const NMI_SKIPPED = /^NMI backtrace for cpu \d+ skipped/;

/** Where a DMA mapping was made, which follows the warning about it. */
export const MAPPED_AT = /^(?:DMA-API: )?Mapped at:/;
export const DMA_TEXT = /^DMA-API: /;

/** A panic because there was a report. */
export const PANIC_ON_REPORT =
  /panic_on_warn set|warned too often|kasan\.fault=/;

/** The taint that a report leaves behind. */
export const TAINT_NOTE = /^Disabling lock debugging due to kernel taint/;

/** The description of a page, which also precedes many a BUG. */
export const PAGE_DUMP =
  /^(?:page:|page_type: |page_owner |page (?:last|has been|does not|dumped)|head:|memcg:|aops:|flags: 0x|[\w-]+ flags: 0x|raw: |non-paged |compound_)/;

/** Where the machine was, and other lines which reports of all kinds have. */
const SETTING: readonly RegExp[] = [
  /^(?:CPU: \d|Hardware name: |Tainted: |Workqueue: |Stopper: |Sched_ext: |Modules linked in:|Unloaded |\[last unloaded|Preemption disabled at:|irq event stamp: |hardirqs last |softirqs last |INFO: lockdep is turned off|Showing all locks held)/,
  /^(?:\d+ locks? held by |no locks held by | #\d+: )/,
  /^(?:#PF: |PGD |P4D |PUD |PMD |BAD$|IDT: |GDT: |LDTR: |TR: |\*p[dgtm][a-z]{0,3} = |KASAN: |Thread overran stack)/,
  /^(?:Mem abort info:|Data abort info:| {2}[A-Z][\w ]{0,11} = |(?:user|swapper) pgtable: |\[[0-9a-f]{8,16}\] |(?:Task|IRQ|Overflow) stack: |ESR: |FAR: )/,
  /^(?:Kernel Offset: |SMP: |PHYS_OFFSET: |CPU features: |Memory Limit: |Shutting down cpus|Dumping ftrace | {3}\(ftrace buffer)/,
  /^(?:\(stack is not available\)|NMI backtrace for cpu |\s+\^$)/,
  /^>?\s*[0-9a-f]{8,16}(?::? | \()/,
];

/** Makes one pattern of several, which is tried much faster than each of them. */
export function anyOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"));
}

const COMMON = anyOf([
  FRAME,
  BARE_FRAME,
  STACK_TAG,
  TRACE_HEAD,
  REGISTERS,
  AFTERMATH,
  OTHER_DUMP,
  LOCKDEP_PART,
  TAINT_NOTE,
  PAGE_DUMP,
  ...SETTING,
]);

/** Tells whether a line looks as only lines within reports do. */
export function isOfReport(text: string): boolean {
  return COMMON.test(text);
}

/** Tells whether another call trace of the same report is to come. */
export function announcesTrace(text: string, dumps: boolean): boolean {
  return LOCKDEP_PART.test(text) || (dumps && OTHER_DUMP.test(text));
}

/** Tells whether a line may follow the end of an oops. */
export function isAftermath(text: string): boolean {
  return REGISTERS.test(text) || AFTERMATH.test(text) || TAINT_NOTE.test(text);
}

/**
 * How messages begin that are not of a report: a driver or a program names
 * itself, and perhaps a device, before a colon.
 */
const NAMED = /^[^\s:]\S*(?: \S+){0,3}: \S/;
/** Names that stand before the text of a warning. */
const TEXT =
  /^(?:refcount_t|ODEBUG|DMA-API|NETDEV WATCHDOG|list_\w+ corruption|usercopy|kobject|workqueue|percpu ref|memcpy|strlen|strncat): |\bdrm_WARN/;
/** `WARN()` puts no name before its text; whoever does names the function. */
const FUNCTION = /^[a-z0-9]*_\w*(?:\(\))?: /;

/**
 * Tells whether a line that looks like nothing in particular may be a part of a
 * report, where no id of the caller says whose it is: texts of warnings and of
 * checkers are no less severe than `warning`, and hardly ever begin with a name.
 */
export function mayBeText(text: string, level: number): boolean {
  return TEXT.test(text) ||
    (level <= 4 && (!NAMED.test(text) || FUNCTION.test(text)));
}
