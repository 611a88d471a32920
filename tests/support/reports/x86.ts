// SPDX-License-Identifier: MIT
/**
 * Reports of x86-64. Source: arch/x86/kernel/{dumpstack,traps,process_64}.c,
 * arch/x86/mm/{fault,extable}.c, kernel/panic.c, lib/bug.c.
 *
 * @module
 */
import type { ReportSample } from "./sample.ts";

const REGISTERS = `
4|RIP: 0010:crow_probe+0x2a/0x90 [crow]
4|Code: 89 e5 41 54 <0f> 0b 5b 5d c3
4|RSP: 0018:ffffb2c4c0a37d58 EFLAGS: 00010246
4|RAX: 0000000000000000 RBX: ffff9a1184c31000 RCX: 0000000000000027
4|RDX: 0000000000000000 RSI: ffffffff9c2f3a11 RDI: 0000000000000001
4|RBP: ffffb2c4c0a37d70 R08: 0000000000000000 R09: ffffb2c4c0a37be8
4|R10: 0000000000000003 R11: ffffffff9caba4a8 R12: ffff9a1184c31000
4|R13: 0000000000000011 R14: 0000000000000000 R15: ffffb2c4c0a37e80
4|FS:  00007f3a1c9b5740(0000) GS:ffff9a11fdd00000(0000) knlGS:0000000000000000
4|CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033
4|CR2: 0000000000000048 CR3: 0000000104e0a000 CR4: 00000000003506e0`.trim();

const USER = `
4|RIP: 0033:0x7f3a1cab5d0d
4|Code: Unable to access opcode bytes at 0x7f3a1cab5ce3.
4|RSP: 002b:00007ffd0d3c1b38 EFLAGS: 00000246 ORIG_RAX: 0000000000000139
4|RAX: ffffffffffffffda RBX: 000055d0c3a4a7b0 RCX: 00007f3a1cab5d0d
4|R13: 0000000000000000 R14: 000055d0c3a4a8c0 R15: 000055d0c3a4a7b0`.trim();

const TRACE = `
4|Call Trace:
4| <IRQ>
4| ? show_regs.cold+0x1a/0x1f
4| crow_tick+0x31/0x70 [crow]
4| __hrtimer_run_queues+0x112/0x2b0
4| </IRQ>
4| <TASK>
4|RIP: 0010:crow_wait+0x10/0x60 [crow]
4|RSP: 0018:ffffb2c4c0a37df0 EFLAGS: 00000202
4| ? 0xffffffffc0a31000
4| crow_init+0x1c/0x1000 [crow]
4| do_one_initcall+0x59/0x220
${USER}
4| </TASK>`.trim();

const TRACED = [
  "crow_tick+0x31/0x70 [crow]",
  "__hrtimer_run_queues+0x112/0x2b0",
  "crow_init+0x1c/0x1000 [crow]",
  "do_one_initcall+0x59/0x220",
];

const CPU =
  "4|CPU: 3 PID: 611 Comm: mod probe Tainted: G        W  O       6.1.0-57-amd64 #1  Debian 6.1.170-1";
const HARDWARE =
  "4|Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2 04/01/2014";
const MODULES =
  "4|Modules linked in: crow(OE+) virtio_net net_failover [last unloaded: raven]";
const SUMMARY = `${REGISTERS}
4|PKRU: 55555554`;

const WHERE = {
  task: "mod probe/611",
  cpu: 3,
  at: "crow_probe+0x2a/0x90 [crow]",
  trace: TRACED,
};

/** An oops from its number on. */
const oops = (head: string) =>
  `
${head}
${CPU}
${HARDWARE}
${REGISTERS}
${TRACE}
${MODULES}
4|CR2: 0000000000000048
4|---[ end trace 0000000000000000 ]---
${SUMMARY}`.trim();

export const X86: readonly ReportSample[] = [
  {
    name: "WARN_ON of Linux 6.1",
    kind: "warning",
    headline:
      "WARNING: CPU: 3 PID: 611 at drivers/crow/core.c:88 crow_probe+0x2a/0x90 [crow]",
    ...WHERE,
    text: `
4|------------[ cut here ]------------
4|WARNING: CPU: 3 PID: 611 at drivers/crow/core.c:88 crow_probe+0x2a/0x90 [crow]
${MODULES}
${CPU}
${HARDWARE}
${REGISTERS}
${TRACE}
4|---[ end trace 0000000000000000 ]---`,
  },
  {
    name: "WARN with a text, and state of interrupts, of Linux 5.10",
    kind: "warning",
    headline:
      "WARNING: CPU: 0 PID: 12 at lib/refcount.c:28 refcount_warn_saturate+0xa6/0xf0",
    task: "kworker/0:1/12",
    cpu: 0,
    at: "refcount_warn_saturate+0xa6/0xf0",
    trace: ["crow_put+0x22/0x30 [crow]", "process_one_work+0x1b6/0x350"],
    text: `
4|------------[ cut here ]------------
4|refcount_t: underflow; use-after-free.
4|WARNING: CPU: 0 PID: 12 at lib/refcount.c:28 refcount_warn_saturate+0xa6/0xf0
${MODULES}
4|CPU: 0 PID: 12 Comm: kworker/0:1 Not tainted 5.10.0-9-amd64 #1 Debian 5.10.70-1
${HARDWARE}
4|Workqueue: events crow_release [crow]
4|RIP: 0010:refcount_warn_saturate+0xa6/0xf0
4|Code: 05 8e 9e 38 01 <0f> 0b c3
4|RSP: 0018:ffffa5d1c0063e68 EFLAGS: 00010282
4|Call Trace:
4| crow_put+0x22/0x30 [crow]
4| process_one_work+0x1b6/0x350
4| ? rescuer_thread+0x3a0/0x3a0
4|irq event stamp: 20114
4|hardirqs last  enabled at (20113): [<ffffffff81123456>] vprintk_emit+0x1a6/0x2a0
4|hardirqs last disabled at (20114): [<ffffffff81aa1234>] exc_invalid_op+0x14/0x70
4|softirqs last  enabled at (20090): [<ffffffff81e00321>] __do_softirq+0x321/0x3f7
4|softirqs last disabled at (20077): [<ffffffff81c00f12>] asm_call_irq_on_stack+0x12/0x20
4|---[ end trace 7c3f0a1199aa0b51 ]---`,
  },
  {
    name: "WARN of Linux 7.x",
    kind: "warning",
    headline:
      "WARNING: drivers/crow/core.c:88 at crow_probe+0x2a/0x90 [crow], CPU#3: modprobe/611",
    task: "modprobe/611",
    cpu: 3,
    at: "crow_probe+0x2a/0x90 [crow]",
    trace: ["crow_init+0x1c/0x1000 [crow]"],
    text: `
4|------------[ cut here ]------------
4|the nest has 3 eggs, not 4
4|WARNING: drivers/crow/core.c:88 at crow_probe+0x2a/0x90 [crow], CPU#3: modprobe/611
4|Modules linked in: crow(OE+)
4|CPU: 3 UID: 0 PID: 611 Comm: modprobe Tainted: G           OE       7.3.4 #1 PREEMPT(lazy)  Debian 7.3.4-1
4|Tainted: [O]=OOT_MODULE, [E]=UNSIGNED_MODULE
${HARDWARE}
4|RIP: 0010:crow_probe+0x2a/0x90 [crow]
4|Code: 89 e5 <67> 48 0f b9 3a
4|Call Trace:
4| <TASK>
4| crow_init+0x1c/0x1000 [crow 0123456789abcdef0123456789abcdef01234567]
4| </TASK>
4|---[ end trace 0000000000000000 ]---`,
  },
  {
    name: "WARN whose first line is lost",
    kind: "warning",
    headline:
      "WARNING: CPU: 3 PID: 611 at drivers/crow/core.c:88 crow_probe+0x2a/0x90 [crow]",
    ...WHERE,
    text: `
4|WARNING: CPU: 3 PID: 611 at drivers/crow/core.c:88 crow_probe+0x2a/0x90 [crow]
${MODULES}
${CPU}
${REGISTERS}
${TRACE}
4|---[ end trace 0000000000000000 ]---`,
  },
  {
    name: "WARN of a version to come",
    kind: "warning",
    headline: "WARNING: crow_probe says that the nest is empty",
    ...WHERE,
    text: `
4|------------[ cut here ]------------
4|WARNING: crow_probe says that the nest is empty
${MODULES}
${CPU}
${REGISTERS}
${TRACE}
4|---[ end trace 0000000000000000 ]---`,
  },
  {
    name: "WARN with panic_on_warn",
    kind: "warning",
    headline: "WARNING: CPU: 1 PID: 99 at fs/crow.c:3 crow_open+0x1/0x20",
    cpu: 1,
    task: "cat/99",
    at: "crow_open+0x1/0x20",
    trace: ["do_open+0x2a/0x100"],
    panic: "kernel: panic_on_warn set ...",
    text: `
4|------------[ cut here ]------------
4|WARNING: CPU: 1 PID: 99 at fs/crow.c:3 crow_open+0x1/0x20
4|Modules linked in:
4|CPU: 1 PID: 99 Comm: cat Not tainted 6.6.1 #2
4|RIP: 0010:crow_open+0x1/0x20
4|Call Trace:
4| <TASK>
4| do_open+0x2a/0x100
4| </TASK>
0|Kernel panic - not syncing: kernel: panic_on_warn set ...
4|CPU: 1 PID: 99 Comm: cat Not tainted 6.6.1 #2
4|Call Trace:
4| <TASK>
4| dump_stack_lvl+0x44/0x5c
4| panic+0x118/0x2ed
4| __warn.cold+0xf3/0x10d
4| </TASK>
0|Kernel Offset: 0x1a000000 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)
0|---[ end Kernel panic - not syncing: kernel: panic_on_warn set ... ]---`,
  },
  {
    name: "DMA-API warning, and where it was mapped",
    kind: "warning",
    headline:
      "WARNING: CPU: 2 PID: 0 at kernel/dma/debug.c:1018 check_unmap+0x4a1/0x9e0",
    task: "swapper/2/0",
    cpu: 2,
    at: "check_unmap+0x4a1/0x9e0",
    trace: ["debug_dma_unmap_page+0x57/0x60", "crow_clean+0x91/0x210 [crow]"],
    text: `
4|------------[ cut here ]------------
3|DMA-API: crow 0000:00:05.0: device driver frees DMA memory with different size [device address=0x0000000104e0a000] [map size=64 bytes] [unmap size=32 bytes]
4|WARNING: CPU: 2 PID: 0 at kernel/dma/debug.c:1018 check_unmap+0x4a1/0x9e0
4|Modules linked in: crow
4|CPU: 2 PID: 0 Comm: swapper/2 Not tainted 6.1.0 #1
4|RIP: 0010:check_unmap+0x4a1/0x9e0
4|Call Trace:
4| <IRQ>
4| debug_dma_unmap_page+0x57/0x60
4| crow_clean+0x91/0x210 [crow]
4| </IRQ>
4|---[ end trace 0000000000000000 ]---
4|DMA-API: Mapped at:
4| debug_dma_map_page+0x6e/0xb0
4| crow_send+0x122/0x400 [crow]`,
  },
  {
    name: "NETDEV WATCHDOG",
    kind: "warning",
    headline:
      "WARNING: CPU: 0 PID: 0 at net/sched/sch_generic.c:525 dev_watchdog+0x201/0x210",
    task: "swapper/0/0",
    cpu: 0,
    at: "dev_watchdog+0x201/0x210",
    trace: ["call_timer_fn+0x24/0x130"],
    text: `
4|------------[ cut here ]------------
6|NETDEV WATCHDOG: eth7 (crow): transmit queue 2 timed out
4|WARNING: CPU: 0 PID: 0 at net/sched/sch_generic.c:525 dev_watchdog+0x201/0x210
4|Modules linked in: crow
4|CPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.1.0 #1
4|RIP: 0010:dev_watchdog+0x201/0x210
4|Call Trace:
4| <IRQ>
4| ? pfifo_fast_enqueue+0x150/0x150
4| call_timer_fn+0x24/0x130
4| </IRQ>
4|---[ end trace 0000000000000000 ]---`,
  },
  {
    name: "BUG() behind a corrupted list",
    kind: "bug",
    headline: "kernel BUG at lib/list_debug.c:29!",
    ...WHERE,
    text: `
3|list_add corruption. prev->next should be next (ffff9a11802a1010), but was ffff9a11802a1fff. (prev=ffff9a1184c31010).
4|------------[ cut here ]------------
2|kernel BUG at lib/list_debug.c:29!
${oops("4|invalid opcode: 0000 [#1] PREEMPT SMP NOPTI")}`,
  },
  {
    name: "BUG() of Linux 6.12, behind a page",
    kind: "bug",
    headline: "kernel BUG at include/linux/mm.h:1234!",
    ...WHERE,
    text: `
4|page: refcount:0 mapcount:0 mapping:0000000000000000 index:0x7 pfn:0x104e0
4|flags: 0x17ffffc0000000(node=0|zone=2|lastcpupid=0x1fffff)
4|raw: 0017ffffc0000000 dead000000000100 dead000000000122 0000000000000000
4|page dumped because: VM_BUG_ON_PAGE(page_ref_count(page) == 0)
4|------------[ cut here ]------------
2|kernel BUG at include/linux/mm.h:1234!
${oops("4|Oops: invalid opcode: 0000 [#1] PREEMPT SMP NOPTI")}
6|note: mod probe[611] exited with preempt_count 1`,
  },
  {
    name: "copy beyond an object",
    kind: "bug",
    headline: "kernel BUG at mm/usercopy.c:102!",
    ...WHERE,
    text: `
0|usercopy: Kernel memory exposure attempt detected from SLUB object 'crow_eggs' (offset 12, size 400)!
4|------------[ cut here ]------------
2|kernel BUG at mm/usercopy.c:102!
${oops("4|invalid opcode: 0000 [#3] SMP PTI")}`,
  },
  {
    name: "NULL pointer of Linux 6.1",
    kind: "null_pointer",
    headline: "BUG: kernel NULL pointer dereference, address: 0000000000000048",
    ...WHERE,
    text: `
1|BUG: kernel NULL pointer dereference, address: 0000000000000048
1|#PF: supervisor read access in kernel mode
1|#PF: error_code(0x0000) - not-present page
6|PGD 0 P4D 0 
${oops("4|Oops: 0000 [#1] PREEMPT SMP NOPTI")}
6|note: mod probe[611] exited with irqs disabled`,
  },
  {
    name: "NULL pointer of Linux 6.12, and the panic on it",
    kind: "null_pointer",
    headline: "BUG: kernel NULL pointer dereference, address: 0000000000000048",
    ...WHERE,
    panic: "Fatal exception",
    text: `
1|BUG: kernel NULL pointer dereference, address: 0000000000000048
1|#PF: supervisor write access in kernel mode
1|#PF: error_code(0x0002) - not-present page
6|PGD 104a5067 P4D 104a5067 PUD 10500067 PMD 0 
${oops("4|Oops: Oops: 0002 [#1] PREEMPT SMP PTI")}
0|Kernel panic - not syncing: Fatal exception
0|Kernel Offset: disabled
0|---[ end Kernel panic - not syncing: Fatal exception ]---`,
  },
  {
    name: "page fault at an address that may not be executed",
    kind: "page_fault",
    headline: "BUG: unable to handle page fault for address: ffff9a1184c31000",
    task: "mod probe/611",
    cpu: 3,
    at: "crow_probe+0x2a/0x90 [crow]",
    trace: TRACED,
    text: `
2|kernel tried to execute NX-protected page - exploit attempt? (uid: 1000)
1|BUG: unable to handle page fault for address: ffff9a1184c31000
1|#PF: supervisor instruction fetch in kernel mode
1|#PF: error_code(0x0011) - permissions violation
6|PGD 23001067 P4D 23001067 PUD 23002067 PMD 104c3063 PTE 8000000104c31063
${oops("4|Oops: 0011 [#1] SMP NOPTI")}`,
  },
  {
    name: "page table that was overwritten",
    kind: "page_fault",
    headline: "mod probe: Corrupted page table at address 7f3a1c9b5740",
    ...WHERE,
    text: `
1|mod probe: Corrupted page table at address 7f3a1c9b5740
6|PGD 23001067 P4D 23001067 PUD 23002067 PMD 104c3063 PTE fff0000104c31063
${oops("4|Oops: Bad pagetable: 000d [#1] SMP NOPTI")}`,
  },
  {
    name: "general protection fault, with KASAN",
    kind: "general_protection",
    headline:
      "general protection fault, probably for non-canonical address 0xdffffc0000000009: 0000 [#1] PREEMPT SMP KASAN NOPTI",
    ...WHERE,
    text: `
4|general protection fault, probably for non-canonical address 0xdffffc0000000009: 0000 [#1] PREEMPT SMP KASAN NOPTI
1|KASAN: null-ptr-deref in range [0x0000000000000048-0x000000000000004f]
${oops("").trimStart()}`,
  },
  {
    name: "general protection fault of Linux 7.x in an interrupt",
    kind: "general_protection",
    headline:
      "Oops: general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP NOPTI",
    ...WHERE,
    panic: "Fatal exception in interrupt",
    text: `
${
      oops(
        "4|Oops: general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP NOPTI",
      )
    }
0|Kernel panic - not syncing: Fatal exception in interrupt
0|Kernel Offset: 0x1a000000 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)
0|Rebooting in 5 seconds..`,
  },
  {
    name: "divide error",
    kind: "divide_error",
    headline: "divide error: 0000 [#1] PREEMPT SMP NOPTI",
    ...WHERE,
    text: oops("4|divide error: 0000 [#1] PREEMPT SMP NOPTI"),
  },
  {
    name: "instruction that does not exist",
    kind: "invalid_opcode",
    headline: "invalid opcode: 0000 [#1] PREEMPT SMP NOPTI",
    ...WHERE,
    text: oops("4|invalid opcode: 0000 [#1] PREEMPT SMP NOPTI"),
  },
  {
    name: "stack segment",
    kind: "oops",
    headline: "stack segment: 0000 [#2] SMP PTI",
    ...WHERE,
    text: oops("4|stack segment: 0000 [#2] SMP PTI"),
  },
  {
    name: "double fault",
    kind: "double_fault",
    headline: "traps: PANIC: double fault, error_code: 0x0",
    ...WHERE,
    panic: "Fatal exception in interrupt",
    text: `
0|traps: PANIC: double fault, error_code: 0x0
${oops("4|double fault: 0000 [#1] PREEMPT SMP NOPTI")}
0|Kernel panic - not syncing: Fatal exception in interrupt
0|---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---`,
  },
  {
    name: "stack overflow",
    kind: "stack_overflow",
    headline:
      "BUG: TASK stack guard page was hit at 00000000a1b2c3d4 (stack is 00000000a1b2c000..00000000a1b30000)",
    ...WHERE,
    text: `
0|BUG: TASK stack guard page was hit at 00000000a1b2c3d4 (stack is 00000000a1b2c000..00000000a1b30000)
${oops("4|stack guard page: 0000 [#1] PREEMPT SMP")}`,
  },
  {
    name: "missing ENDBR",
    kind: "bug",
    headline: "kernel BUG at arch/x86/kernel/cet.c:102!",
    ...WHERE,
    text: `
3|traps: Missing ENDBR: crow_call+0x0/0x10 [crow]
4|------------[ cut here ]------------
2|kernel BUG at arch/x86/kernel/cet.c:102!
${oops("4|invalid opcode: 0000 [#1] PREEMPT SMP NOPTI")}`,
  },
  {
    name: "CFI failure",
    kind: "cfi",
    headline:
      "CFI failure at crow_call+0x12/0x20 [crow] (target: crow_nest+0x0/0x10 [crow]; expected type: 0x1b2c3d4e)",
    task: "mod probe/611",
    cpu: 3,
    at: "crow_probe+0x2a/0x90 [crow]",
    trace: TRACED,
    text: `
3|CFI failure at crow_call+0x12/0x20 [crow] (target: crow_nest+0x0/0x10 [crow]; expected type: 0x1b2c3d4e)
${oops("4|invalid opcode: 0000 [#1] PREEMPT SMP NOPTI")}`,
  },
  {
    name: "MSR that cannot be read",
    kind: "unchecked_msr",
    headline:
      "unchecked MSR access error: RDMSR from 0x1b1 at rIP: 0xffffffff8106a2b4 (native_read_msr+0x4/0x30)",
    at: "native_read_msr+0x4/0x30",
    trace: ["crow_temperature+0x1a/0x50 [crow]", "kthread+0xe9/0x110"],
    text: `
4|unchecked MSR access error: RDMSR from 0x1b1 at rIP: 0xffffffff8106a2b4 (native_read_msr+0x4/0x30)
4|Call Trace:
4| <TASK>
4| crow_temperature+0x1a/0x50 [crow]
4| kthread+0xe9/0x110
4| </TASK>`,
  },
  {
    name: "panic without a root file system",
    kind: "panic",
    headline:
      "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
    task: "swapper/0/1",
    cpu: 0,
    trace: ["dump_stack_lvl+0x44/0x5c", "panic+0x118/0x2ed"],
    panic: "VFS: Unable to mount root fs on unknown-block(0,0)",
    text: `
0|Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
4|CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0 #1
${HARDWARE}
4|Call Trace:
4| <TASK>
4| dump_stack_lvl+0x44/0x5c
4| panic+0x118/0x2ed
4| </TASK>
0|Kernel Offset: disabled
0|---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) ]---`,
  },
  {
    name: "panic of the stack protector, with an ftrace buffer",
    kind: "panic",
    headline:
      "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: crow_fly+0xa1/0xb0 [crow]",
    task: "crowd/70",
    cpu: 1,
    at: "crow_fly+0xa1/0xb0 [crow]",
    trace: ["__stack_chk_fail+0x10/0x10"],
    panic:
      "stack-protector: Kernel stack is corrupted in: crow_fly+0xa1/0xb0 [crow]",
    text: `
0|Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: crow_fly+0xa1/0xb0 [crow]
4|CPU: 1 PID: 70 Comm: crowd Kdump: loaded Tainted: G           O       6.12.1 #1
4|Call Trace:
4| <TASK>
4| __stack_chk_fail+0x10/0x10
4| </TASK>
0|Dumping ftrace buffer:
0|   (ftrace buffer empty)
0|Kernel Offset: disabled
0|Rebooting in 1 seconds..`,
  },
];
