/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations that the files of ivring.ko share; no other module includes them. */
#ifndef IVRING_DRIVER_H
#define IVRING_DRIVER_H

#include <linux/atomic.h>
#include <linux/console.h>
#include <linux/context_tracking.h>
#include <linux/irq_work.h>
#include <linux/kmsg_dump.h>
#include <linux/kprobes.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/trace.h>
#include <linux/types.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#include "core/consumer.h"
#include "core/doorbell.h"
#include "core/found.h"
#include "core/meta.h"
#include "core/region.h"

/* The same as in dkms.conf. */
#define IVRING_DRIVER_VERSION	"0.1.0"
#define IVRING_DEVICES_MAX	16
/* How many kernel functions ivring_follow.c hooks on kernels before 6.3. */
#define IVRING_HOOKS		2

struct attribute_group;
struct device;
struct resource;
struct task_struct;
struct trace_entry;

/** enum ivring_memory_type - how this CPU accesses a mapping */
enum ivring_memory_type {
	IVRING_MEMORY_CACHED,
	IVRING_MEMORY_WRITE_COMBINING,
	IVRING_MEMORY_UNCACHED,
};

/**
 * struct ivring_export_counts - counts of one CPU
 * @exported: entries of ftrace that were recorded
 * @skipped: entries that were left out on purpose
 */
struct ivring_export_counts {
	u64 exported;
	u64 skipped;
};

/* How many frames of a stack are recorded, as many of tracing's own are looked at as spare. */
#define IVRING_STACK_FRAMES	64
#define IVRING_STACK_SPARE	16
/* Words before the frames: a struct trace_entry, and their number. */
#define IVRING_STACK_HEAD	2
/* A task, a soft interrupt, an interrupt, an NMI. */
#define IVRING_STACK_LEVELS	4

/** struct ivring_stack - room to take a stack, too large for the stack itself */
struct ivring_stack {
	unsigned long words[IVRING_STACK_HEAD + IVRING_STACK_SPARE + IVRING_STACK_FRAMES];
};

/**
 * struct ivring_stack_cpu - stacks that are being taken on one CPU
 * @level: how many
 * @stacks: one for each
 */
struct ivring_stack_cpu {
	unsigned int level;
	struct ivring_stack stacks[IVRING_STACK_LEVELS];
};

/**
 * struct ivring_stacks - the stacks that are recorded behind events
 * @any: whether any event has one
 * @events: the ids of those that have one
 * @commit_bytes: how long the kernel's trace_event_buffer_commit() is
 * @cpus: one for each CPU
 */
struct ivring_stacks {
	bool any;
	unsigned long *events;
	unsigned long commit_bytes;
	struct ivring_stack_cpu __percpu *cpus;
};

/* Room for the records that are being built on one CPU; one takes a page at most. */
#define IVRING_TAP_ROOM_BYTES	(4 * 4096)

/**
 * struct ivring_tap_room - the records that probes are building on one CPU
 * @used: bytes in use; what interrupts uses those behind
 * @bytes: the room
 */
struct ivring_tap_room {
	u32 used;
	u8 bytes[IVRING_TAP_ROOM_BYTES] __aligned(8);
};

/**
 * struct ivring_taps - the events that are recorded with probes of the driver's own
 * @all: the taps; they are attached while the export is on
 * @events: the ids of those that are attached: what ftrace exports of them is left out
 * @rooms: one for each CPU; NULL until the first tap
 */
struct ivring_taps {
	struct list_head all;
	unsigned long *events;
	struct ivring_tap_room __percpu *rooms;
};

/**
 * struct ivring_export - the export of ftrace's entries to a region
 * @export: the callback that ftrace calls
 * @lock: guards @on, and what @stacks and @taps have chosen
 * @on: whether @export is registered
 * @counts: counts of each CPU
 * @stacks: the stacks behind entries
 * @own_events: the ids of events that can name the driver's timer or work items;
 *	see ivring_own.h
 * @taps: the events that do not take the way by ftrace
 */
struct ivring_export {
	struct trace_export export;
	struct mutex lock;
	bool on;
	struct ivring_export_counts __percpu *counts;
	struct ivring_stacks stacks;
	unsigned long *own_events;
	struct ivring_taps taps;
};

/**
 * struct ivring_publisher - /dev/ivringN-meta
 * @misc: the device
 * @name: "ivringN-meta"
 * @lock: guards the fields below
 * @ready: whether the region may be written to
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
 * struct ivring_log - state of recording the kernel log
 * @owner: the CPU that may write the log's ring and the fields below; see ivring_klog.c
 * @closing: whether nobody may become owner
 * @more: set by everyone who has messages to record; the owner looks at it again
 *	after it has released the ring
 * @next: the kernel's number of the next message to record
 * @writing: what @next will be once the message being written is committed, else 0
 * @commit_before: the ring's commit word before that message
 * @secret: a number that differs from boot to boot
 * @check: the check of the last message recorded
 * @skipped: messages that the kernel had overwritten before they were recorded
 * @line: buffer for one message
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
 * struct ivring_hook - a hook in a kernel function, in place of the tracepoint
 * @probe: the probe in that function
 * @follow: what the hook belongs to; NULL while the probe is not registered
 */
struct ivring_hook {
	struct kprobe probe;
	struct ivring_follow *follow;
};

/**
 * struct ivring_follow - what notices new messages, and has them recorded
 * @kick: the interrupt that every message raises
 * @work: records the messages that are too many for one interrupt
 * @console: called with messages, in a panic too
 * @dumper: called in a panic, at an oops, and when the system goes down
 * @panic: called in a panic, once the other CPUs have stopped
 * @hooks: hooks that raise @kick on kernels before 6.3
 * @hooked: whether messages raise @kick
 * @last_words: whether the system goes down, so that no worker may run any more
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
 *	below @misc are valid only until the driver drops its own
 * @id: the N of /dev/ivringN
 * @name: "ivringN"
 * @misc: /dev/ivringN
 * @dev: the bus's device
 * @base: the mapped region
 * @config: parameters by which @base is formatted or continued, at a start and
 *	after a suspend
 * @geometry: where everything lies in @base
 * @boot_id: random id of this start
 * @start_name: the guest's name at this start
 * @guest_name: the guest's name at the last heartbeat
 * @names: how many names there were since the attach
 * @nr_online: how many CPUs ran at the last heartbeat
 * @memory_type: how @base is mapped
 * @bell: the device's doorbell; NULL if it has none
 * @watch: the consumer
 * @mode: IVRING_MODE_*, the same as in the live line
 * @clock_id: IVRING_CLOCK_*
 * @own_task: the task that is writing the kernel log's ring: its events are not
 *	recorded
 * @export: the export of the kernel's own events
 * @export_slept: whether they were being recorded when the guest was suspended
 * @publisher: takes the texts that describe these events
 * @log: the kernel log
 * @follow: what notices new messages of the kernel log
 * @force: whether a start may format @base, whatever it holds
 * @aside: whether @base is left alone, because it held foreign data when the guest
 *	resumed
 * @panicked: whether the live line reports a panic, which must stay there
 * @announced_clock: clock ticks at @announced_utc_ns
 * @announced_utc_ns: UTC in the last clock record
 * @beats: how many heartbeats there were; one caller at a time
 * @beat: the work that beats once a second
 * @nr_rings: how many rings; ring i belongs to CPU i, the last one to the kernel log
 * @rings: private state of each ring, in cache lines of its own and, if possible,
 *	on its CPU's node
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
 * @dev: the bus's device; that reference is dropped when the driver leaves it
 * @nr_rings: how many pointers to rings it has; they are NULL
 *
 * Return: the device, or NULL if there is no memory.
 */
struct ivring_device *ivring_device_alloc(struct device *dev, u32 nr_rings);
/** ivring_bell_alloc() - allocate @ivd->bell for register @at, if not NULL; 0 or -ENOMEM */
int ivring_bell_alloc(struct ivring_device *ivd, void __iomem *at);
/** ivring_rings_alloc() - allocate all @ivd->rings, each on its CPU's node; 0 or -ENOMEM */
int ivring_rings_alloc(struct ivring_device *ivd);
/** ivring_device_put() - drop a reference */
void ivring_device_put(struct ivring_device *ivd);

/* ivring_memtype.c */

/** ivring_memory_map() - map @res, cached if possible; managed by @dev, or ERR_PTR */
void *ivring_memory_map(struct device *dev, const struct resource *res,
			enum ivring_memory_type *type);
/** ivring_memory_name() - get the name of a memory type, for log lines */
const char *ivring_memory_name(enum ivring_memory_type type);

/* ivring_clock.c */

/** ivring_clock_select() - choose IVRING_CLOCK_* by the clock parameter, if it is usable here */
u32 ivring_clock_select(struct device *dev);
/** ivring_clock_show() - name a clock for sysfs, and say why it is not the one asked for */
ssize_t ivring_clock_show(u32 clock_id, char *buf);
/** ivring_clock_hz() - get the ticks per second of a clock */
u64 ivring_clock_hz(u32 clock_id);
/** ivring_clock_pair() - read the clock, and UTC in ns, at nearly the same moment */
void ivring_clock_pair(u32 clock_id, u64 *clock_value, u64 *utc_ns);

/* ivring_klog.c */

/** ivring_log_init() - allocate what the log needs; nobody may write yet */
int ivring_log_init(struct ivring_device *ivd);
/**
 * ivring_log_drain() - record messages that are not in the ring yet; any context
 * @ivd: device
 * @most: messages to record at most
 *
 * Return: whether there may be more. It is false, too, if another context is
 * recording, because that one records these messages as well; and if the ring is
 * full of records that are not consumed, because then the messages are safer
 * where the kernel keeps them.
 */
bool ivring_log_drain(struct ivring_device *ivd, unsigned int most);
/** ivring_log_rescue() - record all messages, even over what is not consumed; any context */
void ivring_log_rescue(struct ivring_device *ivd);
/** ivring_log_clock() - record that UTC has moved; returns false to try again later */
bool ivring_log_clock(struct ivring_device *ivd, u64 clock_value, u64 utc_ns);
/**
 * ivring_log_seize() - take the ring, in a panic, from an owner that never resumes
 * @ivd: device
 *
 * A message that was being written will be in the ring exactly once, because it
 * is written again only if it was not committed.
 *
 * Return: false if the region must not be touched.
 */
bool ivring_log_seize(struct ivring_device *ivd);
/**
 * ivring_log_park() - keep everyone from writing the ring until it is unparked; sleeps
 * @ivd: device
 *
 * Waits for a grace period, within which an owner that is alive finishes; it does not
 * wait for one that died.
 */
void ivring_log_park(struct ivring_device *ivd);
/** ivring_log_parked() - find out whether the log is parked: the region is not touched then */
bool ivring_log_parked(const struct ivring_device *ivd);
/** ivring_log_unpark() - announce the clock and choose where to go on, after an attach */
void ivring_log_unpark(struct ivring_device *ivd, const struct ivring_left *left, bool continued);

/* ivring_follow.c */

/** ivring_follow_start() - begin to record and follow the kernel log; undone with @ivd->dev */
int ivring_follow_start(struct ivring_device *ivd);

/* ivring_mode.c */

/** ivring_mode_is_lossless() - find out whether the mode parameter asks for lossless mode */
bool ivring_mode_is_lossless(struct device *dev);
/** ivring_mode_watch() - look at the consumer, and report the mode to the host; once a second */
void ivring_mode_watch(struct ivring_device *ivd);
/** ivring_mode_waive() - overwrite from here on, because the system goes down; any context */
void ivring_mode_waive(struct ivring_device *ivd);
/** ivring_mode_name() - get the name of the current mode, for sysfs */
const char *ivring_mode_name(const struct ivring_device *ivd);

/* ivring_stopped_cpus.c */

/** ivring_cpu_has_stopped() - find out, in a panic, if @cpu has stopped for good or is this one */
bool ivring_cpu_has_stopped(const struct ivring_device *ivd, u32 cpu);

/* ivring_panic.c */

/** ivring_panic() - record a panic, once the other CPUs have stopped */
void ivring_panic(struct ivring_device *ivd, const char *text);

/* ivring_beat.c */

/** ivring_guest_name() - copy the guest's name, or "", to IVRING_NAME_BYTES + 1 bytes */
void ivring_guest_name(char *name);
/** ivring_beat_start() - beat now, and once a second */
void ivring_beat_start(struct ivring_device *ivd);
/** ivring_beat_stop() - beat a last time, and report @state, which is IVRING_STATE_* */
void ivring_beat_stop(struct ivring_device *ivd, u32 state);

/* ivring_attach.c */

/**
 * ivring_attach() - attach to the region as a new driver start
 * @ivd: device; nobody may write to the region yet
 * @left: gets what the previous start left
 * @continued: gets whether its session is continued
 *
 * Return: 0, or -ENODEV if the region holds what the driver did not write: then
 * nothing was written.
 */
int ivring_attach(struct ivring_device *ivd, struct ivring_left *left, bool *continued);

/* ivring_suspend.c */

/** ivring_device_suspend() - leave the region alone until ivring_device_resume() */
void ivring_device_suspend(struct ivring_device *ivd);
/** ivring_device_resume() - attach again and go on, unless the region holds foreign data now */
void ivring_device_resume(struct ivring_device *ivd);

/* ivring_device.c */

/**
 * ivring_device_start() - put a mapped region to use; undone with @dev
 * @dev: the bus's device
 * @base: the region
 * @bytes: its size
 * @type: how it is mapped
 * @doorbell: a register that wakes the host; NULL if there is none
 * @force: whether to format it, whatever it holds
 *
 * Return: 0; -ENODEV if the region holds foreign data, in which case nothing was
 * written to it; or another error.
 */
int ivring_device_start(struct device *dev, void *base, u64 bytes,
			enum ivring_memory_type type, void __iomem *doorbell, bool force);

/* ivring_write.c */

/** ivring_table_add() - make @ivd known under a free @ivd->id; 0 or -EBUSY */
int ivring_table_add(struct ivring_device *ivd);
/** ivring_table_remove() - forget @ivd, and wait for each ivring_write() that uses it; sleeps */
void ivring_table_remove(struct ivring_device *ivd);
/** ivring_table_hide() - do what ivring_table_remove() does, but keep the id; sleeps */
void ivring_table_hide(struct ivring_device *ivd);
/** ivring_table_show() - undo ivring_table_hide() */
void ivring_table_show(struct ivring_device *ivd);
/**
 * ivring_device_write() - record one message in @ivd's ring of this CPU
 * @ivd: device
 * @buf: the message; kernel memory
 * @size: its bytes
 * @percent: how much of this CPU's ring programs may fill, if the caller writes for
 *	one without privileges; 0: no bound
 *
 * Return: the same as ivring_write(), with -ENODEV once @ivd is removed. If @percent
 * does not allow the message, which is counted as a drop: -EAGAIN, or -EMSGSIZE if
 * it never could.
 */
int ivring_device_write(const struct ivring_device *ivd, const void *buf, size_t size,
			u32 percent);

/**
 * ivring_rcu_watches() - find out what rcu_is_watching() says; preemption is off
 *
 * That one is a function that turns preemption off once more, which every record would pay.
 */
static __always_inline bool ivring_rcu_watches(void)
{
#if !defined(CONFIG_CONTEXT_TRACKING_IDLE)
	return rcu_is_watching();
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return rcu_is_watching_curr_cpu();
#else
	return !rcu_dynticks_curr_cpu_in_eqs();
#endif
}

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
/** ivring_export_count() - add up the counts of all CPUs */
void ivring_export_count(const struct ivring_device *ivd, u64 *exported, u64 *skipped);


/* ivring_tap.c */

/** ivring_taps_add() - prepare for the functions below; undone with @ivd->dev */
int ivring_taps_add(struct ivring_device *ivd);
/**
 * ivring_tap_choose() - choose whether an event is recorded with a probe; sleeps
 * @ivd: device
 * @system: the event's system
 * @name: its name
 * @on: whether it is
 *
 * Return: 0, -EOPNOTSUPP if the driver has no probe for it, or another error.
 */
int ivring_tap_choose(struct ivring_device *ivd, const char *system, const char *name, bool on);
/** ivring_taps_forget() - record no event with a probe any more; sleeps */
void ivring_taps_forget(struct ivring_device *ivd);
/** ivring_taps_attach() - begin to record all events that were chosen; @ivd->export.lock is held */
int ivring_taps_attach(struct ivring_device *ivd);
/** ivring_taps_detach() - stop it, and wait for every probe that runs; the same lock is held */
void ivring_taps_detach(struct ivring_device *ivd);
/** ivring_taps_list() - get a line SYSTEM:NAME for each event chosen; for kvfree(), or NULL */
char *ivring_taps_list(struct ivring_device *ivd);

/* ivring_stack.c */

/** ivring_stack_add() - prepare for the functions below; undone with @ivd->dev */
int ivring_stack_add(struct ivring_device *ivd);
/** ivring_stack_choose() - record stacks behind event @id, none behind -@id; 0: behind none */
int ivring_stack_choose(struct ivring_device *ivd, int id);
/**
 * ivring_stack_record() - record the stack behind an entry, which was recorded just now
 * @ivd: device
 * @ring: the ring that it is in
 * @entry: the entry
 * @probe: an address in the event's probe if that is the driver's, else 0
 */
int ivring_stack_record(const struct ivring_device *ivd, struct ivring_ring *ring,
			const struct trace_entry *entry, unsigned long probe);

/* ivring_metadev.c */

/** ivring_metadev_add() - create /dev/ivringN-meta; undone with @ivd->dev */
int ivring_metadev_add(struct ivring_device *ivd, const struct ivring_geometry *geo);
/** ivring_metadev_stop() - stop every access to the region through /dev/ivringN-meta */
void ivring_metadev_stop(struct ivring_device *ivd);
/** ivring_metadev_start() - publish the texts again and go on, after an attach */
void ivring_metadev_start(struct ivring_device *ivd, const struct ivring_geometry *geo);
/** ivring_metadev_count() - get the bytes used, the bytes there are, and the texts refused */
void ivring_metadev_count(struct ivring_device *ivd, u64 *used, u64 *size, u32 *refused);

/* ivring_sysfs.c */

/** ivring_groups - attributes of the device of /dev/ivringN */
extern const struct attribute_group *ivring_groups[];

/* ivring_chrdev.c */

/** ivring_chrdev_add() - create /dev/ivringN; undone with @ivd->dev */
int ivring_chrdev_add(struct ivring_device *ivd);

#endif /* IVRING_DRIVER_H */
