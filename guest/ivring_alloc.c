// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocates a device. The struct lives until the last open file is closed;
 * everything else is freed when the driver leaves the bus's device.
 */
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "ivring_driver.h"

static void device_release(struct kref *refs)
{
	kfree(container_of(refs, struct ivring_device, refs));
}

void ivring_device_put(struct ivring_device *ivd)
{
	kref_put(&ivd->refs, device_release);
}

static void put_device_action(void *ivd)
{
	ivring_device_put(ivd);
}

struct ivring_device *ivring_device_alloc(struct device *dev, u32 nr_rings)
{
	struct ivring_device *ivd;

	ivd = kzalloc(struct_size(ivd, rings, nr_rings), GFP_KERNEL);
	if (!ivd)
		return NULL;
	kref_init(&ivd->refs);
	ivd->dev = dev;
	ivd->nr_rings = nr_rings;
	return devm_add_action_or_reset(dev, put_device_action, ivd) ? NULL : ivd;
}

static void free_bell(void *data)
{
	struct ivring_device *ivd = data;

	kfree(ivd->bell);
}

/* Allocates the doorbell in cache lines of its own, because every record looks at it. */
int ivring_bell_alloc(struct ivring_device *ivd, void __iomem *at)
{
	if (!at)
		return 0;
	ivd->bell = kzalloc(roundup_pow_of_two(max_t(size_t, sizeof(*ivd->bell),
						     SMP_CACHE_BYTES)), GFP_KERNEL);
	if (!ivd->bell)
		return -ENOMEM;
	ivd->bell->at = at;
	ivd->bell->host = ivd->base + IVRING_HOST_OFFSET;
	ivd->config.bell = ivd->bell;
	return devm_add_action_or_reset(ivd->dev, free_bell, ivd);
}

static void free_rings(void *data)
{
	struct ivring_device *ivd = data;
	u32 i;

	for (i = 0; i < ivd->nr_rings; i++)
		kfree(ivd->rings[i]);
}

/* Returns a power of two, because kmalloc() aligns such sizes to themselves. */
static size_t ring_alloc_bytes(void)
{
	return roundup_pow_of_two(max_t(size_t, sizeof(struct ivring_ring), SMP_CACHE_BYTES));
}

int ivring_rings_alloc(struct ivring_device *ivd)
{
	bool has_cpu;
	u32 i;

	for (i = 0; i < ivd->nr_rings; i++) {
		has_cpu = i + 1 < ivd->nr_rings && cpu_possible(i);
		ivd->rings[i] = kzalloc_node(ring_alloc_bytes(), GFP_KERNEL,
					     has_cpu ? cpu_to_node(i) : NUMA_NO_NODE);
		if (!ivd->rings[i]) {
			free_rings(ivd);
			return -ENOMEM;
		}
	}
	return devm_add_action_or_reset(ivd->dev, free_rings, ivd);
}
