// SPDX-License-Identifier: MIT
/**
 * Reports of wrong locking. Source: kernel/locking/lockdep.c,
 * kernel/locking/spinlock_debug.c, kernel/sched/core.c, lib/smp_processor_id.c.
 *
 * @module
 */
import type { ReportSample } from "./sample.ts";

const CPU = "4|CPU: 1 PID: 53 Comm: wren Not tainted 6.1.0 #4";
const STACK = `
${CPU}
4|Hardware name: QEMU Standard PC (i440FX + PIIX, 1996)
4|Call Trace:
4| <TASK>
4| dump_stack_lvl+0x5c/0x7a
4| wren_sing+0x1d/0x90 [wren]
4| </TASK>`.trim();
const WHERE = {
  task: "wren/53",
  cpu: 1,
  trace: ["dump_stack_lvl+0x5c/0x7a", "wren_sing+0x1d/0x90 [wren]"],
};

export const LOCKING: readonly ReportSample[] = [
  {
    name: "lockdep: circular dependency",
    kind: "lockdep",
    headline: "WARNING: possible circular locking dependency detected",
    ...WHERE,
    text: `
4|
4|======================================================
4|WARNING: possible circular locking dependency detected
4|6.1.0 #4 Not tainted
4|------------------------------------------------------
4|wren/53 is trying to acquire lock:
4|ffff888004a1b0c8 (&nest->lock){+.+.}-{3:3}, at: wren_sing+0x1d/0x90 [wren]
4|\\nbut task is already holding lock:
4|ffffffffc02d4a10 (wren_mutex){+.+.}-{3:3}, at: wren_sing+0x11/0x90 [wren]
4|\\nwhich lock already depends on the new lock.\\n
4|\\nthe existing dependency chain (in reverse order) is:
4|\\n-> #1 (wren_mutex){+.+.}-{3:3}:
4|       __mutex_lock+0x99/0xcd0
4|       wren_hatch+0x2a/0x50 [wren]
4|\\n-> #0 (&nest->lock){+.+.}-{3:3}:
4|       __lock_acquire+0x1405/0x2190
4|       wren_sing+0x1d/0x90 [wren]
4|\\nother info that might help us debug this:\\n
4| Possible unsafe locking scenario:\\n
4|       CPU0                    CPU1
4|       ----                    ----
4|  lock(wren_mutex);
4|                               lock(&nest->lock);
4|                               lock(wren_mutex);
4|  lock(&nest->lock);
4|\\n *** DEADLOCK ***\\n
4|1 lock held by wren/53:
4| #0: ffffffffc02d4a10 (wren_mutex){+.+.}-{3:3}, at: wren_sing+0x11/0x90 [wren]
4|\\nstack backtrace:
${STACK}`,
  },
  {
    name: "lockdep: inconsistent state",
    kind: "lockdep",
    headline: "WARNING: inconsistent lock state",
    ...WHERE,
    text: `
4|================================
4|WARNING: inconsistent lock state
4|6.1.0 #4 Not tainted
4|--------------------------------
4|inconsistent {HARDIRQ-ON-W} -> {IN-HARDIRQ-W} usage.
4|wren/53 [HC1[1]:SC0[0]:HE0:SE1] takes:
4|ffffffffc02d4a50 (wren_spin){?.+.}-{2:2}, at: wren_sing+0x1d/0x90 [wren]
4|{HARDIRQ-ON-W} state was registered at:
4|  lock_acquire+0xd1/0x2d0
4|  _raw_spin_lock+0x2a/0x40
4|irq event stamp: 1502
4|hardirqs last  enabled at (1501): [<ffffffff81d6a1f8>] _raw_spin_unlock_irqrestore+0x28/0x60
4|hardirqs last disabled at (1502): [<ffffffff81d4a1f1>] sysvec_call_function_single+0x11/0xd0
4|softirqs last  enabled at (1440): [<ffffffff82000321>] __do_softirq+0x321/0x4a3
4|softirqs last disabled at (1433): [<ffffffff810b51f2>] irq_exit_rcu+0xd2/0x100
4|
4|other info that might help us debug this:
4| Possible unsafe locking scenario:
4|
4|       CPU0
4|       ----
4|  lock(wren_spin);
4|  <Interrupt>
4|    lock(wren_spin);
4|
4| *** DEADLOCK ***
4|
4|no locks held by wren/53.
4|
4|stack backtrace:
${STACK}`,
  },
  {
    name: "lockdep: recursive locking",
    kind: "lockdep",
    headline: "WARNING: possible recursive locking detected",
    ...WHERE,
    text: `
4|============================================
4|WARNING: possible recursive locking detected
4|6.1.0 #4 Not tainted
4|--------------------------------------------
4|wren/53 is trying to acquire lock:
4|ffff888004a1b0c8 (&nest->lock){+.+.}-{3:3}, at: wren_sing+0x1d/0x90 [wren]
4|
4|but task is already holding lock:
4|ffff888004a1b1f0 (&nest->lock){+.+.}-{3:3}, at: wren_sing+0x11/0x90 [wren]
4|
4|other info that might help us debug this:
4| May be due to missing lock nesting notation
4|
4|1 lock held by wren/53:
4| #0: ffff888004a1b1f0 (&nest->lock){+.+.}-{3:3}, at: wren_sing+0x11/0x90 [wren]
4|
4|stack backtrace:
${STACK}`,
  },
  {
    name: "lockdep: Invalid wait context",
    kind: "lockdep",
    headline: "[ BUG: Invalid wait context ]",
    ...WHERE,
    text: `
4|=============================
4|[ BUG: Invalid wait context ]
4|6.1.0 #4 Not tainted
4|-----------------------------
4|wren/53 is trying to lock:
4|ffff888004a1b0c8 (&nest->lock){+.+.}-{3:3}, at: wren_sing+0x1d/0x90 [wren]
4|other info that might help us debug this:
4|context-{2:2}
4|no locks held by wren/53.
4|stack backtrace:
${STACK}`,
  },
  {
    name: "lockdep: bad unlock balance",
    kind: "lockdep",
    headline: "WARNING: bad unlock balance detected!",
    ...WHERE,
    text: `
4|=====================================
4|WARNING: bad unlock balance detected!
4|6.1.0 #4 Not tainted
4|-------------------------------------
4|wren/53 is trying to release lock (&nest->lock) at:
4|[<ffffffffc02d201d>] wren_sing+0x1d/0x90 [wren]
4|but there are no more locks to release!
4|
4|other info that might help us debug this:
4|no locks held by wren/53.
4|
4|stack backtrace:
${STACK}`,
  },
  {
    name: "lockdep: lock held when returning to user space",
    kind: "lockdep",
    headline: "WARNING: lock held when returning to user space!",
    text: `
4|================================================
4|WARNING: lock held when returning to user space!
4|6.1.0 #4 Not tainted
4|------------------------------------------------
4|wren/53 is leaving the kernel with locks still held!
4|1 lock held by wren/53:
4| #0: ffff888004a1b0c8 (&nest->lock){+.+.}-{3:3}, at: wren_sing+0x1d/0x90 [wren]`,
  },
  {
    name: "lockdep: what a version to come finds",
    kind: "lockdep",
    headline: "WARNING: a lock has lost its key!",
    ...WHERE,
    text: `
4|=====================================
4|WARNING: a lock has lost its key!
4|8.1.0 #4 Not tainted
4|-------------------------------------
4|wren/53 is trying to find it:
4|
4|stack backtrace:
${STACK}`,
  },
  {
    name: "lockdep: non-static key",
    kind: "lockdep",
    headline: "INFO: trying to register non-static key.",
    ...WHERE,
    text: `
3|INFO: trying to register non-static key.
3|The code is fine but needs lockdep annotation, or maybe
3|you didn't initialize this object before use?
3|turning off the locking correctness validator.
${STACK}`,
  },
  {
    name: "suspicious RCU usage",
    kind: "suspicious_rcu",
    headline: "WARNING: suspicious RCU usage",
    ...WHERE,
    text: `
4|=============================
4|WARNING: suspicious RCU usage
4|6.1.0 #4 Not tainted
4|-----------------------------
4|drivers/wren/song.c:33 suspicious rcu_dereference_check() usage!
4|
4|other info that might help us debug this:
4|
4|
4|rcu_scheduler_active = 2, debug_locks = 1
4|no locks held by wren/53.
4|
4|stack backtrace:
${STACK}`,
  },
  {
    name: "sleeping where it may not",
    kind: "sleep_in_atomic",
    headline:
      "BUG: sleeping function called from invalid context at include/linux/sched/mm.h:274",
    ...WHERE,
    text: `
3|BUG: sleeping function called from invalid context at include/linux/sched/mm.h:274
3|in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 53, name: wren
3|preempt_count: 1, expected: 0
3|RCU nest depth: 0, expected: 0
4|1 lock held by wren/53:
4| #0: ffffffffc02d4a50 (wren_spin){+.+.}-{2:2}, at: wren_sing+0x11/0x90 [wren]
3|Preemption disabled at:
3|[<ffffffffc02d2011>] wren_sing+0x11/0x90 [wren]
${STACK}`,
  },
  {
    name: "scheduling while atomic, on Linux 5.10",
    kind: "scheduling_while_atomic",
    headline: "BUG: scheduling while atomic: wren/53/0x00000002",
    task: "wren/53",
    cpu: 1,
    trace: ["__schedule_bug.cold+0x47/0x53", "schedule+0x46/0xb0"],
    text: `
3|BUG: scheduling while atomic: wren/53/0x00000002
4|Modules linked in: wren(O)
3|Preemption disabled at:
3|[<ffffffffc02d2011>] wren_sing+0x11/0x90 [wren]
${CPU}
4|Call Trace:
4| __schedule_bug.cold+0x47/0x53
4| schedule+0x46/0xb0
4| ? wren_sing+0x1d/0x90 [wren]
4|RIP: 0033:0x7f1122334455
4|Code: Bad RIP value.
4|RSP: 002b:00007ffc11223344 EFLAGS: 00000246 ORIG_RAX: 0000000000000001
4|R13: 0000000000000001 R14: 0000000000000000 R15: 0000000000000000`,
  },
  {
    name: "smp_processor_id in preemptible code",
    kind: "smp_processor_id",
    headline:
      "BUG: using smp_processor_id() in preemptible [00000000] code: wren/53",
    ...WHERE,
    text: `
3|BUG: using smp_processor_id() in preemptible [00000000] code: wren/53
3|caller is wren_sing+0x1d/0x90 [wren]
${STACK}`,
  },
  {
    name: "spinlock with a bad magic number",
    kind: "spinlock",
    headline: "BUG: spinlock bad magic on CPU#1, wren/53",
    ...WHERE,
    text: `
0|BUG: spinlock bad magic on CPU#1, wren/53
0| lock: wren_spin+0x0/0xffffffffffffe9a0 [wren], .magic: 00000000, .owner: <none>/-1, .owner_cpu: 0
${STACK}`,
  },
];
