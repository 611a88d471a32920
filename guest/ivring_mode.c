// SPDX-License-Identifier: GPL-2.0-only
/* Decides what a full ring does, and reports it to the host. */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "ivring_driver.h"

static char *mode = "overwrite";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode, "overwrite (a full ring keeps the newest records, the default) or lossless (it drops what its consumer has left no room for)");

static uint consumer_timeout = 10;
module_param(consumer_timeout, uint, 0444);
MODULE_PARM_DESC(consumer_timeout, "lossless: seconds without a sign of life after which the consumer is not waited for; default 10, 0 for ever");

bool ivring_mode_is_lossless(struct device *dev)
{
	if (!strcmp(mode, "lossless"))
		return true;
	if (strcmp(mode, "overwrite"))
		dev_warn(dev, "mode=%s: neither overwrite nor lossless, using overwrite\n", mode);
	return false;
}

static void tell(struct ivring_device *ivd, u32 now)
{
	WRITE_ONCE(ivd->mode, now);
	ivring_live_host(ivd->base, now, ivring_doorbell_count(ivd->bell));
}

void ivring_mode_watch(struct ivring_device *ivd)
{
	tell(ivd, ivring_consumer_watch(&ivd->watch, ivd->rings, ivd->nr_rings,
					ktime_get_mono_fast_ns(),
					(u64)consumer_timeout * NSEC_PER_SEC));
}

void ivring_mode_waive(struct ivring_device *ivd)
{
	if (!ivd->config.lossless)
		return;
	ivring_consumer_waive(&ivd->watch, ivd->rings, ivd->nr_rings);
	tell(ivd, IVRING_MODE_UNCONSUMED);
}

const char *ivring_mode_name(const struct ivring_device *ivd)
{
	switch (READ_ONCE(ivd->mode)) {
	case IVRING_MODE_LOSSLESS:
		return "lossless";
	case IVRING_MODE_UNCONSUMED:
		return "lossless (no consumer: overwriting)";
	default:
		return "overwrite";
	}
}
