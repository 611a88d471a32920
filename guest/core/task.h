/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a ring's writer knows of the names that are in it. Each block of a ring has a
 * record with the name of a task before the first event of that task in it, so that
 * whatever a reader finds of a ring names its own tasks, and overwriting old blocks
 * takes no name away. PROTOCOL.md explains why.
 */
#ifndef IVRING_TASK_H
#define IVRING_TASK_H

#include "../ivring_abi.h"
#include "port.h"

/* A power of two. Tasks whose numbers differ by a multiple of it are named by turns. */
#define IVRING_TASK_SLOTS	64
#define IVRING_COMM_WORDS	(IVRING_COMM_BYTES / sizeof(u64))

/**
 * struct ivring_task_slot - the task that was named last of those that share the slot
 * @end: position at which the block ends in which it was named; 0: nowhere
 * @comm: its name
 * @pid: its number
 * @unused: makes the size a power of two
 */
struct ivring_task_slot {
	u64 end;
	u64 comm[IVRING_COMM_WORDS];
	u32 pid;
	u32 unused;
};

/** struct ivring_tasks - the names in a ring; zeroed when the ring's positions begin anew */
struct ivring_tasks {
	struct ivring_task_slot slots[IVRING_TASK_SLOTS];
};

/**
 * struct ivring_who - the task that writes
 * @slot: its slot in the names of the ring that it writes
 * @comm: its name, of which IVRING_COMM_BYTES are read; it may change meanwhile
 * @pid: its number, not 0
 * @tgid: the number of its process
 *
 * What interrupts a task on its CPU is the same task, with the same slot.
 */
struct ivring_who {
	struct ivring_task_slot *slot;
	const void *comm;
	u32 pid;
	u32 tgid;
};

/** ivring_task_slot_of() - get the slot of a task */
static __always_inline struct ivring_task_slot *ivring_task_slot_of(struct ivring_tasks *tasks,
								    u32 pid)
{
	return &tasks->slots[pid % IVRING_TASK_SLOTS];
}

/* Finds out whether @who was named, as it is now, in the block that ends at @end. */
static __always_inline bool ivring_task_is_named(const struct ivring_who *who, u64 end)
{
	const struct ivring_task_slot *slot = who->slot;
	u64 comm[IVRING_COMM_WORDS];

	memcpy(comm, who->comm, sizeof(comm));
	return READ_ONCE(slot->end) == end && slot->pid == who->pid &&
	       slot->comm[0] == comm[0] && slot->comm[1] == comm[1];
}

#endif /* IVRING_TASK_H */
