// SPDX-License-Identifier: MIT
/**
 * The kinds of reports that the kernel prints: how each begins and ends.
 *
 * Source: Linux 5.10 to 7.x; each row names the files.
 *
 * @module
 */
import {
  anyOf,
  CPU_LINE,
  CUT_HERE,
  DIE,
  NMI_BACKTRACE,
  PANIC,
  RULER,
  TRACE_HEAD,
} from "./report_grammar.ts";

/**
 * How a report ends:
 * - `mark`: with `---[ end trace`;
 * - `registers`: the same, and some registers follow;
 * - `ruler`: with a line of `=`, like the one before it;
 * - `trace`: with its last call trace, which nothing ends for certain;
 * - `last`: with a line of its own (`ReportKind.last`);
 * - `lines`: each of its lines may be the last.
 */
export type ReportEnd =
  | "mark"
  | "registers"
  | "ruler"
  | "trace"
  | "last"
  | "lines";

/** One kind of report. Several rows may have the same name. */
export interface ReportKind {
  /** What JSON calls it. */
  readonly name: string;
  /** Its headline. */
  readonly begins: RegExp;
  readonly ends: ReportEnd;
  /** What stands right before the headline, if only that makes it this kind. */
  readonly after?: "cut" | "ruler";
  /** Lines of its own, which other kinds do not have. */
  readonly body?: RegExp;
  /** For `ends: "last"`. */
  readonly last?: RegExp;
  /** Whether it may have dumps of several tasks or CPUs. */
  readonly dumps?: true;
  /**
   * Whether the headline alone is no report, since single lines look the same.
   */
  readonly doubtful?: true;
}

/** The memory's state, behind a failed allocation. Source: mm/show_mem.c. */
const MEMORY =
  /^(?:Mem-Info:|active_anon:| (?:active_file|unevictable|slab_reclaimable|mapped|kernel_misc|sec_pagetables|free):|Node \d|DMA|lowmem_reserve\[|\d+ (?:total )?page|Swap cache stats|Free swap |Total swap |Unreclaimable slab|Name {2,}Used|\S+ +\d+KB +\d+KB$|Memory allocations:|SLUB: Unable to allocate memory on | {2}(?:cache|node \d+): | *[\d.]+ ?[KMG]?i?B +\d+ )/;
/** The same, and what the killer says. Source: mm/oom_kill.c, mm/memcontrol.c. */
const OOM = new RegExp(
  `${MEMORY.source}|^(?:COMPACTION is|memory: usage|memory\\+swap|swap: usage|kmem: usage|Memory cgroup |[a-z_0-9]+ \\d+$|Tasks (?:state|in) |\\[ *(?:pid|\\d+) *\\] |oom-kill:|Out of memory)`,
);

/** All kinds, the most particular first. */
export const REPORT_KINDS: readonly ReportKind[] = [
  // kernel/panic.c
  { name: "panic", begins: PANIC, ends: "registers", dumps: true },
  {
    name: "warning",
    begins: /^WARNING: (?:CPU: \d+ PID: \d+ at |\S+:\d+ at \S+\+0x|at \S+\+0x)/,
    ends: "mark",
  },
  {
    name: "warning",
    after: "cut",
    begins: /^WARNING: /,
    ends: "mark",
  },
  // lib/bug.c
  { name: "bug", begins: /^[Kk]ernel BUG at /, ends: "registers" },
  // lib/ubsan.c: rulers up to Linux 6.6
  { name: "ubsan", after: "ruler", begins: /^UBSAN: /, ends: "ruler" },
  { name: "ubsan", begins: /^UBSAN: /, ends: "mark" },
  // mm/kasan/report.c, kernel/kcsan/report.c, mm/kfence/, mm/kmsan/
  {
    name: "kasan",
    begins: /^BUG: KASAN: /,
    ends: "ruler",
    body: /^(?:Pointer tag: |Asynchronous fault: |(?:KASAN )?internal error: )/,
  },
  {
    name: "kcsan",
    begins: /^BUG: KCSAN: /,
    ends: "ruler",
    body: /^value changed: /,
  },
  {
    name: "kfence",
    begins: /^BUG: KFENCE: /,
    ends: "ruler",
    body: /^kfence-#\d+: /,
  },
  { name: "kmsan", begins: /^BUG: KMSAN: /, ends: "ruler" },
  // mm/slub.c
  {
    name: "slab",
    begins: /^BUG \S.{0,48}\((?:Not tainted|Tainted: .{1,48})\): /,
    ends: "trace",
    body:
      /^(?:-{20,}$|FIX \S|INFO: (?:0x|Slab|Object|Allocated|Freed|Allocating)|Slab 0x|Object |Redzone |Padding |Bytes b4 |(?:Allocated|Freed) in |0x[0-9a-f]+-0x)/,
  },
  // arch/x86/mm/fault.c, arch/arm64/mm/fault.c
  {
    name: "null_pointer",
    begins: /^(?:BUG: kernel|Unable to handle kernel) NULL pointer dereference/,
    ends: "registers",
  },
  {
    name: "page_fault",
    begins: /^(?:BUG: unable to handle |Unable to handle kernel )/,
    ends: "registers",
  },
  {
    name: "page_fault",
    begins: /^.{1,20}: Corrupted page table at address /,
    ends: "registers",
  },
  // arch/x86/kernel/traps.c
  {
    name: "double_fault",
    begins:
      /^(?:(?:traps: )?PANIC: double fault|(?:Oops: )?double fault: [0-9a-f]{4})/,
    ends: "registers",
  },
  {
    name: "general_protection",
    begins: /^(?:Oops: )?general protection fault\b/,
    ends: "registers",
  },
  {
    name: "divide_error",
    begins: /^(?:Oops: )?divide error: /,
    ends: "registers",
  },
  {
    name: "invalid_opcode",
    begins: /^(?:Oops: )?invalid opcode: /,
    ends: "registers",
  },
  {
    name: "stack_overflow",
    begins:
      /^(?:BUG: .{0,24}stack guard page was hit|(?:Oops: )?(?:stack guard page|kernel stack overflow\b.{0,24}): [0-9a-f]{4}|Insufficient stack space to handle exception!)/,
    ends: "registers",
  },
  // arch/arm64/kernel/traps.c
  {
    name: "serror",
    begins: /^SError Interrupt on CPU\d/,
    ends: "registers",
  },
  {
    name: "bad_mode",
    begins: /^(?:Bad mode in |Unhandled .{1,40} exception on CPU\d)/,
    ends: "registers",
  },
  {
    name: "oops",
    begins: /^(?:Internal error: |Oops: |Oops - |Unhandled (?:fault|abort)\b)/,
    ends: "registers",
  },
  { name: "oops", begins: DIE, ends: "registers" },
  // kernel/cfi.c
  {
    name: "cfi",
    begins: /^CFI failure at /,
    ends: "mark",
    body: /^WARNING: (?:CPU: \d|at )/,
  },
  // kernel/watchdog.c, kernel/watchdog_hld.c
  {
    name: "soft_lockup",
    begins: /^(?:watchdog: )?BUG: soft lockup - CPU#\d/,
    ends: "trace",
    body: /^(?:CPU#\d+ (?:Utilization|Detect)|\t#\d)/,
    dumps: true,
  },
  {
    name: "hard_lockup",
    begins:
      /^(?:(?:NMI )?watchdog: )?(?:CPU\d+: )?Watchdog detected hard LOCKUP/,
    ends: "trace",
    dumps: true,
  },
  // kernel/hung_task.c
  {
    name: "hung_task",
    begins: /^INFO: task .{1,64} blocked\b.{0,24} for more than \d/,
    ends: "trace",
    body:
      /^(?: {6}(?:Not tainted|Tainted: )|"echo 0 > |INFO: task .{1,64} (?:is )?blocked on |INFO: task .{1,64}<.{1,64} blocked on |Future hung task reports|={20,}$|$)/,
    dumps: true,
  },
  // kernel/rcu/tree_stall.h, kernel/rcu/tree_exp.h, kernel/rcu/tasks.h
  {
    name: "rcu_stall",
    begins:
      /^(?:rcu: )?INFO: rcu\w* (?:self-)?detected (?:expedited )?stalls?\b/,
    ends: "trace",
    body:
      /^(?:rcu: (?!INFO: \S+ (?:self-)?detected)|INFO: Stall ended|\t|blocking rcu_node|Tasks blocked on|P\d+\b|[0-9a-f]{8,16}: )/,
    dumps: true,
  },
  // kernel/workqueue.c
  {
    name: "workqueue_lockup",
    begins: /^BUG: workqueue lockup - pool/,
    ends: "lines",
    body:
      /^(?:Showing (?:busy|freezable|backtraces) |workqueue \S+: flags=| {2}pwq \d| {4}(?:in-flight|pending|inactive):|pool \d+:)/,
    dumps: true,
  },
  {
    name: "workqueue_leak",
    begins: /^BUG: workqueue leaked /,
    ends: "trace",
    body: /^ {5}last function: /,
  },
  // kernel/smp.c
  {
    name: "csd_lock",
    begins: /^(?:smp: )?csd: Detected non-responsive CSD lock/,
    ends: "lines",
    body: /^(?:smp: )?\t?csd: (?!Detected )/,
    dumps: true,
  },
  // kernel/sched/core.c, lib/smp_processor_id.c, kernel/locking/
  {
    name: "sleep_in_atomic",
    begins:
      /^BUG: (?:sleeping function called from invalid|assuming .{1,20}) context/,
    ends: "trace",
    body: /^(?:in_atomic\(\): |preempt_count: |RCU nest depth: )/,
  },
  {
    name: "scheduling_while_atomic",
    begins: /^BUG: scheduling (?:while atomic|in a non-blocking)/,
    ends: "trace",
  },
  {
    name: "smp_processor_id",
    begins: /^BUG: using \S+ in preemptible /,
    ends: "trace",
    body: /^caller is /,
  },
  {
    name: "spinlock",
    begins: /^BUG: (?:spinlock|rwlock|sleeping lock)\b/,
    ends: "trace",
    body: /^ lock: /,
  },
  // kernel/locking/lockdep.c
  {
    name: "suspicious_rcu",
    begins: /^WARNING: suspicious RCU usage/,
    ends: "trace",
    body: /^(?:-{20,}$|.{1,120}:\d+ .{1,80}!$|rcu_scheduler_active = )/,
  },
  {
    name: "lockdep",
    begins: /^WARNING: lock held when returning to user space!/,
    ends: "lines",
    body: /^(?:-{20,}$|\d+\.\d+\.\d|.{1,20}\/\d+ is leaving the kernel)/,
  },
  {
    name: "lockdep",
    begins:
      /^(?:WARNING: (?:possible (?:circular|recursive|irq lock)|inconsistent lock state|\S+-safe -> \S+-unsafe lock order|bad (?:unlock|contention)|Nested lock was not|held lock freed|chain_key collision)|INFO: (?:possible|trying to register non-static key)|\[ (?:BUG|INFO): |BUG: MAX_(?:LOCK|STACK)\w* too low|BUG: key \S+ has not been registered)/,
    ends: "trace",
    body:
      /^(?:-{20,}$|-> #\d|\.{3}|depth: |possible reason: |chain \d+: |new (?:class|hash chain))/,
  },
  { name: "lockdep", after: "ruler", begins: /^WARNING: /, ends: "trace" },
  // mm/page_alloc.c, mm/memory.c, mm/vmalloc.c, mm/oom_kill.c, mm/percpu.c
  {
    name: "bad_page",
    begins: /^BUG: Bad page \w+ in process /,
    ends: "trace",
    body: /^(?:addr:|file:|pgd:|page:)/,
  },
  {
    name: "page_allocation",
    begins:
      /^.{1,20}: (?:page allocation (?:failure|stall)|vmalloc (?:error|size)|vmap allocation)/,
    ends: "trace",
    body: MEMORY,
  },
  {
    name: "page_allocation",
    begins: /^percpu: allocation failed/,
    ends: "trace",
    body: MEMORY,
  },
  {
    name: "oom",
    begins: /^.{1,20} invoked oom-killer: /,
    ends: "last",
    body: OOM,
    last: /^.{1,120}(?:Killed process \d|no killable processes)/,
  },
  // kernel/irq/spurious.c
  {
    name: "unhandled_irq",
    begins: /^irq (?:event )?\d+: (?:nobody cared|bogus return)/,
    ends: "last",
    body: /^(?:handlers:|\[<[0-9a-f]+>\] |Disabling IRQ #)/,
    last: /^Disabling IRQ #/,
  },
  // arch/x86/kernel/cpu/mce/core.c, drivers/acpi/apei/, drivers/firmware/efi/
  {
    name: "hardware_error",
    begins: /^(?:mce: |\{\d+\})?\[Hardware Error\]: /,
    ends: "lines",
    body: /^(?:mce: |\{\d+\})?\[Hardware Error\]: /,
  },
  // arch/x86/mm/extable.c
  {
    name: "unchecked_msr",
    begins: /^unchecked MSR access error: /,
    ends: "trace",
  },
  // fs/sysfs/dir.c, lib/kobject.c
  {
    name: "stack_trace",
    begins:
      /^(?:sysfs: cannot create duplicate filename|kobject: .{1,80} tried to init an initialized)/,
    ends: "trace",
  },
  // lib/dump_stack.c: a call trace for which this table has no headline
  { name: "stack_trace", begins: CPU_LINE, ends: "trace" },
  { name: "stack_trace", begins: NMI_BACKTRACE, ends: "trace" },
  { name: "stack_trace", begins: /^task:\S.{0,32} state:/, ends: "trace" },
  { name: "stack_trace", begins: TRACE_HEAD, ends: "trace" },
  // what these versions do not have yet
  { name: "bug", after: "ruler", begins: /^BUG: /, ends: "ruler" },
  { name: "bug", begins: /^BUG: /, ends: "lines", doubtful: true },
  { name: "warning", begins: /^WARNING: /, ends: "lines", doubtful: true },
];

/** All headlines but `DIE`, which is the only one that is not anchored. */
const HEADLINES = anyOf(
  REPORT_KINDS.map(({ begins }) => begins).filter((each) => each !== DIE),
);

/** Finds the kind that a headline begins. */
export function kindOf(
  text: string,
  after: ReportKind["after"] | null,
): ReportKind | null {
  // Nearly all lines are nobody's headline.
  if (!HEADLINES.test(text) && !DIE.test(text)) return null;
  return REPORT_KINDS.find((kind) =>
    (kind.after === undefined || kind.after === after) &&
    kind.begins.test(text)
  ) ?? null;
}

/**
 * Tells whether a line begins a report, whatever stands before it.
 *
 * @param doubtful Whether headlines count that alone are no report.
 */
export function beginsReport(text: string, doubtful: boolean): boolean {
  if (CUT_HERE.test(text) || RULER.test(text) || PRELUDE.test(text)) {
    return true;
  }
  const kind = kindOf(text, null);
  return kind !== null && (doubtful || !kind.doubtful);
}

/**
 * What the kernel prints right before a BUG or a warning, to explain it. Source:
 * lib/list_debug.c, mm/usercopy.c, net/core/skbuff.c, mm/debug.c,
 * lib/string_helpers.c, arch/x86/mm/fault.c, arch/x86/kernel/cet.c.
 */
export const PRELUDE =
  /^(?:list_(?:add|del)\b.{0,16}(?:corruption|double add)|usercopy: Kernel memory |skbuff: skb_(?:over|under)_panic: |page:|page: refcount|vma \S+ start |mm \S+ task_size |detected buffer overflow in |kernel tried to execute |unable to execute userspace code|(?:traps: )?Missing ENDBR: )/;
