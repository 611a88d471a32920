// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches the consumer. The words are the host's: they decide whether the rings
 * wait, and never which memory is accessed.
 */
#include "consumer.h"

static void set_overwrite(struct ivring_ring *const *rings, u32 nr_rings, bool on)
{
	u32 i;

	for (i = 0; i < nr_rings; i++)
		WRITE_ONCE(rings[i]->overwrite, on);
}

/* Returns what writers would, too: a consumer of another session does not count. */
static bool is_there(const struct ivring_ring *r)
{
	return le64_to_cpu(READ_ONCE(r->host->session_id)) == r->session_id;
}

u32 ivring_consumer_watch(struct ivring_watch *w, struct ivring_ring *const *rings,
			  u32 nr_rings, u64 now_ns, u64 timeout_ns)
{
	const struct ivring_ring *r = rings[0];
	bool waits;
	u64 beat;

	if (!r->host)
		return IVRING_MODE_OVERWRITE;
	beat = le64_to_cpu(READ_ONCE(r->host->beat));
	if (!is_there(r)) {
		w->known = false;
		w->dead = false;
	} else if (!w->known || beat != w->beat) {
		w->known = true;
		w->dead = false;
		w->beat = beat;
		w->since_ns = now_ns;
	} else if (timeout_ns && now_ns - w->since_ns >= timeout_ns) {
		w->dead = true;
	}
	waits = !w->dead && !READ_ONCE(w->last_words);
	set_overwrite(rings, nr_rings, !waits);
	if (READ_ONCE(w->last_words)) /* may have been set meanwhile */
		set_overwrite(rings, nr_rings, true);
	return w->known && waits ? IVRING_MODE_LOSSLESS : IVRING_MODE_UNCONSUMED;
}

void ivring_consumer_waive(struct ivring_watch *w, struct ivring_ring *const *rings,
			   u32 nr_rings)
{
	WRITE_ONCE(w->last_words, true);
	set_overwrite(rings, nr_rings, true);
}
