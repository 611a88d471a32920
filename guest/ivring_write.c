// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from a device number to its ring. Readers of the table have
 * preemption off, which synchronize_rcu() waits for; so they also stay on the
 * CPU whose ring they write.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "ivring.h"
#include "ivring_driver.h"

static struct ivring_device __rcu *ivring_table[IVRING_DEVICES_MAX];
static DECLARE_BITMAP(ivring_ids, IVRING_DEVICES_MAX);
static DEFINE_MUTEX(ivring_table_lock);

int ivring_table_add(struct ivring_device *ivd)
{
	int id;

	mutex_lock(&ivring_table_lock);
	id = (int)find_first_zero_bit(ivring_ids, IVRING_DEVICES_MAX);
	if (id < IVRING_DEVICES_MAX)
		__set_bit(id, ivring_ids);
	mutex_unlock(&ivring_table_lock);
	if (id == IVRING_DEVICES_MAX)
		return -EBUSY;
	ivd->id = id;
	ivring_table_show(ivd);
	return 0;
}

void ivring_table_remove(struct ivring_device *ivd)
{
	ivring_table_hide(ivd);
	mutex_lock(&ivring_table_lock);
	__clear_bit(ivd->id, ivring_ids);
	mutex_unlock(&ivring_table_lock);
}

/* An id's entry has one user at a time: who has the id. */
void ivring_table_show(struct ivring_device *ivd)
{
	rcu_assign_pointer(ivring_table[ivd->id], ivd);
}

void ivring_table_hide(struct ivring_device *ivd)
{
	RCU_INIT_POINTER(ivring_table[ivd->id], NULL);
	synchronize_rcu();
}

/*
 * A task that died in the middle of a write, for @buf was bad, has left its ring
 * with a writer inside that never resumes, and nothing would be published any
 * more. @alone: nothing but such a task can be what this interrupts.
 */
static __always_inline void revive(struct ivring_ring *ring, bool alone)
{
	if (unlikely(READ_ONCE(ring->nest)) && alone) {
		WRITE_ONCE(ring->task, NULL);
		ivring_ring_takeover(ring, IVRING_TAKEOVER_KILLED);
	}
}

/*
 * Programs without privileges must not push out what the kernel has recorded on this
 * CPU. No other such writer is here meanwhile, because they are all tasks.
 */
static int write_bounded(struct ivring_ring *ring, const void *buf, size_t size, u32 percent)
{
	const u64 allowance = ivring_bound_bytes(ring->ring_bytes, percent);
	const u64 needs = ivring_ring_needs(ring, size);
	const u64 now_ns = ivring_clock_monotonic();
	const u64 before = ring->commit;
	int ret;

	if (!ivring_bound_allows(&ring->bound, allowance, needs, now_ns)) {
		ivring_ring_refuse(ring);
		return needs > allowance ? -EMSGSIZE : -EAGAIN;
	}
	ret = ivring_ring_write(ring, IVRING_ID_MESSAGE, buf, size);
	/* This includes the little that interrupts have recorded meanwhile. */
	ivring_bound_charge(&ring->bound, allowance, ring->commit - before, now_ns);
	return ret;
}

/*
 * @only: the one device meant, or NULL for whichever has the number
 * @percent: how much of the ring such writers may fill; 0: all of it
 */
static int write_to(int id, const struct ivring_device *only, const void *buf, size_t size,
		    u32 percent)
{
	/* Without a count, an exception inside a write looks like a task too. */
	const bool alone = IS_ENABLED(CONFIG_PREEMPT_COUNT) && preempt_count() == 0;
	const struct ivring_device *ivd;
	const void *outer;
	struct ivring_ring *ring;
	int ret = -ENODEV;

	preempt_disable_notrace();
	/* Where RCU does not watch, removal would not wait for this. */
	if (unlikely(!rcu_is_watching())) {
		ret = -EAGAIN;
		goto out;
	}
	ivd = rcu_dereference_sched(ivring_table[id]);
	if (unlikely(!ivd || (only && ivd != only)))
		goto out;
	ret = 0;
	if (size == 0)
		goto out;
	ring = ivd->rings[smp_processor_id()];
	revive(ring, alone);
	/* Whoever else runs here as a task knows that this one has died. */
	outer = ring->task;
	if (in_task())
		WRITE_ONCE(ring->task, current);
	if (percent)
		ret = write_bounded(ring, buf, size, percent);
	else
		ret = ivring_ring_write(ring, IVRING_ID_MESSAGE, buf, size);
	if (in_task())
		WRITE_ONCE(ring->task, outer);
out:
	preempt_enable_notrace();
	return ret;
}

int ivring_device_write(const struct ivring_device *ivd, const void *buf, size_t size,
			u32 percent)
{
	return write_to(ivd->id, ivd, buf, size, percent);
}

int ivring_write(int id, const void *buf, size_t size)
{
	if (unlikely(id < 0 || id >= IVRING_DEVICES_MAX))
		return -ENODEV;
	if (unlikely(!buf && size))
		return -EINVAL;
	return write_to(id, NULL, buf, size, 0);
}
EXPORT_SYMBOL_GPL(ivring_write);
