// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records the kernel's stack behind chosen events. The kernel's own trigger "stacktrace"
 * leaves its entries in the kernel's buffer: they are not exported. What is recorded here
 * is laid out as such an entry, so that the kernel's own format describes it.
 */
#include <linux/bitmap.h>
#include <linux/kallsyms.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>
#include <linux/trace_events.h>

#include "ivring_entry.h"

/* The id of ftrace:kernel_stack, TRACE_STACK in the kernel's kernel/trace/trace.h. */
#define STACK_ID	4

#ifdef CONFIG_STACKTRACE
/*
 * What stands before the frames. In real time kernels a trace_entry is longer, and there
 * is no padding behind @size.
 */
struct stack_head {
	struct trace_entry entry;
	int size;
} __aligned(sizeof(unsigned long));

/* Returns how long trace_event_buffer_commit() is, or 0 if that cannot be found out. */
static unsigned long commit_bytes(void)
{
	char name[KSYM_SYMBOL_LEN];
	const char *size;
	unsigned long bytes;

	sprint_symbol(name, (unsigned long)trace_event_buffer_commit);
	size = strrchr(name, '/');
	return size && !kstrtoul(size + 1, 16, &bytes) ? bytes : 0;
}

/*
 * Returns how many frames are tracing's own: those up to the event's probe. If that is the
 * kernel's, it has called trace_event_buffer_commit(), which called the export; if it is
 * the driver's, it stands at @probe. If the unwinder does not see it, all frames are shown.
 */
static unsigned int own_frames(const struct ivring_stacks *stacks, const unsigned long *frames,
			       unsigned int nr, unsigned long probe)
{
	const unsigned long commit = (unsigned long)trace_event_buffer_commit;
	unsigned int i, own = 0;

	for (i = 0; i < min_t(unsigned int, nr, IVRING_STACK_SPARE); i++)
		if (frames[i] == probe)
			own = i + 1;
		else if (frames[i] - commit < stacks->commit_bytes)
			own = i + 2;
	return min(own, nr);
}

/* The trace_entry, its size and the frames lie behind each other, as the kernel lays them out. */
static const void *fill(const struct ivring_stacks *stacks, struct ivring_stack *stack,
			const struct trace_entry *entry, unsigned long probe, unsigned int *bytes)
{
	unsigned long *const frames = stack->words + IVRING_STACK_HEAD;
	unsigned int nr = stack_trace_save(frames, IVRING_STACK_FRAMES + IVRING_STACK_SPARE, 0);
	const unsigned int own = own_frames(stacks, frames, nr, probe);
	struct stack_head *head = (void *)(stack->words + own);

	static_assert(sizeof(*head) == IVRING_STACK_HEAD * sizeof(*frames));
	nr = min_t(unsigned int, nr - own, IVRING_STACK_FRAMES);
	memset(head, 0, sizeof(*head));
	head->entry = *entry;
	head->entry.type = STACK_ID;
	head->size = (int)nr;
	*bytes = (IVRING_STACK_HEAD + nr) * sizeof(*frames);
	return head;
}

int ivring_stack_record(const struct ivring_device *ivd, struct ivring_ring *ring,
			const struct trace_entry *entry, unsigned long probe)
{
	struct ivring_stack_cpu *cpu = this_cpu_ptr(ivd->export.stacks.cpus);
	const unsigned int level = READ_ONCE(cpu->level);
	unsigned int bytes;
	const void *stack;
	int ret = -EBUSY;

	/* What interrupts takes the next one, and has given it back when this goes on. */
	if (unlikely(level >= IVRING_STACK_LEVELS))
		return ret;
	WRITE_ONCE(cpu->level, level + 1);
	stack = fill(&ivd->export.stacks, &cpu->stacks[level], entry, probe, &bytes);
	ret = ivring_entry_write(ring, stack, bytes, STACK_ID, entry->pid);
	WRITE_ONCE(cpu->level, level);
	return ret;
}

int ivring_stack_choose(struct ivring_device *ivd, int id)
{
	struct ivring_stacks *stacks = &ivd->export.stacks;

	if (id < -IVRING_ID_KERNEL_MAX || id > IVRING_ID_KERNEL_MAX)
		return -EINVAL;
	mutex_lock(&ivd->export.lock);
	if (id > 0)
		set_bit(id, stacks->events);
	else if (id < 0)
		clear_bit(-id, stacks->events);
	else
		bitmap_zero(stacks->events, IVRING_ID_KERNEL_MAX + 1);
	WRITE_ONCE(stacks->any, !bitmap_empty(stacks->events, IVRING_ID_KERNEL_MAX + 1));
	mutex_unlock(&ivd->export.lock);
	return 0;
}

int ivring_stack_add(struct ivring_device *ivd)
{
	struct ivring_stacks *stacks = &ivd->export.stacks;

	stacks->commit_bytes = commit_bytes();
	stacks->events = devm_kcalloc(ivd->dev, BITS_TO_LONGS(IVRING_ID_KERNEL_MAX + 1),
				      sizeof(long), GFP_KERNEL);
	stacks->cpus = devm_alloc_percpu(ivd->dev, struct ivring_stack_cpu);
	return stacks->events && stacks->cpus ? 0 : -ENOMEM;
}
#else
int ivring_stack_record(const struct ivring_device *ivd, struct ivring_ring *ring,
			const struct trace_entry *entry, unsigned long probe)
{
	return -EOPNOTSUPP;
}

int ivring_stack_choose(struct ivring_device *ivd, int id)
{
	return id ? -EOPNOTSUPP : 0;
}

int ivring_stack_add(struct ivring_device *ivd)
{
	return 0;
}
#endif
