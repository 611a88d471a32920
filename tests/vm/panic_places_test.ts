// SPDX-License-Identifier: MIT
// The kernel panics on every path on which it can, also within the driver.
import { ABI } from "../../ring/layout.ts";
import { panicOf, type Scenario } from "./panics.ts";
import { CPUS } from "./qemu.ts";
import { vmTest } from "./support.ts";

const KLOG = `kind=${ABI.KIND_KLOG}`;
const PRINT = "for i in 1 2 3 4 5; do echo line $i > /dev/kmsg; done";
/*
 * The messages are recorded from an interrupt. A CPU that stood still within a
 * console's write would hold the lock of all consoles, and the kernel would
 * wait for it. Everything else runs on another CPU, because a timer does not
 * fire on a CPU whose interrupts are off.
 */
const STAND = 'taskset 4 sh -c "' +
  "(taskset 2 sh -c 'for i in 1 2 3 4 5; do echo \\<7\\>line > /dev/kmsg; done'" +
  " &); until grep -q Y /sys/module/ivring_crash/parameters/stands; " +
  'do :; done; echo c > /proc/sysrq-trigger"';

/** One CPU writes a message in parts, the first of which is never committed. */
const LONG = "dd if=/dev/zero of=/dev/ivring0 bs=100000 count=1";
const STAND_LONG = `taskset 4 sh -c "(taskset 2 ${LONG} &); until grep -q Y ` +
  "/sys/module/ivring_crash/parameters/stands; do :; done; " +
  'echo c > /proc/sysrq-trigger"';

const SCENARIOS: readonly Scenario[] = [
  {
    name: "between reserve and commit of a trace ring",
    crash: "",
    parameters: "oops=panic",
    // The kernel faults on what it is to copy.
    trigger: "insmod ivring_test.ko && ./ivtest kernel 1 'die 64'",
    says: /RIP: 0010:memcpy/,
    takeovers: [1, CPUS],
  },
  {
    name: "between reserve and commit of a kernel message",
    crash: `at=ivring_ring_commit ${KLOG} nth=3`,
    trigger: PRINT,
    says: /ivring_crash: in ivring_ring_commit/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "when a kernel message is committed and not noted yet",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=after`,
    trigger: PRINT,
    says: /ivring_crash: in ivring_ring_commit/,
    takeovers: [0, CPUS],
  },
  {
    name: "before a kernel message is reserved",
    crash: `at=ivring_ring_reserve ${KLOG} nth=3`,
    trigger: PRINT,
    says: /ivring_crash: in ivring_ring_reserve/,
    takeovers: [0, CPUS],
  },
  {
    name: "in a breakpoint's handler within a kernel message",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=trap`,
    trigger: PRINT,
    says: /ivring_crash: trap in ivring_ring_commit/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "while another CPU stands within a kernel message",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=spin`,
    trigger: STAND,
    hidesDebug: true,
    says: /sysrq: Trigger a crash/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "... with interrupts off",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=spin-irqs-off`,
    trigger: STAND,
    hidesDebug: true,
    says: /sysrq: Trigger a crash/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "... whom the kernel halts by an NMI",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=spin-irqs-off`,
    parameters: "crash_kexec_post_notifiers",
    trigger: STAND,
    hidesDebug: true,
    says: /sysrq: Trigger a crash/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "while another CPU, halted by an NMI, stands within a message",
    // Marks would also reach that place.
    crash:
      `marks=0 at=ivring_ring_commit kind=${ABI.KIND_TRACE} nth=1 how=spin-irqs-off`,
    parameters: "crash_kexec_post_notifiers",
    trigger: STAND_LONG,
    says: /sysrq: Trigger a crash/,
    takeovers: [1, CPUS],
    stands: 1,
  },
  {
    name: "from an NMI",
    crash: "",
    parameters: "unknown_nmi_panic=1",
    trigger: (machine) => machine.monitor("nmi"),
    says: /NMI/,
    takeovers: [0, CPUS],
  },
];

for (const scenario of SCENARIOS) {
  vmTest(`panic ${scenario.name}`, async (built, t) => {
    for (const stays of [false, true]) {
      await t.step(`panic=${stays ? 0 : -1}`, async () => {
        await panicOf(built, scenario, stays);
      });
    }
  });
}
