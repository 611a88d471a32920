// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exports the kernel's own events: what ftrace records in its buffers (events,
 * function entries, markers) goes into the rings as well. The callback may run in
 * any context, NMI included; it and all functions of the driver that it calls are
 * compiled without ftrace, so that the function tracer cannot call it recursively.
 */
#include <linux/context_tracking_state.h>
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/trace_events.h>

#include "ivring_entry.h"

/*
 * Returns how many bytes the kernel has cut off the end of an entry. An event with a
 * filter is first put together in a page of its own, whose first word is 0 and whose
 * second is the entry's length. In the kernel's buffer, whose pages begin with a
 * header, the second word of a long entry counts itself, too. The kernel subtracts
 * those 4 bytes in both cases, so that the filtered entry loses its end.
 */
static unsigned int cut_bytes(const void *entry, unsigned int bytes)
{
	const u32 *head = entry - 2 * sizeof(u32);

	/* Only long entries have both words before them; others are never 8 bytes into a page. */
	if (offset_in_page(entry) != 2 * sizeof(u32))
		return 0;
	return head[0] == 0 && head[1] == bytes + sizeof(u32) ? sizeof(u32) : 0;
}

/* Exports any entry. */
static noinline void export_any(struct ivring_device *ivd, struct ivring_ring *ring,
				const struct trace_entry *entry, unsigned int bytes)
{
	const u16 id = entry->type;

	/* Removal waits only for contexts in which RCU is watching; see export_stop(). */
	if (!rcu_is_watching() || id == 0 || id > IVRING_ID_KERNEL_MAX) {
		this_cpu_inc(ivd->export.counts->skipped);
		return;
	}
	/* The driver's own probe records it. */
	if (test_bit(id, ivd->export.taps.events))
		return;
	ivring_entry_record(ivd, ring, entry, bytes + cut_bytes(entry, bytes), 0);
}

/*
 * Finds out whether RCU watches a task for sure. It watches all but the idle ones, unless
 * the kernel also follows when CPUs enter and leave user space (nohz_full). The kernel's own
 * function, which knows in any case, costs more than this.
 */
static __always_inline bool is_watched_task(int pid)
{
	return pid && !context_tracking_enabled();
}

static void export_entry(struct trace_export *export, const void *buf, unsigned int bytes)
{
	struct ivring_device *ivd = container_of(export, struct ivring_device, export.export);
	/* Preemption is off. */
	struct ivring_ring *ring = ivd->rings[smp_processor_id()];
	const struct trace_entry *entry = buf;
	const u16 id = entry->type;
	const int pid = entry->pid;

	if (unlikely(!is_watched_task(pid) || id == 0 || id > IVRING_ID_KERNEL_MAX ||
		     test_bit(id, ivd->export.taps.events) ||
		     !ivring_entry_is_usual(ivd, ring, id)))
		export_any(ivd, ring, entry, bytes);
	else if (ivring_entry_write(ring, entry, bytes + cut_bytes(entry, bytes), id, pid) >= 0)
		this_cpu_inc(ivd->export.counts->exported);
}

static int export_start(struct ivring_device *ivd)
{
	int ret = ivring_taps_attach(ivd);

	if (ret)
		return ret;
	/* The kernel's function returns -1 for every error. */
	if (!register_ftrace_export(&ivd->export.export))
		return 0;
	ivring_taps_detach(ivd);
	return -EOPNOTSUPP;
}

static void export_stop(struct ivring_device *ivd)
{
	ivring_taps_detach(ivd);
	unregister_ftrace_export(&ivd->export.export);
	synchronize_rcu();
	/*
	 * The function tracer also runs where RCU is not watching, with interrupts
	 * off: a CPU that is there now has left once it has answered an interrupt.
	 */
	kick_all_cpus_sync();
}

int ivring_export_set(struct ivring_device *ivd, bool on)
{
	int ret = 0;

	mutex_lock(&ivd->export.lock);
	if (on && READ_ONCE(ivd->aside))
		ret = -ENODEV;
	else if (on && !ivd->export.on)
		ret = export_start(ivd);
	else if (!on && ivd->export.on)
		export_stop(ivd);
	if (!ret)
		WRITE_ONCE(ivd->export.on, on);
	mutex_unlock(&ivd->export.lock);
	return ret;
}

void ivring_export_count(const struct ivring_device *ivd, u64 *exported, u64 *skipped)
{
	const struct ivring_export_counts *counts;
	int cpu;

	*exported = 0;
	*skipped = 0;
	for_each_possible_cpu(cpu) {
		counts = per_cpu_ptr(ivd->export.counts, cpu);
		*exported += READ_ONCE(counts->exported);
		*skipped += READ_ONCE(counts->skipped);
	}
}

static void export_remove(void *data)
{
	struct ivring_device *ivd = data;

	ivring_export_set(ivd, false);
	mutex_destroy(&ivd->export.lock);
}

int ivring_export_add(struct ivring_device *ivd)
{
	int ret;

	ivd->export.counts = devm_alloc_percpu(ivd->dev, struct ivring_export_counts);
	if (!ivd->export.counts)
		return -ENOMEM;
	ret = ivring_stack_add(ivd);
	if (ret)
		return ret;
	ret = ivring_own_add(ivd);
	if (ret)
		return ret;
	ret = ivring_taps_add(ivd);
	if (ret)
		return ret;
	mutex_init(&ivd->export.lock);
	ivd->export.export.write = export_entry;
	ivd->export.export.flags = TRACE_EXPORT_FUNCTION | TRACE_EXPORT_EVENT |
				   TRACE_EXPORT_MARKER;
	return devm_add_action_or_reset(ivd->dev, export_remove, ivd);
}
