// SPDX-License-Identifier: MIT
/*
 * Test only: records events that are interrupted while they are being made. Writing N to
 * the module's parameter "run" records N of them, and the interrupt's event in each.
 */
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static void ivring_nest_interrupt(void);

#define CREATE_TRACE_POINTS
#include "ivring_nest_event.h"

static unsigned int interrupts;

static void on_interrupt(struct irq_work *work)
{
	trace_ivring_inner(interrupts);
	WRITE_ONCE(interrupts, interrupts + 1);
}

/* A hard one: in a thread, as on PREEMPT_RT, it would interrupt nothing. */
static struct irq_work interrupt = IRQ_WORK_INIT_HARD(on_interrupt);

/* Returns once the interrupt was there; interrupts are on, and preemption is off. */
static void ivring_nest_interrupt(void)
{
	const unsigned int before = READ_ONCE(interrupts);

	irq_work_queue(&interrupt);
	while (READ_ONCE(interrupts) == before)
		cpu_relax();
}

static int set_run(const char *text, const struct kernel_param *param)
{
	unsigned int count, i;
	int ret = kstrtouint(text, 0, &count);

	for (i = 0; !ret && i < count; i++)
		trace_ivring_outer(i);
	return ret;
}

static const struct kernel_param_ops run_ops = { .set = set_run };
module_param_cb(run, &run_ops, NULL, 0200);
MODULE_PARM_DESC(run, "how many events to record, each of them interrupted by another");

static void __exit nest_exit(void)
{
	irq_work_sync(&interrupt);
}
module_exit(nest_exit);

static int __init nest_init(void)
{
	return 0;
}
module_init(nest_init);

MODULE_DESCRIPTION("Test only: events within events");
MODULE_LICENSE("Dual MIT/GPL");
