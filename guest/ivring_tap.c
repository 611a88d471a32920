// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records events with probes of the driver's own, instead of by way of ftrace, which
 * builds an event in its buffer first. A tap is such a probe on one event's tracepoint,
 * for one device. The record is the same: the same layout, which the format file in
 * tracefs describes, the same id and the same common fields.
 */
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "ivring_entry.h"
#include "probes/probe.h"

/**
 * struct ivring_tap - an event that is recorded with a probe
 * @list: all taps of the device
 * @ivd: the device
 * @probe: the probe
 * @file: the kernel's own state of the event, which keeps the event there
 * @id: the kernel's id of the event
 */
struct ivring_tap {
	struct list_head list;
	struct ivring_device *ivd;
	const struct ivring_probe *probe;
	struct trace_event_file *file;
	u16 id;
};

/*
 * Finds out whether nothing can have been interrupted here: what is left then of @used is
 * that of a task that died in the middle of a probe. Preemption is off within a probe, so
 * that within what interrupts one it is off twice.
 */
static bool is_alone(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_COUNT) && preempt_count() == PREEMPT_DISABLE_OFFSET;
}

void *ivring_tap_begin(void *data, u32 bytes)
{
	const struct ivring_tap *tap = data;
	struct ivring_tap_room *room = this_cpu_ptr(tap->ivd->export.taps.rooms);
	u32 used = READ_ONCE(room->used);

	if (unlikely(used) && is_alone())
		used = 0;
	if (unlikely(bytes > sizeof(room->bytes) - used)) {
		ivring_ring_refuse(tap->ivd->rings[smp_processor_id()]);
		return NULL;
	}
	/* What interrupts takes room behind this, and has given it back when this goes on. */
	WRITE_ONCE(room->used, used + ALIGN(bytes, 8));
	return room->bytes + used;
}

/* Returns the flags of an entry, as the kernel's tracing_gen_ctx_irq_test() finds them. */
static __always_inline u8 entry_flags(unsigned int count)
{
	const unsigned int softirqs = softirq_count();
	unsigned long irqs;
	u8 flags = 0;

	local_save_flags(irqs);
	if (irqs_disabled_flags(irqs))
		flags |= TRACE_FLAG_IRQS_OFF;
	if (unlikely(softirqs | (count & (HARDIRQ_MASK | NMI_MASK)))) {
		if (count & NMI_MASK)
			flags |= TRACE_FLAG_NMI;
		if (count & HARDIRQ_MASK)
			flags |= TRACE_FLAG_HARDIRQ;
		if (softirqs & SOFTIRQ_OFFSET)
			flags |= TRACE_FLAG_SOFTIRQ;
		if (softirqs >> (SOFTIRQ_SHIFT + 1))
			flags |= TRACE_FLAG_BH_OFF;
	}
	if (unlikely(tif_need_resched()))
		flags |= TRACE_FLAG_NEED_RESCHED;
	if (unlikely(test_preempt_need_resched()))
		flags |= TRACE_FLAG_PREEMPT_RESCHED;
#ifdef CONFIG_ARCH_HAS_PREEMPT_LAZY
	if (unlikely(test_thread_flag(TIF_NEED_RESCHED_LAZY)))
		flags |= TRACE_FLAG_NEED_RESCHED_LAZY;
#endif
	return flags;
}

/* Returns how deep preemption and migration are off where the event happened. */
static __always_inline u8 entry_depth(unsigned int count)
{
	u8 depth = min_t(unsigned int, count & PREEMPT_MASK, 15);

	/* The probe has one of them. */
	if (IS_ENABLED(CONFIG_PREEMPTION))
		depth--;
#ifdef CONFIG_SMP
	depth |= min_t(unsigned int, current->migration_disabled, 15) << 4;
#endif
	return depth;
}

void ivring_tap_end(void *data, struct trace_entry *entry, u32 bytes)
{
	const struct ivring_tap *tap = data;
	struct ivring_device *ivd = tap->ivd;
	struct ivring_tap_room *room = this_cpu_ptr(ivd->export.taps.rooms);
	struct ivring_ring *ring = ivd->rings[smp_processor_id()];
	const unsigned int count = preempt_count();
	const int pid = current->pid;

	*entry = (struct trace_entry) {
		.type = tap->id,
		.flags = entry_flags(count),
		.preempt_count = entry_depth(count),
		.pid = pid,
	};
	if (unlikely(!ivring_entry_is_usual(ivd, ring, tap->id)))
		ivring_entry_record(ivd, ring, entry, bytes, _RET_IP_);
	else if (ivring_entry_write(ring, entry, bytes, tap->id, pid) >= 0)
		this_cpu_inc(ivd->export.counts->exported);
	WRITE_ONCE(room->used, (u32)((u8 *)entry - room->bytes));
}

#ifdef CONFIG_EVENT_TRACING
/*
 * Finds out whether the kernel lays the event's records out as the probe does. It may
 * not, if the driver was built with headers of another kernel.
 */
static bool is_same_layout(const struct trace_event_call *call, const struct ivring_probe *probe)
{
	const struct trace_event_fields *field = call->class->fields_array;
	u32 bytes = sizeof(struct trace_entry);

	for (; field && field->type; field++) {
		if (field->type == TRACE_FUNCTION_TYPE)
			return false;
		bytes = ALIGN(bytes, field->align) + field->size;
	}
	return field && bytes == probe->bytes;
}

static const struct ivring_probe *find_probe(const char *system, const char *name)
{
	const struct ivring_probe *const *probe;

	for (probe = ivring_probes; *probe; probe++)
		if (!strcmp((*probe)->system, system) && !strcmp((*probe)->name, name))
			return *probe;
	return NULL;
}

static struct ivring_tap *find_tap(const struct ivring_taps *taps, const struct ivring_probe *probe)
{
	struct ivring_tap *tap;

	list_for_each_entry(tap, &taps->all, list)
		if (tap->probe == probe)
			return tap;
	return NULL;
}

static int attach(struct ivring_tap *tap)
{
	int ret;

	/* From here on ftrace's own entry for the event is left out, if there is one. */
	set_bit(tap->id, tap->ivd->export.taps.events);
	ret = tracepoint_probe_register(tap->file->event_call->tp, tap->probe->call, tap);
	if (ret)
		clear_bit(tap->id, tap->ivd->export.taps.events);
	return ret;
}

/* The probe may still run until tracepoint_synchronize_unregister() has returned. */
static void detach(struct ivring_tap *tap)
{
	tracepoint_probe_unregister(tap->file->event_call->tp, tap->probe->call, tap);
	clear_bit(tap->id, tap->ivd->export.taps.events);
}

static void free_tap(struct ivring_tap *tap)
{
	list_del(&tap->list);
	trace_put_event_file(tap->file);
	kfree(tap);
}

static int add_tap(struct ivring_device *ivd, const struct ivring_probe *probe)
{
	const struct trace_event_call *call;
	struct ivring_tap *tap = kzalloc(sizeof(*tap), GFP_KERNEL);
	int ret = 0;

	if (!tap)
		return -ENOMEM;
	tap->ivd = ivd;
	tap->probe = probe;
	tap->file = trace_get_event_file(NULL, probe->system, probe->name);
	if (IS_ERR(tap->file)) {
		ret = PTR_ERR(tap->file);
		kfree(tap);
		return ret;
	}
	call = tap->file->event_call;
	tap->id = call->event.type;
	list_add_tail(&tap->list, &ivd->export.taps.all);
	if (!(call->flags & TRACE_EVENT_FL_TRACEPOINT) || call->event.type > IVRING_ID_KERNEL_MAX ||
	    !is_same_layout(call, probe))
		ret = -EOPNOTSUPP;
	else if (ivd->export.on)
		ret = attach(tap);
	if (ret)
		free_tap(tap);
	return ret;
}

static void remove_tap(struct ivring_tap *tap)
{
	if (tap->ivd->export.on)
		detach(tap);
	tracepoint_synchronize_unregister();
	free_tap(tap);
}

int ivring_tap_choose(struct ivring_device *ivd, const char *system, const char *name, bool on)
{
	const struct ivring_probe *probe = find_probe(system, name);
	struct ivring_taps *taps = &ivd->export.taps;
	struct ivring_tap *tap;
	int ret = 0;

	if (!probe)
		return -EOPNOTSUPP;
	mutex_lock(&ivd->export.lock);
	tap = find_tap(taps, probe);
	if (on && !taps->rooms)
		taps->rooms = alloc_percpu(struct ivring_tap_room);
	if (on && !taps->rooms)
		ret = -ENOMEM;
	else if (on && !tap)
		ret = add_tap(ivd, probe);
	else if (!on && tap)
		remove_tap(tap);
	mutex_unlock(&ivd->export.lock);
	return ret;
}

int ivring_taps_attach(struct ivring_device *ivd)
{
	struct ivring_tap *tap;
	int ret;

	list_for_each_entry(tap, &ivd->export.taps.all, list) {
		ret = attach(tap);
		if (ret) {
			list_for_each_entry_continue_reverse(tap, &ivd->export.taps.all, list)
				detach(tap);
			tracepoint_synchronize_unregister();
			return ret;
		}
	}
	return 0;
}

void ivring_taps_detach(struct ivring_device *ivd)
{
	struct ivring_tap *tap;

	list_for_each_entry(tap, &ivd->export.taps.all, list)
		detach(tap);
	tracepoint_synchronize_unregister();
}

static void forget(struct ivring_device *ivd)
{
	struct ivring_tap *tap, *next;

	if (ivd->export.on)
		ivring_taps_detach(ivd);
	list_for_each_entry_safe(tap, next, &ivd->export.taps.all, list)
		free_tap(tap);
}

char *ivring_taps_list(struct ivring_device *ivd)
{
	struct ivring_tap *tap;
	size_t bytes = 1;
	char *lines, *at;

	mutex_lock(&ivd->export.lock);
	list_for_each_entry(tap, &ivd->export.taps.all, list)
		bytes += strlen(tap->probe->system) + strlen(tap->probe->name) + 2;
	lines = kvmalloc(bytes, GFP_KERNEL);
	at = lines;
	if (lines) {
		*at = 0;
		list_for_each_entry(tap, &ivd->export.taps.all, list)
			at += sprintf(at, "%s:%s\n", tap->probe->system, tap->probe->name);
	}
	mutex_unlock(&ivd->export.lock);
	return lines;
}

#else
/* A kernel without events has none to record. */
int ivring_tap_choose(struct ivring_device *ivd, const char *system, const char *name, bool on)
{
	return -EOPNOTSUPP;
}

int ivring_taps_attach(struct ivring_device *ivd)
{
	return 0;
}

void ivring_taps_detach(struct ivring_device *ivd)
{
}

static void forget(struct ivring_device *ivd)
{
}

char *ivring_taps_list(struct ivring_device *ivd)
{
	return kvzalloc(1, GFP_KERNEL);
}
#endif

void ivring_taps_forget(struct ivring_device *ivd)
{
	mutex_lock(&ivd->export.lock);
	forget(ivd);
	mutex_unlock(&ivd->export.lock);
}

static void taps_remove(void *data)
{
	struct ivring_device *ivd = data;

	forget(ivd);
	free_percpu(ivd->export.taps.rooms);
}

int ivring_taps_add(struct ivring_device *ivd)
{
	struct ivring_taps *taps = &ivd->export.taps;

	INIT_LIST_HEAD(&taps->all);
	taps->events = devm_kcalloc(ivd->dev, BITS_TO_LONGS(IVRING_ID_KERNEL_MAX + 1),
				    sizeof(long), GFP_KERNEL);
	return taps->events ? devm_add_action_or_reset(ivd->dev, taps_remove, ivd) : -ENOMEM;
}
