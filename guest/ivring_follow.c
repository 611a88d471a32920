// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decides when to look at the kernel log. Every message raises an interrupt on its
 * own CPU, which comes as soon as interrupts are enabled again, and records the
 * message; a console and a dumper do the same in case they are never enabled again.
 * Nothing polls except the heartbeat, in case all that fails.
 */
#include <linux/console.h>
#include <linux/device.h>
#include <linux/irq_work.h>
#include <linux/kmsg_dump.h>
#include <linux/kprobes.h>
#include <linux/panic_notifier.h>
#include <linux/sched.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#include "ivring_driver.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <trace/events/printk.h>
#endif

/* How many messages one interrupt records; it leaves the rest to a worker. */
#define IRQ_MESSAGES	16
/* How many messages a worker records before it lets other tasks run. */
#define WORK_MESSAGES	64
#define ALL_MESSAGES	UINT_MAX

static struct ivring_device *device_of(struct ivring_follow *follow)
{
	return container_of(follow, struct ivring_device, follow);
}

static void on_work(struct work_struct *work)
{
	struct ivring_follow *follow = container_of(work, struct ivring_follow, work);

	while (ivring_log_drain(device_of(follow), WORK_MESSAGES))
		cond_resched();
}

static void on_kick(struct irq_work *kick)
{
	struct ivring_follow *follow = container_of(kick, struct ivring_follow, kick);

	/* In a panic, and while the system goes down, no worker runs. */
	if (READ_ONCE(follow->last_words))
		ivring_log_drain(device_of(follow), ALL_MESSAGES);
	else if (ivring_log_drain(device_of(follow), IRQ_MESSAGES))
		schedule_work(&follow->work);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
/* Runs with interrupts off; the message cannot be read before they are on again. */
static void on_message(void *follow, const char *text, size_t bytes)
{
	irq_work_queue(&((struct ivring_follow *)follow)->kick);
}

static int hook_messages(struct ivring_follow *follow)
{
	return register_trace_console(on_message, follow);
}

static void unhook_messages(struct ivring_follow *follow)
{
	unregister_trace_console(on_message, follow);
	tracepoint_synchronize_unregister();
}
#else
/*
 * Before 6.3 the tracepoint warns when an NMI prints. The kernel calls these two
 * functions, with interrupts off, when it has stored a message.
 */
static const char *const hooked[IVRING_HOOKS] = { "prb_commit", "prb_final_commit" };

static int on_commit(struct kprobe *probe, struct pt_regs *regs)
{
	struct ivring_hook *hook = container_of(probe, struct ivring_hook, probe);

	irq_work_queue(&hook->follow->kick);
	return 0;
}
NOKPROBE_SYMBOL(on_commit);

static void unhook_messages(struct ivring_follow *follow)
{
	int i;

	for (i = 0; i < IVRING_HOOKS; i++)
		if (follow->hooks[i].follow)
			unregister_kprobe(&follow->hooks[i].probe);
}

static int hook_messages(struct ivring_follow *follow)
{
	int i, ret;

	for (i = 0; i < IVRING_HOOKS; i++) {
		follow->hooks[i].follow = follow;
		follow->hooks[i].probe.symbol_name = hooked[i];
		follow->hooks[i].probe.pre_handler = on_commit;
		ret = register_kprobe(&follow->hooks[i].probe);
		if (!ret)
			continue;
		follow->hooks[i].follow = NULL;
		unhook_messages(follow);
		return ret;
	}
	return 0;
}
#endif

/*
 * Records messages, whatever @text is: only lines above the console's loglevel come
 * here, so that they merely show that it is time to look.
 */
static void on_console(struct console *console, const char *text, unsigned int bytes)
{
	struct ivring_follow *follow = console->data;

	/* The printing context may hold any lock, so the interrupt has to wake the worker. */
	if (ivring_log_drain(device_of(follow), IRQ_MESSAGES))
		irq_work_queue(&follow->kick);
}

static u32 reason_of(enum kmsg_dump_reason reason)
{
	switch (reason) {
	case KMSG_DUMP_OOPS:
		return IVRING_REASON_OOPS;
	case KMSG_DUMP_EMERG:
		return IVRING_REASON_RESTART;
	case KMSG_DUMP_SHUTDOWN:
		return IVRING_REASON_SHUTDOWN;
	default:
		return IVRING_REASON_NONE;
	}
}

static void dump(struct ivring_device *ivd, enum kmsg_dump_reason reason)
{
	/* The system may survive an oops, but nothing else that comes here. */
	if (reason != KMSG_DUMP_OOPS)
		WRITE_ONCE(ivd->follow.last_words, true);
	if (ivring_log_parked(ivd))
		return; /* suspended: the device may not even be there */
	/* In an ordered shutdown the consumer still has time. */
	if (reason == KMSG_DUMP_PANIC || reason == KMSG_DUMP_EMERG)
		ivring_mode_waive(ivd);
	/* A panic may end in an emergency restart; its own reason has to stay. */
	if (reason_of(reason) && !READ_ONCE(ivd->panicked))
		ivring_live_reason(ivd->base, reason_of(reason));
	if (reason == KMSG_DUMP_OOPS)
		ivring_log_rescue(ivd);
	else
		ivring_log_drain(ivd, ALL_MESSAGES);
	ivring_doorbell_ring(ivd->bell);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static void on_dump(struct kmsg_dumper *dumper, struct kmsg_dump_detail *detail)
{
	dump(container_of(dumper, struct ivring_device, follow.dumper), detail->reason);
}
#else
static void on_dump(struct kmsg_dumper *dumper, enum kmsg_dump_reason reason)
{
	dump(container_of(dumper, struct ivring_device, follow.dumper), reason);
}
#endif

static int on_panic(struct notifier_block *panic, unsigned long unused, void *text)
{
	struct ivring_device *ivd = container_of(panic, struct ivring_device, follow.panic);

	WRITE_ONCE(ivd->follow.last_words, true);
	ivring_panic(ivd, text);
	return NOTIFY_DONE;
}

static void stop_following(void *data)
{
	struct ivring_device *ivd = data;
	struct ivring_follow *follow = &ivd->follow;

	atomic_notifier_chain_unregister(&panic_notifier_list, &follow->panic);
	kmsg_dump_unregister(&follow->dumper);
	unregister_console(&follow->console);
	if (follow->hooked)
		unhook_messages(follow);
	irq_work_sync(&follow->kick);
	cancel_work_sync(&follow->work);
	ivring_log_drain(ivd, ALL_MESSAGES);
}

int ivring_follow_start(struct ivring_device *ivd)
{
	struct ivring_follow *follow = &ivd->follow;
	int ret;

	INIT_WORK(&follow->work, on_work);
	follow->kick = IRQ_WORK_INIT_HARD(on_kick);
	/* Run before all other notifiers, because they may print much, or hang. */
	follow->panic.notifier_call = on_panic;
	follow->panic.priority = INT_MAX;
	follow->dumper.dump = on_dump;
	follow->dumper.max_reason = KMSG_DUMP_SHUTDOWN;
	strscpy(follow->console.name, "ivring", sizeof(follow->console.name));
	follow->console.index = (short)ivd->id;
	follow->console.flags = CON_ENABLED | CON_ANYTIME;
	follow->console.write = on_console;
	follow->console.data = follow;

	ret = kmsg_dump_register(&follow->dumper);
	if (ret)
		return ret;
	atomic_notifier_chain_register(&panic_notifier_list, &follow->panic);
	register_console(&follow->console);
	ret = hook_messages(follow);
	follow->hooked = !ret;
	if (ret)
		dev_notice(ivd->dev, "no hook in printk (%d): the kernel log comes in once a second\n",
			   ret);
	on_work(&follow->work);
	return devm_add_action_or_reset(ivd->dev, stop_following, ivd);
}
