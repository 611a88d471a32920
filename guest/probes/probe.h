/* SPDX-License-Identifier: GPL-2.0-only */
/* What generated probes and the driver share. */
#ifndef IVRING_PROBE_H
#define IVRING_PROBE_H

#include <linux/types.h>

struct trace_entry;

/**
 * struct ivring_probe - one of the kernel's events, with its generated probe
 * @system: the event's system
 * @name: its name
 * @call: the probe, to be registered with the event's tracepoint and a struct ivring_tap
 * @bytes: the record's size without fields of variable length
 */
struct ivring_probe {
	const char *system;
	const char *name;
	void *call;
	u32 bytes;
};

/** ivring_probes - all events that have a probe; ends with NULL */
extern const struct ivring_probe *const ivring_probes[];

/**
 * ivring_tap_begin() - get room for a record that a probe builds; any context
 * @tap: what the probe was registered with; preemption is off until ivring_tap_end()
 * @bytes: the record's size
 *
 * The room is the guest's own memory. It is never shared with the host, because the
 * assignments that build a record also read it.
 *
 * Return: the room, or NULL if there is none; that is counted as a drop.
 */
void *ivring_tap_begin(void *tap, u32 bytes);

/**
 * ivring_tap_end() - record what was built in @entry, and give the room back
 * @tap: as for ivring_tap_begin()
 * @entry: the room; what all records begin with is filled in here
 * @bytes: the record's size
 */
void ivring_tap_end(void *tap, struct trace_entry *entry, u32 bytes);

#endif /* IVRING_PROBE_H */
