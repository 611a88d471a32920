// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records a panic. The kernel will never return to what the panic interrupted on this
 * CPU, nor to anything on the CPUs that it has stopped. Records that were being written
 * there are given up, and new ones are written behind them.
 */
#include "ivring_driver.h"

static void seize_trace_rings(struct ivring_device *ivd)
{
	u32 cpu;

	/*
	 * MO(seize_trace_rings:A) has no pair in the driver. It orders what came before, the
	 * stopping of the other CPUs included, before the look at what they left; how a CPU's
	 * stores come before its stopping is the kernel's part.
	 */
	smp_mb();
	for (cpu = 0; cpu + 1 < ivd->nr_rings; cpu++)
		if (READ_ONCE(ivd->rings[cpu]->nest) && ivring_cpu_has_stopped(ivd, cpu))
			ivring_ring_takeover(ivd->rings[cpu], IVRING_TAKEOVER_PANIC);
}

void ivring_panic(struct ivring_device *ivd, const char *text)
{
	/* Suspended: the device may not even be there. */
	if (!ivring_log_seize(ivd))
		return;
	WRITE_ONCE(ivd->panicked, true);
	ivring_mode_waive(ivd);
	ivring_live_panic(ivd->base, text);
	/* Ring now, because what follows may never be reached, and again once all is recorded. */
	ivring_doorbell_ring(ivd->bell);
	seize_trace_rings(ivd);
	ivring_log_drain(ivd, UINT_MAX);
	ivring_doorbell_ring(ivd->bell);
}
