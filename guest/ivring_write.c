// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from a device number to its ring. Readers of the table have
 * preemption off, which synchronize_rcu() waits for; so they also stay on the
 * CPU whose ring they write.
 */
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>

#include "ivring.h"
#include "ivring_driver.h"

static struct ivring_device __rcu *ivring_table[IVRING_DEVICES_MAX];
static DEFINE_MUTEX(ivring_table_lock);

int ivring_table_add(struct ivring_device *ivd)
{
	int id, ret = -EBUSY;

	mutex_lock(&ivring_table_lock);
	for (id = 0; id < IVRING_DEVICES_MAX; id++) {
		if (rcu_access_pointer(ivring_table[id]))
			continue;
		ivd->id = id;
		rcu_assign_pointer(ivring_table[id], ivd);
		ret = 0;
		break;
	}
	mutex_unlock(&ivring_table_lock);
	return ret;
}

void ivring_table_remove(struct ivring_device *ivd)
{
	mutex_lock(&ivring_table_lock);
	RCU_INIT_POINTER(ivring_table[ivd->id], NULL);
	mutex_unlock(&ivring_table_lock);
	synchronize_rcu();
}

/*
 * A task that died in the middle of a write, for @buf was bad, has left its ring
 * with a writer inside that never resumes, and nothing would be published any
 * more. @in_task: nothing but such a task can be what this interrupts.
 */
static __always_inline void revive(struct ivring_ring *ring, bool in_task)
{
	if (unlikely(READ_ONCE(ring->nest)) && in_task)
		ivring_ring_takeover(ring, IVRING_TAKEOVER_KILLED);
}

/* @only: the one device meant, or NULL for whichever has the number */
static int write_to(int id, const struct ivring_device *only, const void *buf, size_t size)
{
	/* Without a count, an exception inside a write looks like a task too. */
	const bool in_task = IS_ENABLED(CONFIG_PREEMPT_COUNT) && preempt_count() == 0;
	const struct ivring_device *ivd;
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
	revive(ring, in_task);
	ret = ivring_ring_write(ring, IVRING_ID_MESSAGE, buf, size);
out:
	preempt_enable_notrace();
	return ret;
}

int ivring_device_write(const struct ivring_device *ivd, const void *buf, size_t size)
{
	return write_to(ivd->id, ivd, buf, size);
}

int ivring_write(int id, const void *buf, size_t size)
{
	if (unlikely(id < 0 || id >= IVRING_DEVICES_MAX))
		return -ENODEV;
	if (unlikely(!buf && size))
		return -EINVAL;
	return write_to(id, NULL, buf, size);
}
EXPORT_SYMBOL_GPL(ivring_write);
