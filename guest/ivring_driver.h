/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of ivring.ko share with each other, and with nobody else. */
#ifndef IVRING_DRIVER_H
#define IVRING_DRIVER_H

#include <linux/atomic.h>
#include <linux/console.h>
#include <linux/irq_work.h>
#include <linux/kmsg_dump.h>
#include <linux/kprobes.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/trace.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/consumer.h"
#include "core/doorbell.h"
#include "core/found.h"
#include "core/meta.h"
#include "core/region.h"

/* The same as in dkms.conf. */
#define IVRING_DRIVER_VERSION	"0.1.0"
#define IVRING_DEVICES_MAX	16
/* Functions of the kernel's that ivring_follow.c may have to hook. */
#define IVRING_HOOKS		2

struct attribute_group;
struct device;
struct resource;
struct task_struct;

/** enum ivring_memory_type - how this CPU accesses a mapping */
enum ivring_memory_type {
	IVRING_MEMORY_CACHED,
	IVRING_MEMORY_WRITE_COMBINING,
	IVRING_MEMORY_UNCACHED,
};

/**
 * struct ivring_export_counts - of one CPU
 * @exported: entries of ftrace that were recorded
 * @skipped: those that were not, by intention
 */
struct ivring_export_counts {
	u64 exported;
	u64 skipped;
};

/**
 * struct ivring_export - what ftrace exports to a region
 * @export: ftrace calls it
 * @lock: guards @on
 * @on: @export is registered
 * @counts: per CPU
 */
struct ivring_export {
	struct trace_export export;
	struct mutex lock;
	bool on;
	struct ivring_export_counts __percpu *counts;
};

/**
 * struct ivring_publisher - /dev/ivringN-meta
 * @misc: the device
 * @name: "ivringN-meta"
 * @lock: guards what follows
 * @ready: the region may be written to
 * @area: the metadata area
 */
struct ivring_publisher {
	struct miscdevice misc;
	char name[24];
	struct mutex lock;
	bool ready;
	struct ivring_meta_area area;
};

/**
 * struct ivring_log - what the kernel log's ring is written from
 * @owner: who may write that ring, and what follows; see ivring_klog.c
 * @closing: nobody may become owner from now on
 * @more: set by who found it owned, and went
 * @next: the kernel's number of the next message to record
 * @writing: what @next will be once the message under way is committed, else 0
 * @commit_before: the ring's commit word before that
 * @secret: differs from boot to boot
 * @check: of the last message recorded
 * @skipped: messages that the kernel had overwritten before they were recorded
 * @line: one message
 */
struct ivring_log {
	atomic_t owner;
	bool closing;
	bool more;
	u64 next;
	u64 writing;
	u64 commit_before;
	u32 secret;
	u32 check;
	u64 skipped;
	char *line;
};

/**
 * struct ivring_hook - one of ivring_follow.c's, where there is no tracepoint
 * @probe: in the kernel's function
 * @follow: NULL while it is not there
 */
struct ivring_hook {
	struct kprobe probe;
	struct ivring_follow *follow;
};

/**
 * struct ivring_follow - what tells that there is a message
 * @kick: every message raises this interrupt
 * @work: for many of them
 * @console: called with messages, in a panic too
 * @dumper: called in a panic, at an oops, and on the way down
 * @panic: called in a panic, once the other CPUs have stopped
 * @hooks: what raises @kick on old kernels
 * @hooked: whether something does
 * @last_words: no worker may run any more
 */
struct ivring_follow {
	struct irq_work kick;
	struct work_struct work;
	struct console console;
	struct kmsg_dumper dumper;
	struct notifier_block panic;
	struct ivring_hook hooks[IVRING_HOOKS];
	bool hooked;
	bool last_words;
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
 * @config: what @base is formatted from, at a start and after a sleep
 * @geometry: where everything lies in it
 * @boot_id: of this start
 * @start_name: the guest's name then
 * @guest_name: the guest's name at the last heartbeat
 * @names: how many names there were since the attach
 * @nr_online: how many CPUs ran at the last heartbeat
 * @memory_type: how @base is mapped
 * @bell: the device's doorbell; NULL if it has none
 * @watch: the consumer
 * @mode: IVRING_MODE_*, as the live line says it
 * @clock_id: IVRING_CLOCK_*
 * @own_task: the task that is at work for this region: its events are not recorded
 * @export: the kernel's own events
 * @export_slept: they were being recorded when the guest went to sleep
 * @publisher: texts that describe them
 * @log: the kernel log
 * @follow: what keeps it up to date
 * @force: at the start: @base may be formatted, whatever it holds
 * @aside: @base is left alone, because it was not ours when the guest woke up
 * @panicked: the live line says so, and must go on saying it
 * @announced_clock: clock ticks at @announced_utc_ns
 * @announced_utc_ns: UTC as the last clock record has it
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
	struct ivring_config config;
	struct ivring_geometry geometry;
	u8 boot_id[IVRING_BOOT_ID_BYTES];
	char start_name[IVRING_NAME_BYTES + 1];
	char guest_name[IVRING_NAME_BYTES + 1];
	u32 names;
	unsigned int nr_online;
	enum ivring_memory_type memory_type;
	struct ivring_doorbell *bell;
	struct ivring_watch watch;
	u32 mode;
	u32 clock_id;
	struct task_struct *own_task;
	struct ivring_export export;
	bool export_slept;
	struct ivring_publisher publisher;
	struct ivring_log log;
	struct ivring_follow follow;
	bool force;
	bool aside;
	bool panicked;
	u64 announced_clock;
	u64 announced_utc_ns;
	u64 beats;
	struct delayed_work beat;
	u32 nr_rings;
	struct ivring_ring *rings[];
};

/* ivring_alloc.c */

/**
 * ivring_device_alloc() - allocate a device, zeroed, with one reference
 * @dev: the bus's device, which lets go of that reference when it is undone
 * @nr_rings: how many pointers to rings it has; they are NULL
 *
 * Return: the device, or NULL if there is no memory.
 */
struct ivring_device *ivring_device_alloc(struct device *dev, u32 nr_rings);
/** ivring_bell_alloc() - @ivd->bell for the register @at, none if it is NULL; 0 or -ENOMEM */
int ivring_bell_alloc(struct ivring_device *ivd, void __iomem *at);
/** ivring_rings_alloc() - all @ivd->rings, each on its CPU's node; 0 or -ENOMEM */
int ivring_rings_alloc(struct ivring_device *ivd);
/** ivring_device_put() - let go of a reference */
void ivring_device_put(struct ivring_device *ivd);

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

/* ivring_klog.c */

/** ivring_log_init() - allocate; nobody may write yet */
int ivring_log_init(struct ivring_device *ivd);
/**
 * ivring_log_drain() - record messages that are not in the ring yet; any context
 * @ivd: device
 * @most: messages to record at most
 *
 * Return: whether there may be more; false also if somebody else is at it, who
 * will not miss them, or if the ring is full of what is not consumed: then they
 * are safer where the kernel keeps them.
 */
bool ivring_log_drain(struct ivring_device *ivd, unsigned int most);
/** ivring_log_rescue() - ivring_log_drain() of all, unread messages overwritten; any context */
void ivring_log_rescue(struct ivring_device *ivd);
/** ivring_log_clock() - record that UTC has moved; false: try again later */
bool ivring_log_clock(struct ivring_device *ivd, u64 clock_value, u64 utc_ns);
/**
 * ivring_log_seize() - in a panic: take the ring from who will never resume
 * @ivd: device
 *
 * A message that was being written is in the ring once, and no more: it is
 * written again only if it was not committed.
 *
 * Return: false if the region must not be touched.
 */
bool ivring_log_seize(struct ivring_device *ivd);
/**
 * ivring_log_park() - on return nobody writes the ring until unparked; sleeps
 * @ivd: device
 *
 * Waits for a grace period, within which an owner that is alive finishes; it does not
 * wait for one that died.
 */
void ivring_log_park(struct ivring_device *ivd);
/** ivring_log_parked() - whether the region must not be touched */
bool ivring_log_parked(const struct ivring_device *ivd);
/** ivring_log_unpark() - after an attach: announce the clock, choose where to go on */
void ivring_log_unpark(struct ivring_device *ivd, const struct ivring_left *left, bool continued);

/* ivring_follow.c */

/** ivring_follow_start() - record the kernel log, and follow it; undone with @ivd->dev */
int ivring_follow_start(struct ivring_device *ivd);

/* ivring_mode.c */

/** ivring_mode_is_lossless() - what the mode parameter asks for */
bool ivring_mode_is_lossless(struct device *dev);
/** ivring_mode_watch() - look at the consumer, and tell the host; once a second */
void ivring_mode_watch(struct ivring_device *ivd);
/** ivring_mode_waive() - last words: overwrite from here on; any context */
void ivring_mode_waive(struct ivring_device *ivd);
/** ivring_mode_name() - for sysfs */
const char *ivring_mode_name(const struct ivring_device *ivd);

/* ivring_stopped.c */

/** ivring_cpu_has_stopped() - in a panic: whether @cpu has stopped for good, or is this one */
bool ivring_cpu_has_stopped(const struct ivring_device *ivd, u32 cpu);

/* ivring_panic.c */

/** ivring_panic() - the kernel has panicked, the other CPUs have stopped */
void ivring_panic(struct ivring_device *ivd, const char *text);

/* ivring_beat.c */

/** ivring_guest_name() - get the guest's name, "" if it has none yet; IVRING_NAME_BYTES + 1 */
void ivring_guest_name(char *name);
/** ivring_beat_start() - beat now, and once a second */
void ivring_beat_start(struct ivring_device *ivd);
/** ivring_beat_stop() - beat once more, with IVRING_STATE_* */
void ivring_beat_stop(struct ivring_device *ivd, u32 state);

/* ivring_device.c */

/**
 * ivring_device_start() - put a mapped region to use; undone with @dev
 * @dev: the bus's device
 * @base: the region
 * @bytes: its size
 * @type: how it is mapped
 * @doorbell: a register that wakes the host; NULL if there is none
 * @force: format it, whatever it holds
 *
 * Return: 0, -ENODEV if it holds what is not ours: then nothing was written; or
 * another error.
 */
int ivring_device_start(struct device *dev, void *base, u64 bytes,
			enum ivring_memory_type type, void __iomem *doorbell, bool force);
/** ivring_device_suspend() - leave the region alone until ivring_device_resume() */
void ivring_device_suspend(struct ivring_device *ivd);
/** ivring_device_resume() - attach again, and go on, if the region is still ours */
void ivring_device_resume(struct ivring_device *ivd);

/* ivring_write.c */

/** ivring_table_add() - make @ivd known under a free @ivd->id; 0 or -EBUSY */
int ivring_table_add(struct ivring_device *ivd);
/** ivring_table_remove() - on return no ivring_write() uses @ivd any more; sleeps */
void ivring_table_remove(struct ivring_device *ivd);
/** ivring_table_hide() - as ivring_table_remove(), but @ivd keeps its id; sleeps */
void ivring_table_hide(struct ivring_device *ivd);
/** ivring_table_show() - undo ivring_table_hide() */
void ivring_table_show(struct ivring_device *ivd);
/**
 * ivring_device_write() - ivring_write() to @ivd
 * @ivd: device
 * @buf: the message; kernel memory
 * @size: its bytes
 * @percent: how much of this CPU's ring such writers may fill; 0: all of it
 *
 * Return: as ivring_write(); -ENODEV once @ivd is removed; -EAGAIN or, if it never
 * could be written, -EMSGSIZE where @percent forbids it, which is counted as a drop.
 */
int ivring_device_write(const struct ivring_device *ivd, const void *buf, size_t size,
			u32 percent);

/* ivring_ftrace.c */

/** ivring_export_add() - prepare for ivring_export_set(); undone with @ivd->dev */
int ivring_export_add(struct ivring_device *ivd);
/**
 * ivring_export_set() - begin or stop recording the kernel's own events; sleeps
 * @ivd: device
 * @on: whether to record them
 *
 * Return: 0, or -ENODEV while the region is left alone, or an error of ftrace's.
 */
int ivring_export_set(struct ivring_device *ivd, bool on);
/** ivring_export_count() - sums over all CPUs */
void ivring_export_count(const struct ivring_device *ivd, u64 *exported, u64 *skipped);

/* ivring_metadev.c */

/** ivring_metadev_add() - create /dev/ivringN-meta; undone with @ivd->dev */
int ivring_metadev_add(struct ivring_device *ivd, const struct ivring_geometry *geo);
/** ivring_metadev_stop() - no access to the region from here on */
void ivring_metadev_stop(struct ivring_device *ivd);
/** ivring_metadev_start() - after an attach: publish the texts again and go on */
void ivring_metadev_start(struct ivring_device *ivd, const struct ivring_geometry *geo);
/** ivring_metadev_count() - bytes used and there, texts refused */
void ivring_metadev_count(struct ivring_device *ivd, u64 *used, u64 *size, u32 *refused);

/* ivring_sysfs.c */

/** ivring_groups - attributes of /dev/ivringN's device */
extern const struct attribute_group *ivring_groups[];

/* ivring_chrdev.c */

/** ivring_chrdev_add() - create /dev/ivringN; undone with @ivd->dev */
int ivring_chrdev_add(struct ivring_device *ivd);

#endif /* IVRING_DRIVER_H */
