/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells which of the kernel's events are about the driver's own work. They are not
 * recorded: they would be news of nothing, and each record could make the next.
 */
#ifndef IVRING_OWN_H
#define IVRING_OWN_H

#include <linux/bitops.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "ivring_driver.h"

/** ivring_own_add() - prepare for the functions below; undone with @ivd->dev */
int ivring_own_add(struct ivring_device *ivd);
/** ivring_own_named() - find out whether an event's record points into @ivd; any context */
bool ivring_own_named(const struct ivring_device *ivd, const void *entry, unsigned int bytes);

/**
 * ivring_own_work() - find out whether an event is about the driver's own work; any context
 * @ivd: device
 * @id: the event's id, at most IVRING_ID_KERNEL_MAX
 * @entry: its record, from struct trace_entry on
 * @bytes: the record's size
 *
 * What a task does while it writes the kernel log's ring for the driver is own work.
 * So are events of the driver's timer and work items, which carry a pointer to them.
 *
 * Return: true if the event must not be recorded.
 */
static __always_inline bool ivring_own_work(const struct ivring_device *ivd, u16 id,
					    const void *entry, unsigned int bytes)
{
	const struct task_struct *task = READ_ONCE(ivd->own_task);

	if (unlikely(task) && task == current && in_task())
		return true;
	return unlikely(test_bit(id, ivd->export.own_events)) &&
	       ivring_own_named(ivd, entry, bytes);
}

#endif /* IVRING_OWN_H */
