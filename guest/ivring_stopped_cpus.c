// SPDX-License-Identifier: GPL-2.0-only
/* Finds out, in a panic, which CPUs will never write again. */
#include <linux/cpumask.h>
#include <linux/smp.h>

#include "ivring_driver.h"

/*
 * Finds out which way the kernel has stopped the other CPUs before it called the
 * notifiers. Usually each CPU leaves the mask of online CPUs as it stops; one that did
 * not stop is still in it, and keeps its ring. With a crash kernel that is started late
 * ("crash_kexec_post_notifiers") x86 halts them by an NMI, which always works, and the
 * mask stays as it was, by which this case is recognised. It looks the same if no CPU
 * stopped in the usual way, but then they were sent an NMI, too.
 */
static bool halted_by_nmi(const struct ivring_device *ivd)
{
	return IS_ENABLED(CONFIG_X86) && num_online_cpus() > 1 &&
	       num_online_cpus() >= READ_ONCE(ivd->nr_online);
}

bool ivring_cpu_has_stopped(const struct ivring_device *ivd, u32 cpu)
{
	return cpu == (u32)raw_smp_processor_id() || !cpu_online(cpu) || halted_by_nmi(ivd);
}
