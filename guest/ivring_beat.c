// SPDX-License-Identifier: GPL-2.0-only
/* The heartbeat, and everything else that is done once a second. */
#include <linux/cpumask.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/utsname.h>
#include <linux/workqueue.h>

#include "ivring_driver.h"

/* UTC that has moved against the clock by this much is announced. */
#define STEP_NS		((s64)NSEC_PER_MSEC)
#define MESSAGES	256

static void beat(struct ivring_device *ivd, u32 state, u64 clock_value, u64 utc_ns)
{
	/* Nothing may replace the report of a panic. */
	if (READ_ONCE(ivd->panicked))
		state = IVRING_STATE_PANICKED;
	WRITE_ONCE(ivd->nr_online, num_online_cpus());
	ivring_mode_watch(ivd);
	ivring_live_beat(ivd->base, state, clock_value, utc_ns, ++ivd->beats);
}

static s64 moved_ns(const struct ivring_device *ivd, u64 clock_value, u64 utc_ns)
{
	u64 ns = max(clock_value, ivd->announced_clock) - ivd->announced_clock;

	if (ivd->clock_id == IVRING_CLOCK_TSC)
		ns = mul_u64_u64_div_u64(ns, NSEC_PER_SEC, ivring_clock_hz(ivd->clock_id));
	return (s64)(utc_ns - ivd->announced_utc_ns - ns);
}

static void watch_clock(struct ivring_device *ivd, u64 clock_value, u64 utc_ns)
{
	s64 moved = moved_ns(ivd, clock_value, utc_ns);

	if ((moved >= STEP_NS || moved <= -STEP_NS) &&
	    ivring_log_clock(ivd, clock_value, utc_ns)) {
		ivd->announced_clock = clock_value;
		ivd->announced_utc_ns = utc_ns;
	}
}

/* The node name of a kernel that was given none yet. */
#define NO_NAME		"(none)"

/*
 * Copies the name without a lock, because the kernel does not export its lock for it. At
 * worst a name that is being changed is copied half changed; the next heartbeat corrects that.
 */
void ivring_guest_name(char *name)
{
	strscpy(name, init_utsname()->nodename, IVRING_NAME_BYTES + 1);
	if (!strcmp(name, NO_NAME))
		*name = '\0';
}

static void watch_name(struct ivring_device *ivd)
{
	char now[IVRING_NAME_BYTES + 1];

	ivring_guest_name(now);
	if (!strcmp(now, ivd->guest_name))
		return;
	ivring_live_name(ivd->base, now, ivd->names++);
	strscpy(ivd->guest_name, now, sizeof(ivd->guest_name));
}

static void beat_work(struct work_struct *work)
{
	struct ivring_device *ivd = container_of(to_delayed_work(work), struct ivring_device, beat);
	u64 clock_value, utc_ns;

	ivring_clock_pair(ivd->clock_id, &clock_value, &utc_ns);
	beat(ivd, IVRING_STATE_RUNNING, clock_value, utc_ns);
	watch_clock(ivd, clock_value, utc_ns);
	watch_name(ivd);
	ivring_log_drain(ivd, MESSAGES);
	schedule_delayed_work(&ivd->beat, HZ);
}

void ivring_beat_start(struct ivring_device *ivd)
{
	/* This is what ivring_log_unpark() has announced. */
	ivd->announced_clock = ivd->config.clock_base;
	ivd->announced_utc_ns = ivd->config.utc_base_ns;
	/* The attach has cleared the live line. */
	ivd->guest_name[0] = '\0';
	ivd->names = 0;
	INIT_DELAYED_WORK(&ivd->beat, beat_work);
	beat_work(&ivd->beat.work);
}

void ivring_beat_stop(struct ivring_device *ivd, u32 state)
{
	u64 clock_value, utc_ns;

	cancel_delayed_work_sync(&ivd->beat);
	ivring_clock_pair(ivd->clock_id, &clock_value, &utc_ns);
	beat(ivd, state, clock_value, utc_ns);
	ivring_doorbell_ring(ivd->bell); /* wakes a sleeping host, which reads the state */
}
