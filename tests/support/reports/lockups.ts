// SPDX-License-Identifier: MIT
/**
 * Reports of what takes too long. Source: kernel/watchdog.c,
 * kernel/hung_task.c, kernel/rcu/tree_stall.h, kernel/rcu/tree_exp.h,
 * kernel/workqueue.c, kernel/smp.c, lib/nmi_backtrace.c.
 *
 * @module
 */
import type { ReportSample } from "./sample.ts";

const RUNNING = `
4|CPU: 1 PID: 340 Comm: owl Not tainted 6.1.0 #2
4|Hardware name: QEMU Standard PC (i440FX + PIIX, 1996)
4|RIP: 0010:owl_spin+0x9/0x10 [owl]
4|Code: f3 90 eb fc
4|RSP: 0018:ffffc900003bfe38 EFLAGS: 00000286
4|RAX: 0000000000000000 RBX: ffff888003b1a000 RCX: 0000000000000000
4|Call Trace:
4| <TASK>
4| owl_thread+0x21/0x40 [owl]
4| kthread+0xe9/0x110
4| </TASK>`.trim();
const WHERE = {
  task: "owl/340",
  cpu: 1,
  at: "owl_spin+0x9/0x10 [owl]",
  trace: ["owl_thread+0x21/0x40 [owl]", "kthread+0xe9/0x110"],
};

export const LOCKUPS: readonly ReportSample[] = [
  {
    name: "soft lockup",
    kind: "soft_lockup",
    headline: "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [owl:340]",
    ...WHERE,
    text: `
0|watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [owl:340]
4|Modules linked in: owl(O)
${RUNNING}`,
  },
  {
    name: "soft lockup of Linux 6.12, and the panic on it",
    kind: "soft_lockup",
    headline: "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [owl:340]",
    ...WHERE,
    panic: "softlockup: hung tasks",
    text: `
0|watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [owl:340]
2|CPU#1 Utilization every 4s during lockup:
2|\t#1: 100% system,\t  0% softirq,\t  1% hardirq,\t  0% idle
2|\t#2: 101% system,\t  0% softirq,\t  0% hardirq,\t  0% idle
4|Modules linked in: owl(O)
${RUNNING}
6|Sending NMI from CPU 1 to CPUs 0:
4|NMI backtrace for cpu 0 skipped: idling at default_idle+0xb/0x10
0|Kernel panic - not syncing: softlockup: hung tasks
4|CPU: 1 PID: 340 Comm: owl Tainted: G             L     6.12.0 #2
4|Call Trace:
4| <IRQ>
4| panic+0x118/0x2ed
4| </IRQ>
0|Kernel Offset: disabled
0|---[ end Kernel panic - not syncing: softlockup: hung tasks ]---`,
  },
  {
    name: "hard lockup of Linux 6.1",
    kind: "hard_lockup",
    headline: "NMI watchdog: Watchdog detected hard LOCKUP on cpu 1",
    ...WHERE,
    text: `
0|NMI watchdog: Watchdog detected hard LOCKUP on cpu 1
4|Modules linked in: owl(O)
${RUNNING}`,
  },
  {
    name: "hard lockup of Linux 7.x, which another CPU noticed",
    kind: "hard_lockup",
    headline: "watchdog: CPU0: Watchdog detected hard LOCKUP on cpu 1",
    ...WHERE,
    text: `
0|watchdog: CPU0: Watchdog detected hard LOCKUP on cpu 1
4|Modules linked in: owl(O)
4|irq event stamp: 220
4|hardirqs last  enabled at (219): [<ffffffff81d6a1f8>] owl_thread+0x28/0x40 [owl]
6|Sending NMI from CPU 0 to CPUs 1:
4|NMI backtrace for cpu 1
${RUNNING}`,
  },
  {
    name: "hung task",
    kind: "hung_task",
    headline: "INFO: task kworker/u8:3:77 blocked for more than 122 seconds.",
    task: "kworker/u8:3/77",
    trace: ["__schedule+0x2cd/0x8b0", "owl_flush+0x4f/0x80 [owl]"],
    text: `
3|INFO: task kworker/u8:3:77 blocked for more than 122 seconds.
3|      Tainted: G           O       6.1.0 #2
3|"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
6|task:kworker/u8:3    state:D stack:0     pid:77    ppid:2      flags:0x00004000
6|Workqueue: writeback wb_workfn (flush-253:0)
6|Call Trace:
6| <TASK>
6| __schedule+0x2cd/0x8b0
6| owl_flush+0x4f/0x80 [owl]
6| </TASK>`,
  },
  {
    name: "hung task of Linux 7.x, with its owner and all locks",
    kind: "hung_task",
    headline:
      "INFO: task owl:340 blocked in I/O wait for more than 61 seconds.",
    task: "owl/340",
    trace: ["__schedule+0x2cd/0x8b0"],
    text: `
3|INFO: task owl:340 blocked in I/O wait for more than 61 seconds.
3|      Not tainted 7.3.4 #2
3|"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
6|task:owl             state:D stack:0     pid:340   tgid:340   ppid:1      task_flags:0x400040 flags:0x00080000
6|Call Trace:
6| <TASK>
6| __schedule+0x2cd/0x8b0
6| </TASK>
3|INFO: task owl:340 is blocked on a mutex likely owned by task owlet:341.
6|task:owlet           state:S stack:0     pid:341   tgid:341   ppid:1      task_flags:0x400040 flags:0x00080000
6|Call Trace:
6| <TASK>
6| schedule+0x27/0xd0
6| </TASK>
6|Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings
4|
4|Showing all locks held in the system:
4|1 lock held by khungtaskd/30:
4| #0: ffffffff82b6a1c0 (rcu_read_lock){....}-{1:3}, at: debug_show_all_locks+0x3b/0x1b0
4|
4|=============================================`,
  },
  {
    name: "RCU stall that another CPU noticed",
    kind: "rcu_stall",
    headline: "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    ...WHERE,
    text: `
3|rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
3|rcu: \t1-...!: (1 GPs behind) idle=f1ac/1/0x4000000000000000 softirq=801/802 fqs=0
3|rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P340/1:b..l
3|rcu: \t(detected by 0, t=5254 jiffies, g=1301, q=12 ncpus=2)
6|Sending NMI from CPU 0 to CPUs 1:
4|NMI backtrace for cpu 1
${RUNNING}
3|rcu: rcu_preempt kthread starved for 5254 jiffies! g1301 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x402 ->cpu=1
3|rcu: \tUnless rcu_preempt kthread gets sufficient CPU time, OOM is now expected behavior.
3|rcu: RCU grace-period kthread stack dump:
6|task:rcu_preempt     state:R stack:0     pid:15    ppid:2      flags:0x00004000
6|Call Trace:
6| <TASK>
6| rcu_gp_fqs_loop+0x10e/0x5a0
6| </TASK>
3|rcu: Stack dump where RCU GP kthread last ran:
6|Sending NMI from CPU 0 to CPUs 1:
4|NMI backtrace for cpu 1 skipped: idling at default_idle+0xb/0x10`,
  },
  {
    name: "RCU stall that the CPU noticed itself, on Linux 5.10",
    kind: "rcu_stall",
    headline: "rcu: INFO: rcu_sched self-detected stall on CPU",
    task: "owl/340",
    cpu: 1,
    trace: ["dump_stack+0x6b/0x83", "rcu_sched_clock_irq.cold+0x1f9/0x3d6"],
    text: `
3|rcu: INFO: rcu_sched self-detected stall on CPU
3|rcu: \t1-....: (5249 ticks this GP) idle=b3e/1/0x4000000000000002 softirq=801/801 fqs=2611
3|\t(t=5250 jiffies g=1301 q=12)
4|NMI backtrace for cpu 1
4|CPU: 1 PID: 340 Comm: owl Tainted: G           O      5.10.0 #1
4|Call Trace:
4| <IRQ>
4| dump_stack+0x6b/0x83
4| rcu_sched_clock_irq.cold+0x1f9/0x3d6
4| </IRQ>`,
  },
  {
    name: "expedited RCU stall",
    kind: "rcu_stall",
    headline:
      "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D } 21 jiffies s: 57 root: 0x2/.",
    task: "owl/340",
    cpu: 1,
    at: "owl_spin+0x9/0x10 [owl]",
    trace: WHERE.trace,
    text: `
3|rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D } 21 jiffies s: 57 root: 0x2/.
3|rcu: blocking rcu_node structures (internal RCU debug):
6|Sending NMI from CPU 0 to CPUs 1:
4|NMI backtrace for cpu 1
${RUNNING}`,
  },
  {
    name: "RCU stall that ended meanwhile",
    kind: "rcu_stall",
    headline: "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    text: `
3|rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
3|rcu: \t(detected by 1, t=5254 jiffies, g=1301, q=12 ncpus=2)
3|rcu: INFO: Stall ended before state dump start`,
  },
  {
    name: "workqueue lockup",
    kind: "workqueue_lockup",
    headline:
      "BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 33s!",
    trace: ["owl_work+0x20/0x30 [owl]"],
    text: `
0|BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 33s!
6|Showing busy workqueues and worker pools:
6|workqueue events: flags=0x0
6|  pwq 2: cpus=1 node=0 flags=0x0 nice=0 active=1 refcnt=2
6|    in-flight: 340:owl_work [owl]
6|    pending: vmstat_shepherd
6|pool 2: cpus=1 node=0 flags=0x0 nice=0 hung=33s workers=2 idle: 22
6|Showing backtraces of running workers in stalled CPU-bound worker pools:
6|pool 2:
6|task:kworker/1:1     state:R  running task     stack:0     pid:340   ppid:2      flags:0x00004008
6|Call Trace:
6| <TASK>
6| owl_work+0x20/0x30 [owl]
6| </TASK>`,
  },
  {
    name: "work that leaks a lock",
    kind: "workqueue_leak",
    headline: "BUG: workqueue leaked atomic, lock or RCU: kworker/1:1[340]",
    task: "kworker/1:1/340",
    cpu: 1,
    trace: ["process_one_work.cold+0x5/0x6b"],
    text: `
3|BUG: workqueue leaked atomic, lock or RCU: kworker/1:1[340]\\n     preempt=0x00000000 lock=0->1 RCU=0->0 workfn=owl_work [owl]
4|1 lock held by kworker/1:1/340:
4| #0: ffffffffc02d4a50 (owl_spin){+.+.}-{2:2}, at: owl_work+0x11/0x90 [owl]
4|CPU: 1 PID: 340 Comm: kworker/1:1 Tainted: G        W  O       6.12.0 #2
4|Workqueue: events owl_work [owl]
4|Call Trace:
4| <TASK>
4| process_one_work.cold+0x5/0x6b
4| </TASK>`,
  },
  {
    name: "CPU that does not answer",
    kind: "csd_lock",
    headline:
      "smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000042 ns for CPU#01 owl_poke+0x0/0x10(0x0).",
    task: "owl/340",
    cpu: 0,
    at: "owl_spin+0x9/0x10 [owl]",
    trace: WHERE.trace,
    text: `
1|smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000042 ns for CPU#01 owl_poke+0x0/0x10(0x0).
1|smp: \tcsd: CSD lock (#1) unresponsive.
6|Sending NMI from CPU 0 to CPUs 1:
4|NMI backtrace for cpu 1
${RUNNING}`,
  },
];
