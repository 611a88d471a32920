// SPDX-License-Identifier: MIT
/*
 * Test only: writes numbered marks from a thread on each CPU, and panics, or
 * stands still, at a chosen place of the driver. The number of marks written is
 * printed in the panic, for a test to compare with what is in the rings.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/panic_notifier.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include "../guest/ivring.h"
#include "../guest/core/ring.h"

static bool marks;
module_param(marks, bool, 0444);
static char *at = "";
module_param(at, charp, 0444);
MODULE_PARM_DESC(at, "function of the driver's whose first argument is a ring");
static int kind;
module_param(kind, int, 0444);
MODULE_PARM_DESC(kind, "IVRING_KIND_* of that ring");
static int nth = 1;
module_param(nth, int, 0444);
static char *how = "panic";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "panic, after (its return), trap (panic within the probe), spin, spin-irqs-off, oops, true (any function: it returns that, each time)");

static bool stands;
module_param(stands, bool, 0444);
MODULE_PARM_DESC(stands, "told: whether a CPU spins");

#define BURST	32

static int burst;
module_param(burst, int, 0444);
MODULE_PARM_DESC(burst, "messages to print at once: more than an interrupt records");

static DEFINE_PER_CPU(unsigned long, written);
static struct task_struct *threads[NR_CPUS];
static atomic_t calls;

static int mark_thread(void *unused)
{
	char text[48];
	int bytes;

	while (!kthread_should_stop()) {
		bytes = scnprintf(text, sizeof(text), "mark %d %lu\n", smp_processor_id(),
				  this_cpu_read(written));
		if (ivring_write(0, text, bytes) == bytes && this_cpu_inc_return(written) % BURST)
			continue;
		/* The machine has to be busy, but not stuck. */
		usleep_range(100, 300);
	}
	return 0;
}

static int on_panic(struct notifier_block *nb, unsigned long unused, void *text)
{
	int cpu;

	for_each_possible_cpu(cpu)
		pr_emerg("ivring_crash: cpu %d has written %lu marks\n", cpu,
			 per_cpu(written, cpu));
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = { .notifier_call = on_panic };

/* Runs in place of the function, or of the code that it returns to. */
static void crash_here(void)
{
	if (!strcmp(how, "spin-irqs-off"))
		local_irq_disable();
	if (!strncmp(how, "spin", 4)) {
		WRITE_ONCE(stands, true);
		for (;;)
			cpu_relax();
	}
	BUG_ON(!strcmp(how, "oops"));
	panic("ivring_crash: in %s", at);
}

/* Runs in place of another function, and returns to that function's caller. */
static noinline bool say_true(void)
{
	return true;
}

static int on_probe(struct kprobe *probe, struct pt_regs *regs)
{
	const struct ivring_ring *ring = (void *)regs_get_kernel_argument(regs, 0);

	if (!strcmp(how, "true")) {
		instruction_pointer_set(regs, (unsigned long)say_true);
		return 1;
	}
	if (ring->kind != (u32)kind || atomic_inc_return(&calls) != nth)
		return 0;
	if (!strcmp(how, "trap"))
		panic("ivring_crash: trap in %s", at);
	if (!strcmp(how, "after")) {
		*(unsigned long *)kernel_stack_pointer(regs) = (unsigned long)crash_here;
		return 0;
	}
	instruction_pointer_set(regs, (unsigned long)crash_here);
	return 1;
}
NOKPROBE_SYMBOL(on_probe);

/* A probe with this handler stays a breakpoint. An optimized probe, which is a
 * jump, could not be diverted. */
static void after_probe(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(after_probe);

static struct kprobe probe = { .pre_handler = on_probe, .post_handler = after_probe };

static void stop_threads(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (threads[cpu])
			kthread_stop(threads[cpu]);
}

static int start_threads(void)
{
	struct task_struct *task;
	int cpu;

	for_each_online_cpu(cpu) {
		task = kthread_run_on_cpu(mark_thread, NULL, cpu, "ivring_mark/%u");
		if (IS_ERR(task))
			return PTR_ERR(task);
		threads[cpu] = task;
	}
	return 0;
}

static void print_burst(void)
{
	unsigned long flags;
	int i;

	local_irq_save(flags);
	for (i = 0; i < burst; i++)
		pr_info("ivring_crash: burst %d\n", i);
	local_irq_restore(flags);
}

static void crash_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	if (probe.addr)
		unregister_kprobe(&probe);
	stop_threads();
}
module_exit(crash_exit);

static int __init crash_init(void)
{
	int ret = 0;

	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	if (*at) {
		probe.symbol_name = at;
		ret = register_kprobe(&probe);
	}
	if (!ret && marks)
		ret = start_threads();
	if (!ret)
		print_burst();
	if (ret)
		crash_exit();
	return ret;
}
module_init(crash_init);

MODULE_DESCRIPTION("Test only: panics where it hurts");
MODULE_LICENSE("Dual MIT/GPL");
