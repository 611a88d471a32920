// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the driver's own work in the kernel's events. Few events can name the driver's
 * timer and its work items: those whose fields have a pointer to one. Only in these is it
 * looked for, because the look costs as much as copying a record. Their ids are asked for
 * once: events that are built into the kernel keep theirs.
 */
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/trace_events.h>

#include "ivring_own.h"

/* How many words of an entry are looked at: kernel events name their object first. */
#define OWN_WORDS	8

bool ivring_own_named(const struct ivring_device *ivd, const void *entry, unsigned int bytes)
{
	unsigned long word;
	unsigned int i;

	for (i = 1; i < min_t(unsigned int, bytes / sizeof(word), OWN_WORDS); i++) {
		memcpy(&word, entry + i * sizeof(word), sizeof(word)); /* aligned to 4 only */
		if (word - (unsigned long)ivd < sizeof(*ivd))
			return true;
	}
	return false;
}

#ifdef CONFIG_EVENT_TRACING
/*
 * Those of include/trace/events whose fields point to a timer or to a work item. No event
 * of the kernel points to an interrupt work.
 */
static const struct {
	const char *system;
	const char *name;
} naming[] = {
	{ "timer", "timer_init" },
	{ "timer", "timer_start" },
	{ "timer", "timer_expire_entry" },
	{ "timer", "timer_expire_exit" },
	{ "timer", "timer_cancel" },
	{ "workqueue", "workqueue_queue_work" },
	{ "workqueue", "workqueue_activate_work" },
	{ "workqueue", "workqueue_execute_start" },
	{ "workqueue", "workqueue_execute_end" },
};

/* Returns whether all ids are known. Kernels have had these events since 2.6.36. */
static bool learn(unsigned long *events)
{
	struct trace_event_file *file;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(naming); i++) {
		file = trace_get_event_file(NULL, naming[i].system, naming[i].name);
		if (IS_ERR(file))
			return false;
		set_bit(file->event_call->event.type, events);
		trace_put_event_file(file);
	}
	return true;
}
#else
static bool learn(unsigned long *events)
{
	return false;
}
#endif

int ivring_own_add(struct ivring_device *ivd)
{
	ivd->export.own_events = devm_bitmap_zalloc(ivd->dev, IVRING_ID_KERNEL_MAX + 1,
						    GFP_KERNEL);
	if (!ivd->export.own_events)
		return -ENOMEM;
	/* Where a kernel has them by other names, all events are looked at. */
	if (!learn(ivd->export.own_events))
		bitmap_fill(ivd->export.own_events, IVRING_ID_KERNEL_MAX + 1);
	return 0;
}
