// SPDX-License-Identifier: GPL-2.0-only
/* Writes the live line: what the host sees of a guest without reading a ring. */
#include "region.h"

static struct ivring_live *live_of(void *base)
{
	return (void *)((u8 *)base + IVRING_LIVE_OFFSET);
}

void ivring_live_beat(void *base, u32 state, u64 clock_value, u64 utc_ns, u64 beats)
{
	struct ivring_live *live = live_of(base);
	u32 seq = (u32)beats * 2;

	WRITE_ONCE(live->clock_seq, cpu_to_le32(seq + 1));
	/*
	 * MO(ivring_live_beat:A) pairs with readLive:B. If a reader's copy has a word of the
	 * pair that is stored behind this, its load of clock_seq, which is behind readLive:B,
	 * reads the odd number stored above, or a later one.
	 */
	wmb();
	WRITE_ONCE(live->clock_value, cpu_to_le64(clock_value));
	WRITE_ONCE(live->utc_ns, cpu_to_le64(utc_ns));
	/*
	 * MO(ivring_live_beat:B) pairs with readLive:A. If a reader's copy has the even number
	 * stored behind this, the words that it copies after that are of this pair, or later.
	 */
	wmb();
	WRITE_ONCE(live->clock_seq, cpu_to_le32(seq + 2));
	WRITE_ONCE(live->heartbeat, cpu_to_le64(beats));
	WRITE_ONCE(live->state, cpu_to_le32(state));
}

void ivring_live_host(void *base, u32 mode, u64 doorbells)
{
	WRITE_ONCE(live_of(base)->mode, cpu_to_le32(mode));
	WRITE_ONCE(live_of(base)->doorbells, cpu_to_le64(doorbells));
}

void ivring_live_reason(void *base, u32 reason)
{
	WRITE_ONCE(live_of(base)->reason, cpu_to_le32(reason));
}

void ivring_live_panic(void *base, const char *text)
{
	struct ivring_live *live = live_of(base);
	u32 i;

	/* Copy byte by byte, because memory may end right behind the text. */
	for (i = 0; i < IVRING_PANIC_TEXT_BYTES && text[i] && text[i] != '\n'; i++)
		WRITE_ONCE(live->panic_text[i], (u8)text[i]);
	for (; i < IVRING_PANIC_TEXT_BYTES; i++)
		WRITE_ONCE(live->panic_text[i], 0);
	WRITE_ONCE(live->reason, cpu_to_le32(IVRING_REASON_PANIC));
	/*
	 * MO(ivring_live_panic:A) pairs with readLive:A. If a reader's copy has the state stored
	 * behind this, the reason and the text that it copies after that are those of the panic.
	 */
	wmb();
	WRITE_ONCE(live->state, cpu_to_le32(IVRING_STATE_PANICKED));
	/*
	 * MO(ivring_live_panic:B) has no pair. It makes the state leave the buffer of a
	 * write-combining mapping: nothing may follow that would push it out.
	 */
	wmb();
}

void ivring_live_name(void *base, const char *name, u32 seq)
{
	struct ivring_live *live = live_of(base);
	u32 i;

	WRITE_ONCE(live->name_seq, cpu_to_le32(seq * 2 + 1));
	/*
	 * MO(ivring_live_name:A) pairs with readGuestName:B. If a reader's copy has a byte of the
	 * name that is stored behind this, its second load of name_seq, which is behind
	 * readGuestName:B, reads the odd number stored above, or a later one.
	 */
	wmb();
	for (i = 0; i < IVRING_NAME_BYTES && name[i]; i++)
		WRITE_ONCE(live->guest_name[i], (u8)name[i]);
	for (; i < IVRING_NAME_BYTES; i++)
		WRITE_ONCE(live->guest_name[i], 0);
	/*
	 * MO(ivring_live_name:B) pairs with readGuestName:A. If that reads the even number stored
	 * behind this, the copy behind it reads the whole name, or bytes of a later one.
	 */
	wmb();
	WRITE_ONCE(live->name_seq, cpu_to_le32(seq * 2 + 2));
}

void ivring_live_klog(void *base, u64 seq, u32 check)
{
	struct ivring_live *live = live_of(base);

	WRITE_ONCE(live->klog_check, cpu_to_le32(check));
	WRITE_ONCE(live->klog_seq, cpu_to_le64(seq));
}
