// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the ring to write by a device's number. Readers of the table have preemption
 * off: synchronize_rcu() waits for them, and they stay on the CPU whose ring they write.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "core/usual.h"
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

/* No lock is needed, because only the device that has the id uses its entry. */
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
 * Takes a ring over from a task that died in the middle of a write, because its @buf was
 * bad. That writer never resumes, but is still inside the ring, so that nothing would be
 * published any more. @alone: this interrupts nothing, so a writer inside must have died.
 */
static void revive(struct ivring_ring *ring, bool alone)
{
	if (READ_ONCE(ring->nest) && alone) {
		WRITE_ONCE(ring->task, NULL);
		ivring_ring_takeover(ring, IVRING_TAKEOVER_KILLED);
	}
}

/*
 * Writes for a program without privileges, which must not push out what the kernel has
 * recorded on this CPU. No other such writer comes in between, because they are all tasks,
 * and preemption is off.
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
	/* This charges the little that interrupts have recorded meanwhile, too. */
	ivring_bound_charge(&ring->bound, allowance, ring->commit - before, now_ns);
	return ret;
}

/* Writes any message. The caller has turned preemption off, once. */
static noinline int write_any(struct ivring_ring *ring, const void *buf, size_t size,
			      u32 percent)
{
	/* Without a preemption count, an exception within a write looks like a task, too. */
	const bool alone = IS_ENABLED(CONFIG_PREEMPT_COUNT) &&
			   preempt_count() == PREEMPT_DISABLE_OFFSET;
	const void *outer;
	int ret;

	if (size == 0)
		return 0;
	revive(ring, alone);
	/* Another task that finds this one noted here knows that it has died. */
	outer = ring->task;
	if (in_task())
		WRITE_ONCE(ring->task, current);
	if (percent)
		ret = write_bounded(ring, buf, size, percent);
	else
		ret = ivring_ring_write(ring, IVRING_ID_MESSAGE, buf, size);
	if (in_task())
		WRITE_ONCE(ring->task, outer);
	return ret;
}

/*
 * Writes the usual message by the short way, and any other by write_any(). The short way
 * needs not look for a writer that died: nobody is inside. It leaves @ring->task as it was,
 * which is NULL, or else an interrupted writer has noted itself there between two parts.
 */
static __always_inline int write_message(struct ivring_ring *ring, const void *buf, size_t size,
					 u32 percent)
{
	int ret = (int)size;

	if (unlikely(percent || ring->task || !enter_usual(ring, size)))
		return write_any(ring, buf, size, percent);
	if (in_task())
		WRITE_ONCE(ring->task, current);
	if (unlikely(!write_usual(ring, IVRING_ID_MESSAGE, buf, size)))
		ret = ivring_ring_write_inside(ring, IVRING_ID_MESSAGE, buf, size);
	WRITE_ONCE(ring->task, NULL);
	return ret;
}

/*
 * Writes to the device with number @id.
 * @only: the device that must have the number, or NULL for any
 * @percent: how much of the ring programs may fill, if the caller writes for one
 *	without privileges; 0: no bound
 */
static __always_inline int write_to(int id, const struct ivring_device *only, const void *buf,
				    size_t size, u32 percent)
{
	const struct ivring_device *ivd;
	int ret = -ENODEV;

	preempt_disable_notrace();
	/* If RCU is not watching, the removal of the device would not wait for this. */
	if (likely(ivring_rcu_watches())) {
		ivd = rcu_dereference_sched(ivring_table[id]);
		if (likely(ivd && (!only || ivd == only)))
			ret = write_message(ivd->rings[(u32)smp_processor_id()], buf, size, percent);
	} else {
		ret = -EAGAIN;
	}
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
