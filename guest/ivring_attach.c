// SPDX-License-Identifier: GPL-2.0-only
/* Attaches to a region, if it may be written to. */
#include <linux/device.h>
#include <linux/preempt.h>
#include <linux/random.h>

#include "ivring_driver.h"

/* Returns 0 if the region may be written to; called before anything is written. */
static int check_owner(const struct ivring_device *ivd)
{
	struct ivring_foreign foreign;

	if (ivring_region_find(ivd->base, ivd->geometry.region_bytes, &foreign) !=
	    IVRING_FOUND_FOREIGN)
		return 0;
	if (ivd->force) {
		dev_notice(ivd->dev, "force=1: formatting over what is not ours, at offset %llu \"%s\" (%*ph)\n",
			   foreign.offset, foreign.text, (int)foreign.nr, foreign.bytes);
		return 0;
	}
	dev_err(ivd->dev, "its memory holds what is not ours, at offset %llu \"%s\" (%*ph): left alone; to format it all the same: devices=%s force=1\n",
		foreign.offset, foreign.text, (int)foreign.nr, foreign.bytes,
		dev_name(ivd->dev));
	return -ENODEV; /* for this error the kernel adds no message of its own */
}

/*
 * Nobody else writes yet; but takeover records are written here, which must not move
 * to another CPU.
 */
int ivring_attach(struct ivring_device *ivd, struct ivring_left *left, bool *continued)
{
	struct ivring_config *cfg = &ivd->config;
	int ret = check_owner(ivd);

	if (ret)
		return ret;
	get_random_bytes(ivd->boot_id, sizeof(ivd->boot_id));
	ivring_guest_name(ivd->start_name);
	do
		get_random_bytes(&cfg->session_id, sizeof(cfg->session_id));
	while (!cfg->session_id);
	ivring_clock_pair(cfg->clock_id, &cfg->clock_base, &cfg->utc_base_ns);
	preempt_disable();
	*continued = ivring_region_attach(ivd->base, cfg, &ivd->geometry, ivd->rings, left);
	preempt_enable();
	return 0;
}
