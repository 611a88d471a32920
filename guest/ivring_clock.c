// SPDX-License-Identifier: GPL-2.0-only
/* The clock that stamps records, and how it relates to UTC. */
#include <linux/device.h>
#include <linux/irqflags.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/time64.h>
#include <linux/ktime.h>
#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#include <asm/tsc.h>
#endif

#include "ivring_driver.h"

#define PAIR_TRIES	5

static char *clock = "mono";
module_param(clock, charp, 0444);
MODULE_PARM_DESC(clock, "mono (nanoseconds, the default) or tsc (raw counter, where it is stable)");

/* Returns why the time stamp counter cannot be the clock, or NULL if it can. */
static const char *tsc_fault(void)
{
#ifdef CONFIG_X86
	if (!boot_cpu_has(X86_FEATURE_CONSTANT_TSC) || !boot_cpu_has(X86_FEATURE_NONSTOP_TSC))
		return "the time stamp counter is not invariant";
	if (!tsc_khz)
		return "the time stamp counter's frequency is unknown";
	if (check_tsc_unstable())
		return "the kernel finds the time stamp counter unstable";
	return NULL;
#else
	return "there is no time stamp counter";
#endif
}

u32 ivring_clock_select(struct device *dev)
{
	const char *fault = tsc_fault();

	if (!strcmp(clock, "tsc")) {
		if (!fault)
			return IVRING_CLOCK_TSC;
		dev_warn(dev, "clock=tsc: %s, using mono\n", fault);
	} else if (strcmp(clock, "mono")) {
		dev_warn(dev, "clock=%s: neither mono nor tsc, using mono\n", clock);
	}
	return IVRING_CLOCK_MONOTONIC;
}

ssize_t ivring_clock_show(u32 clock_id, char *buf)
{
	const char *name = clock_id == IVRING_CLOCK_TSC ? "tsc" : "mono";
	/* A counter may also be found unstable later, when records have been stamped by it. */
	const char *fault = strcmp(clock, "tsc") ? NULL : tsc_fault();

	return fault ? sysfs_emit(buf, "%s (%s)\n", name, fault) : sysfs_emit(buf, "%s\n", name);
}

u64 ivring_clock_hz(u32 clock_id)
{
#ifdef CONFIG_X86
	if (clock_id == IVRING_CLOCK_TSC)
		return (u64)tsc_khz * 1000;
#endif
	return NSEC_PER_SEC;
}

static u64 clock_now(u32 clock_id)
{
	return clock_id == IVRING_CLOCK_TSC ? ivring_clock_tsc() : ivring_clock_monotonic();
}

void ivring_clock_pair(u32 clock_id, u64 *clock_value, u64 *utc_ns)
{
	u64 before, utc, after, best = U64_MAX;
	unsigned long flags;
	int i;

	/* The host may interrupt this between two readings: the try that took least counts. */
	for (i = 0; i < PAIR_TRIES; i++) {
		local_irq_save(flags);
		before = clock_now(clock_id);
		utc = ktime_get_real_fast_ns(); /* any context */
		after = max(before, clock_now(clock_id));
		local_irq_restore(flags);
		if (after - before >= best)
			continue;
		best = after - before;
		*clock_value = before + best / 2;
		*utc_ns = utc;
	}
}
