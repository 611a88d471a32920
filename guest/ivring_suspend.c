// SPDX-License-Identifier: GPL-2.0-only
/* Leaves a region alone while the guest sleeps, and continues when it wakes up. */
#include "ivring_driver.h"

void ivring_device_suspend(struct ivring_device *ivd)
{
	if (ivd->aside)
		return;
	ivd->export_slept = READ_ONCE(ivd->export.on);
	ivring_export_set(ivd, false);
	ivring_metadev_stop(ivd);
	ivring_table_hide(ivd);
	ivring_log_drain(ivd, UINT_MAX);
	ivring_log_park(ivd);
	ivring_beat_stop(ivd, IVRING_STATE_SUSPENDED);
}

/*
 * Attaches as a new start, because a guest that is resumed from hibernation may find
 * records in the region that it wrote after its memory was saved.
 */
void ivring_device_resume(struct ivring_device *ivd)
{
	struct ivring_left left;
	bool continued;

	ivd->config.takeover = IVRING_TAKEOVER_RESUME;
	/* The host may have given the memory to others in the meantime. */
	WRITE_ONCE(ivd->aside, ivring_attach(ivd, &left, &continued) != 0);
	if (ivd->aside)
		return;
	ivring_log_unpark(ivd, &left, continued);
	ivring_log_drain(ivd, UINT_MAX);
	ivring_beat_start(ivd);
	ivring_table_show(ivd);
	ivring_metadev_start(ivd, &ivd->geometry);
	ivring_export_set(ivd, ivd->export_slept);
}
