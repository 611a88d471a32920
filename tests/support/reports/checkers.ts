// SPDX-License-Identifier: MIT
/**
 * Reports of what checks memory and races. Source: mm/kasan/report.c,
 * kernel/kcsan/report.c, mm/kfence/report.c, mm/kmsan/report.c, lib/ubsan.c,
 * mm/slub.c.
 *
 * @module
 */
import type { ReportSample } from "./sample.ts";

const RULER = "=".repeat(66);
const CPU = "3|CPU: 2 PID: 901 Comm: jay Not tainted 6.1.0 #7";
const HARDWARE = "3|Hardware name: QEMU Standard PC (i440FX + PIIX, 1996)";
const STACK = `
3|Call Trace:
3| <TASK>
3| dump_stack_lvl+0x34/0x48
3| jay_write+0x91/0x100 [jay]
3| vfs_write+0x1b2/0x4d0
3| </TASK>`.trim();
const TRACE = [
  "dump_stack_lvl+0x34/0x48",
  "jay_write+0x91/0x100 [jay]",
  "vfs_write+0x1b2/0x4d0",
];
const WHERE = { task: "jay/901", cpu: 2 };

export const CHECKERS: readonly ReportSample[] = [
  {
    name: "KASAN: out of bounds",
    kind: "kasan",
    headline: "BUG: KASAN: slab-out-of-bounds in jay_write+0x91/0x100 [jay]",
    ...WHERE,
    at: "jay_write+0x91/0x100 [jay]",
    trace: TRACE,
    text: `
3|${RULER}
3|BUG: KASAN: slab-out-of-bounds in jay_write+0x91/0x100 [jay]
3|Write of size 8 at addr ffff888007b3a148 by task jay/901
3|
${CPU}
${HARDWARE}
${STACK}
3|
3|Allocated by task 900:
4| kasan_save_stack+0x22/0x50
4| __kmalloc+0x59/0x130
4| jay_open+0x33/0x60 [jay]
3|
3|Last potentially related work creation:
4| kasan_save_stack+0x22/0x50
4| insert_work+0x32/0x170
3|
3|The buggy address belongs to the object at ffff888007b3a100
3| which belongs to the cache kmalloc-96 of size 96
3|The buggy address is located 0 bytes to the right of
3| 72-byte region [ffff888007b3a100, ffff888007b3a148)
3|
3|The buggy address belongs to the physical page:
4|page:00000000c1d2e3f4 refcount:1 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x7b3a
4|flags: 0x100000000000200(slab|node=0|zone=1)
4|raw: 0100000000000200 ffff888001041280 dead000000000122 0000000000000000
4|page dumped because: kasan: bad access detected
3|
3|Memory state around the buggy address:
3| ffff888007b3a000: fb fb fb fb fb fb fb fb fb fb fb fb fc fc fc fc
3|>ffff888007b3a100: 00 00 00 00 00 00 00 00 00 fc fc fc fc fc fc fc
3|                                              ^
3| ffff888007b3a180: fa fb fb fb fb fb fb fb fb fb fb fb fc fc fc fc
3|${RULER}
4|Disabling lock debugging due to kernel taint`,
  },
  {
    name: "KASAN: use after free on a stack, with panic_on_warn",
    kind: "kasan",
    headline: "BUG: KASAN: use-after-free in jay_read+0x5c/0x80 [jay]",
    task: "jay/901",
    cpu: 2,
    at: "jay_read+0x5c/0x80 [jay]",
    trace: TRACE,
    panic: "KASAN: panic_on_warn set ...",
    text: `
3|${RULER}
3|BUG: KASAN: use-after-free in jay_read+0x5c/0x80 [jay]
3|Read of size 1 at addr ffffc90000ab7d40 by task jay/901
3|
${CPU}
${STACK}
3|
3|The buggy address belongs to stack of task jay/901
3| and is located at offset 32 in frame:
3| jay_read+0x0/0x80 [jay]
3|
3|This frame has 2 objects:
3| [32, 40) 'egg'
3| [64, 128) 'nest'
3|
3|The buggy address belongs to the virtual mapping at
3| [ffffc90000ab0000, ffffc90000ab9000) created by:
3| kernel_clone+0x9d/0x3e0
3|
3|${RULER}
0|Kernel panic - not syncing: KASAN: panic_on_warn set ...
${CPU.replace("3|", "4|")}
4|Call Trace:
4| <TASK>
4| panic+0x18f/0x390
4| </TASK>
0|Kernel Offset: disabled
0|---[ end Kernel panic - not syncing: KASAN: panic_on_warn set ... ]---`,
  },
  {
    name: "KCSAN: data race",
    kind: "kcsan",
    headline: "BUG: KCSAN: data-race in jay_count / jay_reset",
    ...WHERE,
    trace: ["jay_count+0x3a/0x50 [jay]", "kthread+0x17e/0x1c0"],
    text: `
3|${RULER}
3|BUG: KCSAN: data-race in jay_count / jay_reset
3|
3|write to 0xffffffffc04d2f80 of 8 bytes by task 901 on cpu 2:
3| jay_count+0x3a/0x50 [jay]
3| kthread+0x17e/0x1c0
3|
3|read to 0xffffffffc04d2f80 of 8 bytes by interrupt on cpu 0:
3| jay_reset+0x12/0x40 [jay]
3| sysvec_apic_timer_interrupt+0x6d/0x80
3|
3|value changed: 0x0000000000000007 -> 0x0000000000000008
3|
3|Reported by Kernel Concurrency Sanitizer on:
${CPU}
${HARDWARE}
3|${RULER}`,
  },
  {
    name: "KFENCE: out of bounds",
    kind: "kfence",
    headline: "BUG: KFENCE: out-of-bounds read in jay_peek+0x1c/0x30 [jay]",
    ...WHERE,
    at: "jay_peek+0x1c/0x30 [jay]",
    trace: ["jay_peek+0x1c/0x30 [jay]", "vfs_read+0x200/0x2b0"],
    text: `
3|${RULER}
3|BUG: KFENCE: out-of-bounds read in jay_peek+0x1c/0x30 [jay]
3|
3|Out-of-bounds read at 0x00000000e3a7b001 (1B right of kfence-#42):
3| jay_peek+0x1c/0x30 [jay]
3| vfs_read+0x200/0x2b0
3|
3|kfence-#42: 0x00000000e3a7a000-0x00000000e3a7a01f, size=32, cache=kmalloc-32
3|
3|allocated by task 901 on cpu 2 at 81.530017s:
3| jay_open+0x33/0x60 [jay]
3|
${CPU}
${HARDWARE}
3|${RULER}`,
  },
  {
    name: "KMSAN: uninitialized value",
    kind: "kmsan",
    headline: "BUG: KMSAN: uninit-value in jay_hash+0x7b/0x120 [jay]",
    ...WHERE,
    at: "jay_hash+0x7b/0x120 [jay]",
    trace: ["jay_hash+0x7b/0x120 [jay]", "jay_ioctl+0x51/0x70 [jay]"],
    text: `
3|=====================================================
3|BUG: KMSAN: uninit-value in jay_hash+0x7b/0x120 [jay]
3| jay_hash+0x7b/0x120 [jay]
3| jay_ioctl+0x51/0x70 [jay]
3|
3|Uninit was created at:
3| slab_post_alloc_hook+0x12d/0xb60
3| jay_open+0x33/0x60 [jay]
3|
3|Bytes 4-7 of 16 are uninitialized
3|Memory access of size 16 starts at ffff88810a3b4c00
3|
${CPU}
${HARDWARE}
3|=====================================================`,
  },
  {
    name: "UBSAN: index, of Linux 6.12",
    kind: "ubsan",
    headline: "UBSAN: array-index-out-of-bounds in drivers/jay/main.c:77:12",
    ...WHERE,
    trace: TRACE,
    text: `
4|------------[ cut here ]------------
3|UBSAN: array-index-out-of-bounds in drivers/jay/main.c:77:12
3|index 9 is out of range for type 'int [8]'
4|CPU: 2 UID: 0 PID: 901 Comm: jay Not tainted 6.12.0 #7
${HARDWARE.replace("3|", "4|")}
${STACK.replaceAll("3|", "4|")}
4|---[ end trace ]---`,
  },
  {
    name: "UBSAN: shift, of Linux 5.10",
    kind: "ubsan",
    headline: "UBSAN: shift-out-of-bounds in drivers/jay/main.c:80:3",
    ...WHERE,
    trace: TRACE,
    text: `
3|${"=".repeat(80)}
3|UBSAN: shift-out-of-bounds in drivers/jay/main.c:80:3
3|shift exponent 65 is too large for 64-bit type 'long unsigned int'
${CPU.replace("3|", "4|")}
${STACK.replaceAll("3|", "4|")}
3|${"=".repeat(80)}`,
  },
  {
    name: "slab: overwritten redzone",
    kind: "slab",
    headline:
      "BUG kmalloc-64 (Tainted: G    B      O     ): Right Redzone overwritten",
    ...WHERE,
    trace: TRACE,
    text: `
3|${"=".repeat(77)}
3|BUG kmalloc-64 (Tainted: G    B      O     ): Right Redzone overwritten
3|${"-".repeat(77)}
3|
3|0xffff888005c1a740-0xffff888005c1a747 @offset=1856. First byte 0x41 instead of 0xcc
3|Allocated in jay_open+0x33/0x60 [jay] age=17 cpu=2 pid=901
4| __kmalloc+0x59/0x130
4| jay_open+0x33/0x60 [jay]
3|Freed in jay_close+0x12/0x20 [jay] age=80 cpu=0 pid=880
4| kfree+0x91/0x100
3|Slab 0xffffea0000170680 objects=32 used=5 fp=0xffff888005c1a880 flags=0x100000000000200(slab|node=0|zone=1)
3|Object 0xffff888005c1a700 @offset=1792 fp=0x0000000000000000
3|
3|Redzone  ffff888005c1a6c0: cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc  ................
3|Object   ffff888005c1a700: 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41  AAAAAAAAAAAAAAAA
3|Redzone  ffff888005c1a740: 41 41 41 41 41 41 41 41                          AAAAAAAA
3|Padding  ffff888005c1a774: 5a 5a 5a 5a 5a 5a 5a 5a 5a 5a 5a 5a              ZZZZZZZZZZZZ
4|${CPU.slice(2)}
${STACK.replaceAll("3|", "4|")}
4|Disabling lock debugging due to kernel taint
3|FIX kmalloc-64: Restoring Right Redzone 0xffff888005c1a740-0xffff888005c1a747=0xcc
3|FIX kmalloc-64: Object at 0xffff888005c1a700 not freed`,
  },
];
