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

/**
 * struct ivring_task_slot - the task that was named last of those that share the slot
 * @end: position at which the block ends in which it was named; 0: nowhere
 * @comm: its name
 * @ids: its number, and that of its process in the high half
 *
 * What interrupts a task on its CPU is the same task, with the same slot.
 */
struct ivring_task_slot {
	u64 end;
	u64 comm[2];
	u64 ids;
};

/**
 * ivring_task_is_named() - find out whether a task was named in a block, as it is now
 * @slot: its slot
 * @ids: its number, and that of its process in the high half
 * @comm: its name, IVRING_COMM_BYTES, which may change meanwhile
 * @end: position at which the block ends
 */
static __always_inline bool ivring_task_is_named(const struct ivring_task_slot *slot, u64 ids,
						 const void *comm, u64 end)
{
	u64 first, last;

	static_assert(sizeof(slot->comm) == IVRING_COMM_BYTES, "a name has another size");
	if (READ_ONCE(slot->end) != end || slot->ids != ids)
		return false;
	memcpy(&first, comm, sizeof(first));
	memcpy(&last, comm + sizeof(first), sizeof(last));
	return slot->comm[0] == first && slot->comm[1] == last;
}

#endif /* IVRING_TASK_H */
