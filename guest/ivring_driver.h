/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of ivring.ko share with each other, and with nobody else. */
#ifndef IVRING_DRIVER_H
#define IVRING_DRIVER_H

#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "ivring_region.h"

#define IVRING_DEVICES_MAX	16

struct device;
struct resource;

/** enum ivring_memory_type - how this CPU accesses a mapping */
enum ivring_memory_type {
	IVRING_MEMORY_CACHED,
	IVRING_MEMORY_WRITE_COMBINING,
	IVRING_MEMORY_UNCACHED,
};

/**
 * struct ivring_device - one region
 * @refs: the driver's own reference and one for each open file; the fields
 *	below @misc are valid only until the driver lets go
 * @id: the N of /dev/ivringN
 * @name: "ivringN"
 * @misc: /dev/ivringN
 * @dev: the bus's device
 * @base: the mapped region
 * @clock_id: IVRING_CLOCK_*
 * @beats: heartbeats so far; only the beating work uses it
 * @beat: beats once a second
 * @nr_rings: ring i belongs to CPU i; the last one is the kernel log's
 * @rings: private state, each in cache lines and, if it can be, on a node of
 *	its own
 */
struct ivring_device {
	struct kref refs;
	int id;
	char name[16];
	struct miscdevice misc;
	struct device *dev;
	void *base;
	u32 clock_id;
	u64 beats;
	struct delayed_work beat;
	u32 nr_rings;
	struct ivring_ring *rings[];
};

/* ivring_memtype.c */

/** ivring_memory_map() - map @res, cached if possible; managed by @dev, or ERR_PTR */
void *ivring_memory_map(struct device *dev, const struct resource *res,
			enum ivring_memory_type *type);
/** ivring_memory_name() - for log lines */
const char *ivring_memory_name(enum ivring_memory_type type);

/* ivring_clock.c */

/** ivring_clock_select() - IVRING_CLOCK_* that the clock parameter asks for, if it is fit */
u32 ivring_clock_select(struct device *dev);
/** ivring_clock_hz() - ticks per second */
u64 ivring_clock_hz(u32 clock_id);
/** ivring_clock_pair() - the clock, and UTC in ns, at nearly the same moment */
void ivring_clock_pair(u32 clock_id, u64 *clock_value, u64 *utc_ns);

/* ivring_device.c */

/** ivring_device_start() - put a mapped region to use; undone with @dev */
int ivring_device_start(struct device *dev, void *base, u64 bytes,
			enum ivring_memory_type type);
/** ivring_device_put() - let go of a reference */
void ivring_device_put(struct ivring_device *ivd);

/* ivring_write.c */

/** ivring_table_add() - make @ivd known under a free @ivd->id; 0 or -EBUSY */
int ivring_table_add(struct ivring_device *ivd);
/** ivring_table_remove() - on return no ivring_write() uses @ivd any more; sleeps */
void ivring_table_remove(struct ivring_device *ivd);
/** ivring_device_write() - ivring_write() to @ivd, or -ENODEV once it is removed */
int ivring_device_write(const struct ivring_device *ivd, const void *buf, size_t size);

/* ivring_chrdev.c */

/** ivring_chrdev_add() - create /dev/ivringN; undone with @ivd->dev */
int ivring_chrdev_add(struct ivring_device *ivd);

#endif /* IVRING_DRIVER_H */
