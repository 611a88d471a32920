// SPDX-License-Identifier: MIT
/**
 * Reports of arm64. Source: arch/arm64/kernel/{traps,process,stacktrace}.c,
 * arch/arm64/mm/fault.c.
 *
 * @module
 */
import type { ReportSample } from "./sample.ts";

const CPU =
  "4|CPU: 1 PID: 244 Comm: insmod Tainted: G           O       6.1.0 #1";
const STATE = `
4|Hardware name: linux,dummy-virt (DT)
4|pstate: 60000005 (nZCv daif -PAN -UAO -TCO -DIT -SSBS BTYPE=--)
4|pc : heron_probe+0x30/0x80 [heron]
4|lr : heron_probe+0x24/0x80 [heron]
4|sp : ffff80000a5cb9c0
4|x29: ffff80000a5cb9c0 x28: ffff80000a5cbc30 x27: 0000000000000000
4|x9 : ffff800008123456 x8 : 0101010101010101 x7 : 0000000000000018
4|x0 : 0000000000000000`.trim();
const TRACE = `
4|Call trace:
4| heron_probe+0x30/0x80 [heron]
4| platform_probe+0x6c/0xd0
4| el0t_64_sync+0x18c/0x190`.trim();
const WHERE = {
  task: "insmod/244",
  cpu: 1,
  at: "heron_probe+0x30/0x80 [heron]",
  trace: [
    "heron_probe+0x30/0x80 [heron]",
    "platform_probe+0x6c/0xd0",
    "el0t_64_sync+0x18c/0x190",
  ],
};

const die = (head: string) =>
  `
${head}
4|Modules linked in: heron(O+)
${CPU}
${STATE}
${TRACE}
0|Code: 910003fd f9000bf3 aa0003f3 94000000 (f9000000) 
4|---[ end trace 0000000000000000 ]---`.trim();

export const ARM64: readonly ReportSample[] = [
  {
    name: "arm64: NULL pointer, and the panic on it",
    kind: "null_pointer",
    headline:
      "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010",
    ...WHERE,
    panic: "Oops: Fatal exception",
    text: `
1|Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010
1|Mem abort info:
1|  ESR = 0x0000000096000044
1|  EC = 0x25: DABT (current EL), IL = 32 bits
1|  SET = 0, FnV = 0
1|  EA = 0, S1PTW = 0
1|  FSC = 0x04: level 0 translation fault
1|Data abort info:
1|  ISV = 0, ISS = 0x00000044
1|  CM = 0, WnR = 1
1|user pgtable: 4k pages, 48-bit VAs, pgdp=0000000045a1b000
1|[0000000000000010] pgd=0000000000000000, p4d=0000000000000000
${die("0|Internal error: Oops: 0000000096000044 [#1] PREEMPT SMP")}
0|Kernel panic - not syncing: Oops: Fatal exception
2|SMP: stopping secondary CPUs
0|Kernel Offset: 0x2a5c10000000 from 0xffff800008000000
0|PHYS_OFFSET: 0xfff0f5d640000000
0|CPU features: 0x00000,02000800,0000421b
0|Memory Limit: none
0|---[ end Kernel panic - not syncing: Oops: Fatal exception ]---`,
  },
  {
    name: "arm64: paging request of Linux 6.12, whose frames have a source",
    kind: "page_fault",
    headline:
      "Unable to handle kernel paging request at virtual address dead000000000108",
    ...WHERE,
    text: `
1|Unable to handle kernel paging request at virtual address dead000000000108
1|Mem abort info:
1|  ESR = 0x0000000096000004
1|  EC = 0x25: DABT (current EL), IL = 32 bits
1|  FSC = 0x04: level 0 translation fault
1|Data abort info:
1|  ISV = 0, ISS = 0x00000004, ISS2 = 0x00000000
1|  CM = 0, WnR = 0, TnD = 0, TagAccess = 0
1|  GCS = 0, Overlay = 0, DirtyBit = 0, Xs = 0
1|[dead000000000108] address between user and kernel address ranges
${
      die("0|Internal error: Oops: 0000000096000004 [#1] SMP")
        .replace(
          "4| heron_probe+0x30/0x80 [heron]",
          "4| heron_probe+0x30/0x80 [heron] (P)",
        )
    }`,
  },
  {
    name: "arm64: BUG()",
    kind: "bug",
    headline: "kernel BUG at drivers/heron/main.c:51!",
    ...WHERE,
    text: `
4|------------[ cut here ]------------
2|kernel BUG at drivers/heron/main.c:51!
${die("0|Internal error: Oops - BUG: 00000000f2000800 [#1] PREEMPT SMP")}`,
  },
  {
    name: "arm64: warning",
    kind: "warning",
    headline:
      "WARNING: CPU: 1 PID: 244 at drivers/heron/main.c:60 heron_probe+0x30/0x80 [heron]",
    ...WHERE,
    text: `
4|------------[ cut here ]------------
4|WARNING: CPU: 1 PID: 244 at drivers/heron/main.c:60 heron_probe+0x30/0x80 [heron]
4|Modules linked in: heron(O+)
${CPU}
${STATE}
${TRACE}
4|---[ end trace 0000000000000000 ]---`,
  },
  {
    name: "arm64: branch target",
    kind: "oops",
    headline: "Internal error: Oops - BTI: 0000000036000002 [#1] SMP",
    ...WHERE,
    text: die("0|Internal error: Oops - BTI: 0000000036000002 [#1] SMP"),
  },
  {
    name: "arm64: synchronous external abort, as Linux 5.10 says it",
    kind: "oops",
    headline: "Internal error: synchronous external abort: 96000210 [#1] SMP",
    ...WHERE,
    text: die(
      "0|Internal error: synchronous external abort: 96000210 [#1] SMP",
    ),
  },
  {
    name: "arm64: fault that is not handled",
    kind: "oops",
    headline: "Unhandled fault at 0xffff80000a5cb9c0",
    ...WHERE,
    text: `
1|Unhandled fault at 0xffff80000a5cb9c0
1|Mem abort info:
1|  ESR = 0x0000000096000035
1|  FSC = 0x35: unsupported exclusive or atomic
${die("0|Internal error: unsupported exclusive: 0000000096000035 [#1] SMP")}`,
  },
  {
    name: "arm64: SError",
    kind: "serror",
    headline: "SError Interrupt on CPU1, code 0x00000000be000011 -- SError",
    ...WHERE,
    trace: ["dump_backtrace+0xe4/0x140", "arm64_serror_panic+0x78/0x84"],
    panic: "Asynchronous SError Interrupt",
    text: `
2|SError Interrupt on CPU1, code 0x00000000be000011 -- SError
${CPU}
${STATE}
0|Kernel panic - not syncing: Asynchronous SError Interrupt
${CPU}
4|Call trace:
4| dump_backtrace+0xe4/0x140
4| arm64_serror_panic+0x78/0x84
2|SMP: stopping secondary CPUs
0|Kernel Offset: disabled
0|---[ end Kernel panic - not syncing: Asynchronous SError Interrupt ]---`,
  },
  {
    name: "arm64: stack overflow",
    kind: "stack_overflow",
    headline: "Insufficient stack space to handle exception!",
    ...WHERE,
    trace: ["handle_bad_stack+0xf4/0x128"],
    panic: "kernel stack overflow",
    text: `
0|Insufficient stack space to handle exception!
0|ESR: 0x0000000096000047 -- DABT (current EL)
0|FAR: 0xffff80000a5c7ff0
0|Task stack:     [0xffff80000a5c8000..0xffff80000a5cc000]
0|IRQ stack:      [0xffff800008008000..0xffff80000800c000]
0|Overflow stack: [0xffff00003fdb12b0..0xffff00003fdb22b0]
${CPU}
${STATE}
0|Kernel panic - not syncing: kernel stack overflow
${CPU}
4|Call trace:
4| handle_bad_stack+0xf4/0x128
2|SMP: stopping secondary CPUs
0|---[ end Kernel panic - not syncing: kernel stack overflow ]---`,
  },
  {
    name: "arm64: bad mode, as Linux 5.10 says it",
    kind: "bad_mode",
    headline:
      "Bad mode in Error handler detected on CPU1, code 0xbf000002 -- SError",
    ...WHERE,
    trace: ["bad_mode+0x8c/0x90"],
    panic: "bad mode",
    text: `
2|Bad mode in Error handler detected on CPU1, code 0xbf000002 -- SError
${CPU}
${STATE}
0|Kernel panic - not syncing: bad mode
${CPU}
4|Call trace:
4| bad_mode+0x8c/0x90
0|---[ end Kernel panic - not syncing: bad mode ]---`,
  },
  {
    name: "arm64: sleeping where it may not",
    kind: "sleep_in_atomic",
    headline:
      "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580",
    ...WHERE,
    at: undefined,
    text: `
3|BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580
3|in_atomic(): 1, irqs_disabled(): 128, non_block: 0, pid: 244, name: insmod
3|preempt_count: 1, expected: 0
${CPU}
4|Hardware name: linux,dummy-virt (DT)
${TRACE}`,
  },
];
