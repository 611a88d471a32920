// SPDX-License-Identifier: MIT
/**
 * Reports of memory that is short or wrong, of devices and of machines. Source:
 * mm/page_alloc.c, mm/show_mem.c, mm/oom_kill.c, mm/memory.c, mm/debug.c,
 * kernel/irq/spurious.c, arch/x86/kernel/cpu/mce/core.c,
 * drivers/firmware/efi/cper.c, fs/sysfs/dir.c.
 *
 * @module
 */
import type { ReportSample } from "./sample.ts";

const STACK = `
4|CPU: 0 PID: 205 Comm: robin Not tainted 6.1.0 #3
4|Hardware name: QEMU Standard PC (i440FX + PIIX, 1996)
4|Call Trace:
4| <TASK>
4| dump_stack_lvl+0x44/0x5c
4| robin_grow+0x66/0xa0 [robin]
4| </TASK>`.trim();
const WHERE = {
  task: "robin/205",
  cpu: 0,
  trace: ["dump_stack_lvl+0x44/0x5c", "robin_grow+0x66/0xa0 [robin]"],
};

const MEMORY = `
4|Mem-Info:
4|active_anon:120 inactive_anon:2040 isolated_anon:0\\n active_file:88 inactive_file:71 isolated_file:0\\n free:1204 free_pcp:12 free_cma:0
4|Node 0 active_anon:480kB inactive_anon:8160kB unevictable:0kB writeback:0kB all_unreclaimable? no
4|Node 0 DMA32 free:4816kB boost:0kB min:1376kB low:1720kB high:2064kB present:130936kB managed:98304kB
4|lowmem_reserve[]: 0 0 0 0
4|Node 0 DMA32: 12*4kB (UM) 8*8kB (U) 0*16kB 1*32kB (M) = 144kB
4|Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB
4|159 total pagecache pages
4|0 pages in swap cache
4|Free swap  = 0kB
4|Total swap = 0kB
4|32734 pages RAM
4|0 pages HighMem/MovableOnly
4|8158 pages reserved
4|0 pages hwpoisoned`.trim();

export const MEMORY_AND_MACHINE: readonly ReportSample[] = [
  {
    name: "failed allocation of pages",
    kind: "page_allocation",
    headline:
      "robin: page allocation failure: order:9, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null),cpuset=/,mems_allowed=0",
    ...WHERE,
    text: `
4|robin: page allocation failure: order:9, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null),cpuset=/,mems_allowed=0
${STACK}
${MEMORY}`,
  },
  {
    name: "killer without memory",
    kind: "oom",
    headline:
      "robin invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0",
    ...WHERE,
    text: `
4|robin invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
${STACK}
${MEMORY}
6|Unreclaimable slab info:
6|Name                      Used          Total
6|robin_eggs              1204KB       1208KB
6|Tasks state (memory values in pages):
6|[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
6|[    130]     0   130     1893      410    53248        0         -1000 sshd
6|[    205]     0   205    26012    19114   204800        0             0 robin
6|oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=robin,pid=205,uid=0
3|Out of memory: Killed process 205 (robin) total-vm:104048kB, anon-rss:76000kB, file-rss:456kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:0`,
  },
  {
    name: "killer of a control group",
    kind: "oom",
    headline:
      "robin invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=200",
    ...WHERE,
    text: `
4|robin invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=200
${STACK}
6|memory: usage 65536kB, limit 65536kB, failcnt 31
6|swap: usage 0kB, limit 9007199254740988kB, failcnt 0
6|Memory cgroup stats for /nest:
6|anon 66060288\\nfile 0\\nkernel 917504
6|Tasks state (memory values in pages):
6|[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
6|[    205]  1000   205    26012    16114   204800        0           200 robin
6|oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/nest,task_memcg=/nest,task=robin,pid=205,uid=1000
3|Memory cgroup out of memory: Killed process 205 (robin) total-vm:104048kB, anon-rss:64000kB, file-rss:456kB, shmem-rss:0kB, UID:1000 pgtables:200kB oom_score_adj:200`,
  },
  {
    name: "bad state of a page",
    kind: "bad_page",
    headline: "BUG: Bad page state in process robin  pfn:07c31",
    ...WHERE,
    text: `
1|BUG: Bad page state in process robin  pfn:07c31
4|page:00000000aabbccdd refcount:0 mapcount:-127 mapping:0000000000000000 index:0x1 pfn:0x7c31
4|flags: 0x100000000000000(node=0|zone=1)
4|raw: 0100000000000000 dead000000000100 dead000000000122 0000000000000000
4|page dumped because: nonzero mapcount
1|page_owner tracks the page as allocated
1|page last allocated via order 0, migratetype Unmovable, gfp_mask 0xcc0(GFP_KERNEL), pid 205, tgid 205 (robin), ts 5123456789, free_ts 0
4| prep_new_page+0xa6/0xe0
4| robin_grow+0x66/0xa0 [robin]
1|page_owner free stack trace missing
4|Modules linked in: robin(O)
${STACK}
4|Disabling lock debugging due to kernel taint`,
  },
  {
    name: "bad page table entry",
    kind: "bad_page",
    headline:
      "BUG: Bad page map in process robin  pte:8000000007c31867 pmd:04a5c067",
    ...WHERE,
    text: `
1|BUG: Bad page map in process robin  pte:8000000007c31867 pmd:04a5c067
4|page:00000000aabbccdd refcount:1 mapcount:-1 mapping:0000000000000000 index:0x7f1122334 pfn:0x7c31
4|anon flags: 0x100000000080014(uptodate|lru|swapbacked|node=0|zone=1)
4|raw: 0100000000080014 ffffea0000123448 ffffea0000123488 ffff888004c5d6e1
4|page dumped because: bad pte
1|addr:00007f1122334000 vm_flags:00100073 anon_vma:ffff888004c5d6e0 mapping:0000000000000000 index:7f1122334
1|file:(null) fault:0x0 mmap:0x0 read_folio:0x0
${STACK}
4|Disabling lock debugging due to kernel taint`,
  },
  {
    name: "interrupt that nobody cared for",
    kind: "unhandled_irq",
    headline: 'irq 11: nobody cared (try booting with the "irqpoll" option)',
    ...WHERE,
    text: `
3|irq 11: nobody cared (try booting with the "irqpoll" option)
${STACK}
3|handlers:
3|[<00000000c1a2b3d4>] robin_irq [robin] threaded [<00000000d4c3b2a1>] robin_thread [robin]
0|Disabling IRQ #11`,
  },
  {
    name: "machine check, and the panic on it",
    kind: "hardware_error",
    headline:
      "mce: [Hardware Error]: CPU 1: Machine Check Exception: 5 Bank 4: be00000000100134",
    cpu: 1,
    trace: ["mce_panic+0x1b2/0x1e0"],
    panic: "Fatal machine check",
    task: "robin/205",
    text: `
0|mce: [Hardware Error]: CPU 1: Machine Check Exception: 5 Bank 4: be00000000100134
0|mce: [Hardware Error]: RIP !INEXACT! 10:<ffffffff81d5a1b2> {robin_grow+0x66/0xa0 [robin]}
0|mce: [Hardware Error]: TSC 5a1b2c3d4e ADDR 7c31000 MISC 86 
0|mce: [Hardware Error]: PROCESSOR 0:50654 TIME 1767323045 SOCKET 0 APIC 1 microcode 1000065
0|mce: [Hardware Error]: Run the above through 'mcelog --ascii'
0|mce: [Hardware Error]: Machine check: Processor context corrupt
0|Kernel panic - not syncing: Fatal machine check
4|CPU: 1 PID: 205 Comm: robin Tainted: G   M              6.1.0 #3
4|Call Trace:
4| <#MC>
4| mce_panic+0x1b2/0x1e0
4| </#MC>
0|Kernel Offset: disabled
0|Rebooting in 30 seconds..`,
  },
  {
    name: "error that the firmware reported",
    kind: "hardware_error",
    headline:
      "{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0",
    text: `
6|{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0
6|{1}[Hardware Error]: It has been corrected by h/w and requires no further action
6|{1}[Hardware Error]: event severity: corrected
6|{1}[Hardware Error]:  Error 0, type: corrected
6|{1}[Hardware Error]:   section_type: memory error`,
  },
  {
    name: "file that is there already",
    kind: "stack_trace",
    headline:
      "sysfs: cannot create duplicate filename '/devices/virtual/robin/robin0'",
    ...WHERE,
    text: `
4|sysfs: cannot create duplicate filename '/devices/virtual/robin/robin0'
${STACK}`,
  },
  {
    name: "call trace without a headline",
    kind: "stack_trace",
    headline: "CPU: 0 PID: 205 Comm: robin Not tainted 6.1.0 #3",
    ...WHERE,
    text: STACK,
  },
  {
    name: "percpu allocation that failed",
    kind: "page_allocation",
    headline:
      "percpu: allocation failed, size=40000 align=8 atomic=0, alloc from reserved chunk failed",
    ...WHERE,
    text: `
4|percpu: allocation failed, size=40000 align=8 atomic=0, alloc from reserved chunk failed
${STACK}`,
  },
  {
    name: "backtrace of a CPU, as sysrq l prints it",
    kind: "stack_trace",
    headline: "NMI backtrace for cpu 0",
    ...WHERE,
    text: `
4|NMI backtrace for cpu 0
${STACK}`,
  },
  {
    name: "backtrace of a task, as sysrq w prints it",
    kind: "stack_trace",
    headline:
      "task:robin           state:D stack:0     pid:205   ppid:1      flags:0x00000002",
    trace: ["robin_wait+0x14/0x20 [robin]"],
    text: `
6|task:robin           state:D stack:0     pid:205   ppid:1      flags:0x00000002
6|Call Trace:
6| <TASK>
6| robin_wait+0x14/0x20 [robin]
6| </TASK>`,
  },
  {
    name: "call trace and nothing else",
    kind: "stack_trace",
    headline: "Call Trace:",
    trace: ["robin_wait+0x14/0x20 [robin]"],
    text: `
4|Call Trace:
4| <TASK>
4| robin_wait+0x14/0x20 [robin]
4| </TASK>`,
  },
  {
    name: "checker of a version to come",
    kind: "bug",
    headline: "BUG: NESTSAN: an egg too many in robin_lay+0x8/0x20 [robin]",
    ...WHERE,
    at: "robin_lay+0x8/0x20 [robin]",
    text: `
3|${"=".repeat(66)}
3|BUG: NESTSAN: an egg too many in robin_lay+0x8/0x20 [robin]
3|
${STACK}
3|
3|The nest was built by task 204
3|${"=".repeat(66)}`,
  },
  {
    name: "BUG: of a version to come",
    kind: "bug",
    headline: "BUG: the nest is upside down",
    ...WHERE,
    text: `
3|BUG: the nest is upside down
${STACK}`,
  },
];
