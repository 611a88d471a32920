// SPDX-License-Identifier: GPL-2.0-only
/* The clock that stamps records, and how it relates to UTC. */
#include <linux/device.h>
#include <linux/irqflags.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
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

static bool tsc_usable(void)
{
#ifdef CONFIG_X86
	return boot_cpu_has(X86_FEATURE_CONSTANT_TSC) && boot_cpu_has(X86_FEATURE_NONSTOP_TSC) &&
	       tsc_khz && !check_tsc_unstable();
#else
	return false;
#endif
}

u32 ivring_clock_select(struct device *dev)
{
	if (!strcmp(clock, "tsc")) {
		if (tsc_usable())
			return IVRING_CLOCK_TSC;
		dev_warn(dev, "clock=tsc: the time stamp counter is not stable here, using mono\n");
	} else if (strcmp(clock, "mono")) {
		dev_warn(dev, "clock=%s: neither mono nor tsc, using mono\n", clock);
	}
	return IVRING_CLOCK_MONOTONIC;
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
