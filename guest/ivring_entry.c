// SPDX-License-Identifier: GPL-2.0-only
/* Records the kernel's entries that are not usual ones. */
#include "ivring_entry.h"

/*
 * Takes a ring over from a task that died within ivring_write() and never resumes,
 * see ivring_write.c. It had preemption off: that another task runs here proves it.
 */
static void revive(struct ivring_ring *ring)
{
	const void *task = READ_ONCE(ring->task);

	if (unlikely(READ_ONCE(ring->nest)) && task && in_task() && task != current) {
		WRITE_ONCE(ring->task, NULL);
		ivring_ring_takeover(ring, IVRING_TAKEOVER_KILLED);
	}
}

void ivring_entry_record(struct ivring_device *ivd, struct ivring_ring *ring,
			 const struct trace_entry *entry, unsigned int bytes,
			 unsigned long probe)
{
	const u16 id = entry->type;

	if (ivring_own_work(ivd, id, entry, bytes)) {
		this_cpu_inc(ivd->export.counts->skipped);
		return;
	}
	revive(ring);
	if (ivring_entry_write(ring, entry, bytes, id, entry->pid) < 0)
		return;
	this_cpu_inc(ivd->export.counts->exported);
	if (READ_ONCE(ivd->export.stacks.any) && test_bit(id, ivd->export.stacks.events))
		ivring_stack_record(ivd, ring, entry, probe);
}
