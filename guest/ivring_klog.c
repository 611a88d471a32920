// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records the kernel log. Its messages are read where the kernel keeps them, without
 * a lock and from any context; each caller writes those that are not in the ring yet.
 * Only one owner writes at a time: a caller that finds an owner leaves a mark and
 * returns, and the owner looks for it after it has released the ring, so that nobody
 * ever waits.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "ivring_driver.h"
#include "core/kline.h"

/* Enough for the longest message: 1 KiB of line feeds, each of them with a prefix. */
#define LINE_BYTES	(40 * 1024)
/* ivring_log.owner: nobody is, or nobody may be; else a CPU's number + 1. */
#define OWNER_NONE	0
#define OWNER_PARKED	-1
/* How long a panic waits for an owner on a CPU that it has not stopped. */
#define OWNER_WAIT_US	100000

struct message {
	struct ivring_klog head;
	const char *text;
	u32 bytes;
	u64 seq;
};

static struct ivring_ring *log_ring(const struct ivring_device *ivd)
{
	return ivd->rings[ivd->nr_rings - 1];
}

/* Becomes the ring's owner, with preemption off; returns false if it has an owner. */
static bool take(struct ivring_device *ivd)
{
	preempt_disable_notrace();
	/*
	 * MO(take:A) pairs with let_go:A, ivring_log_seize:B and ivring_log_unpark:A. If it reads
	 * what one of them stores, this owner reads all that was stored before: the ring's
	 * private state, and which message is next.
	 */
	if (!READ_ONCE(ivd->log.closing) &&
	    atomic_cmpxchg_acquire(&ivd->log.owner, OWNER_NONE,
				   raw_smp_processor_id() + 1) == OWNER_NONE) {
		if (in_task())
			WRITE_ONCE(ivd->own_task, current);
		return true;
	}
	preempt_enable_notrace();
	return false;
}

static void let_go(struct ivring_device *ivd)
{
	WRITE_ONCE(ivd->own_task, NULL);
	/*
	 * MO(let_go:A) pairs with take:A and ivring_log_park:A. If one of them reads what is stored
	 * here, it reads behind it all that this owner has stored.
	 */
	atomic_set_release(&ivd->log.owner, OWNER_NONE);
	preempt_enable_notrace();
}

/* Reads the first message from number @seq on that the kernel still has. */
static bool read_message(struct ivring_log *log, u64 seq, struct message *m)
{
	struct kmsg_dump_iter iter = { .cur_seq = seq, .next_seq = U64_MAX };
	struct ivring_kline line;
	size_t bytes;

	if (!kmsg_dump_get_line(&iter, true, log->line, LINE_BYTES, &bytes) ||
	    !ivring_kline_parse(log->line, bytes, IS_ENABLED(CONFIG_PRINTK_CALLER), &line))
		return false;
	m->seq = iter.cur_seq - 1;
	m->text = line.text;
	m->bytes = line.bytes;
	m->head.seq = cpu_to_le64(m->seq);
	m->head.time_us = cpu_to_le64(line.time_us);
	m->head.skipped = 0;
	m->head.priority = cpu_to_le16(line.priority);
	m->head.text_bytes = cpu_to_le16((u16)line.bytes);
	return true;
}

/* Returns a number that differs from boot to boot, because hashed addresses do. */
static u32 boot_secret(void)
{
	char text[32];
	int bytes = scnprintf(text, sizeof(text), "%p", (void *)PAGE_SIZE);

	return ivring_crc32(0, text, bytes);
}

/* Returns the check of a message, which only this boot can compute. */
static u32 check_of(const struct ivring_log *log, const struct message *m)
{
	return ivring_crc32(ivring_crc32(log->secret, &m->head, sizeof(m->head)), m->text,
			    m->bytes);
}

/*
 * Records the next message. It is in the ring as soon as the ring's private commit
 * moves; if this is interrupted for good, inherit() finds that out by what is noted here.
 */
static bool record_next(struct ivring_device *ivd)
{
	struct ivring_ring *ring = log_ring(ivd);
	struct ivring_log *log = &ivd->log;
	struct ivring_klog *record;
	struct message m;
	u64 skipped;
	u32 check;

	if (!read_message(log, log->next, &m))
		return false;
	check = check_of(log, &m);
	skipped = m.seq - log->next;
	m.head.skipped = cpu_to_le32(min_t(u64, skipped, U32_MAX));
	/*
	 * Never in parts, because a panic could leave it with parts missing. The kernel's
	 * own limit is about half of this.
	 */
	m.bytes = min_t(u32, m.bytes, ring->max_payload - (u32)sizeof(*record));
	m.head.text_bytes = cpu_to_le16((u16)m.bytes);
	/* The kernel keeps the message until there is room: nothing is lost yet. */
	if (!ivring_ring_has_room(ring, (u32)sizeof(*record) + m.bytes))
		return false;
	log->commit_before = ring->commit;
	/*
	 * MO(record_next:A) pairs with inherit:A. If that reads the number stored below, the
	 * commit read with it is the one from before that message.
	 */
	barrier();
	WRITE_ONCE(log->writing, m.seq + 1);
	/*
	 * MO(record_next:B) pairs with inherit:A. If the ring's commit is found to have moved by
	 * the record below, inherit:A reads the number stored above.
	 */
	barrier();
	record = ivring_ring_reserve(ring, IVRING_ID_KLOG, (u32)sizeof(*record) + m.bytes, NULL);
	if (record) {
		*record = m.head;
		memcpy(record + 1, m.text, m.bytes);
		ivring_ring_commit(ring);
		WRITE_ONCE(log->next, m.seq + 1);
		log->check = check;
		log->skipped += skipped;
	}
	/*
	 * MO(record_next:C) pairs with inherit:A. If that reads the 0 stored below, the next
	 * message is known: it is no longer in doubt whether this one is in the ring.
	 */
	barrier();
	WRITE_ONCE(log->writing, 0);
	return record != NULL;
}

bool ivring_log_drain(struct ivring_device *ivd, unsigned int most)
{
	struct ivring_log *log = &ivd->log;
	unsigned int left = most;

	WRITE_ONCE(log->more, true);
	/*
	 * MO(ivring_log_drain:A) pairs with ivring_log_drain:B and ivring_log_drain:C. If take()
	 * below finds an owner, the look at the mark that this owner takes behind its own
	 * ivring_log_drain:C reads the mark stored above, unless somebody cleared it since.
	 */
	smp_mb();
	while (READ_ONCE(log->more) && take(ivd)) {
		WRITE_ONCE(log->more, false);
		/*
		 * MO(ivring_log_drain:B) pairs with ivring_log_drain:A. If the store above clears
		 * a mark, the messages read below include the one that the mark stands for. It
		 * relies on the kernel, which passes a full barrier between making a message
		 * readable and calling the code that sets the mark.
		 */
		smp_mb();
		while (left && record_next(ivd))
			left--;
		ivring_live_klog(ivd->base, log->next, log->check);
		let_go(ivd);
		/*
		 * MO(ivring_log_drain:C) pairs with ivring_log_drain:A. If the next look at the
		 * mark reads none, a caller that sets it later finds no owner, and takes the
		 * ring.
		 */
		smp_mb();
		if (!left)
			return true;
	}
	return false;
}

/* If the ring has an owner now, this may record nothing; the heartbeat does it later. */
void ivring_log_rescue(struct ivring_device *ivd)
{
	struct ivring_ring *ring = log_ring(ivd);
	const bool overwrite = READ_ONCE(ring->overwrite);

	WRITE_ONCE(ring->overwrite, true);
	ivring_log_drain(ivd, UINT_MAX);
	WRITE_ONCE(ring->overwrite, overwrite);
}

static bool write_clock(struct ivring_device *ivd, u32 reason, u64 clock_value, u64 utc_ns)
{
	struct ivring_ring *ring = log_ring(ivd);
	const struct ivring_clock record = {
		.clock_value = cpu_to_le64(clock_value),
		.utc_ns = cpu_to_le64(utc_ns),
		.reason = cpu_to_le32(reason),
		.epoch = cpu_to_le32(ring->epoch),
	};

	return ivring_ring_write(ring, IVRING_ID_CLOCK, &record, sizeof(record)) > 0;
}

bool ivring_log_clock(struct ivring_device *ivd, u64 clock_value, u64 utc_ns)
{
	bool written;

	if (!take(ivd))
		return false;
	written = ivring_ring_has_room(log_ring(ivd), sizeof(struct ivring_clock)) &&
		  write_clock(ivd, IVRING_ANNOUNCE_STEP, clock_value, utc_ns);
	let_go(ivd);
	return written;
}

/*
 * Goes on after an owner that will never resume, which keeps others from becoming owner.
 * The message it was writing is in the ring if, and only if, the commit has moved.
 */
static void inherit(struct ivring_device *ivd, u32 reason)
{
	struct ivring_ring *ring = log_ring(ivd);
	struct ivring_log *log = &ivd->log;
	/*
	 * MO(inherit:A) pairs with record_next:A, record_next:B and record_next:C. The owner was
	 * interrupted here, or its CPU has stopped, or its task has died, so that its stores
	 * are found as far as it had come, in the order of its barriers.
	 */
	const u64 writing = READ_ONCE(log->writing);

	if (writing && READ_ONCE(ring->commit) != READ_ONCE(log->commit_before))
		WRITE_ONCE(log->next, writing);
	WRITE_ONCE(log->writing, 0);
	if (READ_ONCE(ring->nest))
		ivring_ring_takeover(ring, reason);
	WRITE_ONCE(ivd->own_task, NULL);
}

bool ivring_log_seize(struct ivring_device *ivd)
{
	struct ivring_log *log = &ivd->log;
	unsigned int waited;
	int owner;

	for (waited = 0; waited < OWNER_WAIT_US; waited++) {
		owner = atomic_read(&log->owner);
		if (owner == OWNER_PARKED)
			return false;
		if (owner == OWNER_NONE)
			return true;
		if (ivring_cpu_has_stopped(ivd, owner - 1))
			break;
		udelay(1);
	}
	atomic_set(&log->owner, raw_smp_processor_id() + 1);
	/*
	 * MO(ivring_log_seize:A) has no pair in the driver. It orders the finding that the owner's
	 * CPU has stopped before the look at what it left; how that CPU's stores come before
	 * its stopping is the kernel's part.
	 */
	smp_mb();
	inherit(ivd, IVRING_TAKEOVER_PANIC);
	/* MO(ivring_log_seize:B) pairs with take:A, as let_go:A does. */
	atomic_set_release(&log->owner, OWNER_NONE);
	return true;
}

/* Finds out whether the last driver start, which left @left, was in this boot. */
static bool same_boot(struct ivring_log *log, const struct ivring_left *left)
{
	struct message m;

	return left->klog_seq && read_message(log, left->klog_seq - 1, &m) &&
	       m.seq == left->klog_seq - 1 && check_of(log, &m) == left->klog_check;
}

int ivring_log_init(struct ivring_device *ivd)
{
	ivd->log.line = devm_kmalloc(ivd->dev, LINE_BYTES, GFP_KERNEL);
	if (!ivd->log.line)
		return -ENOMEM;
	ivd->log.secret = boot_secret();
	atomic_set(&ivd->log.owner, OWNER_PARKED);
	return 0;
}

void ivring_log_park(struct ivring_device *ivd)
{
	WRITE_ONCE(ivd->log.closing, true);
	/*
	 * Owners run with preemption off, and so do CPUs that are about to become owner, so that
	 * all that are alive have finished after this. A worker killed as owner has not.
	 */
	synchronize_rcu();
	preempt_disable();
	/*
	 * MO(ivring_log_park:A) pairs with let_go:A. If it reads what that stores, all that the
	 * owner has stored is read behind this; so does the start that follows.
	 */
	if (atomic_read_acquire(&ivd->log.owner) > OWNER_NONE)
		inherit(ivd, IVRING_TAKEOVER_KILLED);
	atomic_set(&ivd->log.owner, OWNER_PARKED);
	preempt_enable();
}

bool ivring_log_parked(const struct ivring_device *ivd)
{
	return atomic_read(&ivd->log.owner) == OWNER_PARKED;
}

void ivring_log_unpark(struct ivring_device *ivd, const struct ivring_left *left, bool continued)
{
	struct ivring_log *log = &ivd->log;

	/* Nobody else writes while the log is parked. */
	preempt_disable();
	write_clock(ivd, IVRING_ANNOUNCE_START, ivd->config.clock_base, ivd->config.utc_base_ns);
	preempt_enable();
	/* A driver that was suspended trusts its own number, not that in shared memory. */
	if (!continued)
		log->next = 0;
	else if (!log->next && same_boot(log, left))
		log->next = left->klog_seq;
	WRITE_ONCE(log->closing, false);
	/*
	 * MO(ivring_log_unpark:A) pairs with take:A. If that reads what is stored here, it reads
	 * behind it the ring as this start has left it, and which message is next.
	 */
	atomic_set_release(&log->owner, OWNER_NONE);
}
