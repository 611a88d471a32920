/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records an entry of the kernel's, whichever way it came. The usual entry is recorded by
 * the code of its way, with as few registers to save as possible, any other one by a
 * function.
 */
#ifndef IVRING_ENTRY_H
#define IVRING_ENTRY_H

#include <linux/bitops.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/trace_events.h>

#include "ivring_driver.h"
#include "ivring_own.h"

/**
 * ivring_entry_write() - write an entry behind the name of its task
 * @ring: ring of this CPU; preemption off
 * @entry: the entry, made by the current task
 * @bytes: its size
 * @id: its type
 * @pid: its task
 *
 * Return: the same as ivring_ring_write().
 */
static __always_inline int ivring_entry_write(struct ivring_ring *ring, const void *entry,
					      unsigned int bytes, u16 id, int pid)
{
	const struct task_struct *task = current;

	static_assert(sizeof(task->comm) >= IVRING_COMM_BYTES, "a task's name is shorter");
	/* Idle CPUs have no names of their own. */
	if (!pid || unlikely(pid != task->pid))
		return ivring_ring_write(ring, id, entry, bytes);
	return ivring_ring_write_event(ring, (u64)task->tgid << 32 | (u32)task->pid, task->comm,
				       id, entry, bytes);
}

/**
 * ivring_entry_is_usual() - find out whether writing an entry is all there is to do
 * @ivd: device
 * @ring: ring of this CPU; preemption off
 * @id: the entry's type, at most IVRING_ID_KERNEL_MAX
 *
 * Return: false if ivring_entry_record() has to be called for it.
 */
static __always_inline bool ivring_entry_is_usual(const struct ivring_device *ivd,
						  const struct ivring_ring *ring, u16 id)
{
	return !READ_ONCE(ring->nest) && !READ_ONCE(ivd->own_task) &&
	       !test_bit(id, ivd->export.own_events) && !READ_ONCE(ivd->export.stacks.any);
}

/* ivring_entry.c */

/**
 * ivring_entry_record() - record an entry, unless it is about the driver's own work
 * @ivd: device
 * @ring: ring of this CPU
 * @entry: the entry; preemption is off, and RCU is watching
 * @bytes: its size
 * @probe: an address in the event's probe if that is the driver's, else 0
 *
 * A drop is counted by the ring itself.
 */
void ivring_entry_record(struct ivring_device *ivd, struct ivring_ring *ring,
			 const struct trace_entry *entry, unsigned int bytes,
			 unsigned long probe);

#endif /* IVRING_ENTRY_H */
