/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The region around the rings: divides it, writes its header, and continues the
 * session that it holds if that is possible. Builds in the kernel and in user space.
 */
#ifndef IVRING_REGION_H
#define IVRING_REGION_H

#include "ring.h"

/* Offset of struct ivring_live, in every region. */
#define IVRING_LIVE_OFFSET	2048u
/* Offset of struct ivring_host, in every region. */
#define IVRING_HOST_OFFSET	((u32)IVRING_PAGE_BYTES)

/**
 * struct ivring_config - what the caller wants
 * @region_bytes: size of the shared region
 * @nr_trace: number of trace rings; ring i records CPU i
 * @block_bytes: power of two within the ABI's limits, or 0 to choose
 * @clock_id: IVRING_CLOCK_*
 * @clock_hz: ticks per second
 * @clock_base: clock ticks at @utc_base_ns
 * @utc_base_ns: ns since 1970 UTC
 * @takeover: IVRING_TAKEOVER_*: why rings are continued, if they are
 * @session_id: random, not 0; used if the region is formatted anew
 * @boot_id: random
 * @guest_name: the guest's name; may be NULL
 * @kernel_release: the guest kernel's release; may be NULL
 * @driver_version: the driver's version; may be NULL
 * @write_combining: see struct ivring_ring
 * @lossless: whether to drop what a consumer has left no room for
 * @bell: see struct ivring_ring; may be NULL
 */
struct ivring_config {
	u64 region_bytes;
	u32 nr_trace;
	u32 block_bytes;
	u32 clock_id;
	u64 clock_hz;
	u64 clock_base;
	u64 utc_base_ns;
	u32 takeover;
	u64 session_id;
	const u8 *boot_id;
	const char *guest_name;
	const char *kernel_release;
	const char *driver_version;
	bool write_combining;
	bool lossless;
	struct ivring_doorbell *bell;
};

/**
 * struct ivring_geometry - where everything lies, kept in private memory
 * @region_bytes: the same as in struct ivring_config
 * @nr_rings: number of rings: first all trace rings, then the kernel log's
 * @block_bytes: block size of every ring
 * @trace_blocks: blocks of each trace ring
 * @klog_blocks: blocks of the kernel log ring
 * @rings_offset: offset of the descriptors
 * @meta_offset: offset of the metadata area
 * @meta_bytes: size of all its parts
 * @data_offset: offset of ring 0's slot 0; the other rings follow without gaps
 */
struct ivring_geometry {
	u64 region_bytes;
	u32 nr_rings;
	u32 block_bytes;
	u32 trace_blocks;
	u32 klog_blocks;
	u32 rings_offset;
	u64 meta_offset;
	u64 meta_bytes;
	u64 data_offset;
};

/**
 * struct ivring_left - what the driver's last start left for the next
 * @klog_seq: number of the next kernel message to record; 0: nothing was left
 * @klog_check: check of the message before; see ivring_live_klog()
 *
 * The host may have stored anything here.
 */
struct ivring_left {
	u64 klog_seq;
	u32 klog_check;
};

/**
 * ivring_region_needs() - compute the smallest region for a number of trace rings
 * @nr_trace: number of trace rings
 * @block_bytes: the same as in struct ivring_config
 *
 * Return: bytes, not rounded to a size that a PCI BAR can have.
 */
u64 ivring_region_needs(u32 nr_trace, u32 block_bytes);

/**
 * ivring_region_plan() - divide a region among the rings
 * @cfg: what the caller wants
 * @geo: result
 *
 * Return: 0, -EINVAL for a size, count or block size outside the ABI's limits,
 * or -ENOSPC if the region is smaller than ivring_region_needs().
 */
int ivring_region_plan(const struct ivring_config *cfg, struct ivring_geometry *geo);

/**
 * ivring_region_attach() - continue the region's session, or start one
 * @base: the mapped region
 * @cfg: what the caller wants
 * @geo: from ivring_region_plan()
 * @rings: @geo->nr_rings pointers to rings that nobody uses; set up on return
 * @left: result; zeroed unless a session is continued
 *
 * If the region is one that this driver would have made (same version, geometry and
 * clock, valid rings), its session is continued under a new epoch and boot id, so that
 * its old records stay readable. Any other content is overwritten by a new session,
 * @cfg->session_id. The caller has to find out whether that is allowed, see
 * ivring_region_find().
 *
 * Return: true if a session was continued.
 */
bool ivring_region_attach(void *base, const struct ivring_config *cfg,
			  const struct ivring_geometry *geo, struct ivring_ring *const *rings,
			  struct ivring_left *left);

/* live.c: the live line; @base is the mapped region */

/**
 * ivring_live_beat() - store state, heartbeat and clock; one caller at a time
 * @base: the mapped region
 * @state: IVRING_STATE_*
 * @clock_value: clock ticks at @utc_ns
 * @utc_ns: ns since 1970 UTC
 * @beats: the heartbeat, which the caller counts
 */
void ivring_live_beat(void *base, u32 state, u64 clock_value, u64 utc_ns, u64 beats);

/**
 * ivring_live_host() - store how the driver has acted upon the host's words
 * @base: the mapped region
 * @mode: the IVRING_MODE_* that holds now
 * @doorbells: how often the doorbell was rung
 */
void ivring_live_host(void *base, u32 mode, u64 doorbells);

/** ivring_live_reason() - store an IVRING_REASON_*, except that of a panic */
void ivring_live_reason(void *base, u32 reason);

/** ivring_live_panic() - store state and reason of a panic, and the first line of its text */
void ivring_live_panic(void *base, const char *text);

/**
 * ivring_live_name() - store the guest's current name; one caller at a time
 * @base: the mapped region
 * @name: ends with a zero byte, or after IVRING_NAME_BYTES
 * @seq: how many names were stored since the attach, before this one
 */
void ivring_live_name(void *base, const char *name, u32 seq);

/**
 * ivring_live_klog() - note for the driver's next start where to go on
 * @base: the mapped region
 * @seq: number of the next kernel message to record
 * @check: check of the message before, which only this boot can compute
 */
void ivring_live_klog(void *base, u64 seq, u32 check);

#endif /* IVRING_REGION_H */
