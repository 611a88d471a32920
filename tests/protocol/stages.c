// SPDX-License-Identifier: MIT
/*
 * Lets the driver's own writer make a region, and saves it after every kind of event.
 * `stages FOLDER REGION_BYTES BLOCK_BYTES` makes FOLDER/00, FOLDER/01 and so on.
 */
#include "../guest/fixture.h"

static const char *folder;
static u32 stage;
static u8 text[IVRING_MESSAGE_BYTES_MAX];

static void save(void)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%02u", folder, stage++);
	f = fopen(path, "wb");
	CHECK(f && fwrite(region, cfg.region_bytes, 1, f) == 1 && fclose(f) == 0);
}

static void say(u32 ring, u32 bytes)
{
	memset(text, 'a' + (int)(check_random(&seed) % 26), bytes);
	CHECK(ivring_ring_write(&rings[ring], IVRING_ID_MESSAGE, text, bytes) == (int)bytes);
}

/* Writes messages of all lengths for about so many laps, a few of them split. */
static void laps(u32 ring, u32 count)
{
	const u64 all = (u64)count * rings[ring].nr_blocks << rings[ring].block_shift;
	const u64 end = rings[ring].commit + all;

	while (rings[ring].commit < end) {
		u64 random = check_random(&seed);

		say(ring, 1 + (u32)(random % (random >> 32 & 15 ? 700 : 9000)));
	}
}

/* Writes one part of a message whose first part has the sequence @first. */
static u32 say_part(u32 ring, u32 first, u32 offset, u32 bytes, u32 total)
{
	struct ivring_part *part;
	u32 seq;

	part = ivring_ring_reserve(&rings[ring], IVRING_ID_PART, (u32)sizeof(*part) + bytes, &seq);
	CHECK(part != NULL);
	part->first_seq = offset ? first : seq;
	part->offset_bytes = offset;
	part->total_bytes = total;
	part->id = IVRING_ID_MESSAGE;
	part->data_bytes = (u16)bytes;
	memset(part + 1, 'A' + (int)(offset % 26), bytes);
	ivring_ring_commit(&rings[ring]);
	return seq;
}

/* Writes two messages with their parts mixed, which is how nested writers leave them. */
static void crossed(u32 ring)
{
	u32 outer = say_part(ring, 0, 0, 100, 300);
	u32 inner = say_part(ring, 0, 0, 50, 90);

	say(ring, 3);
	say_part(ring, inner, 50, 40, 90);
	say_part(ring, outer, 100, 120, 300);
	say_part(ring, outer, 220, 80, 300);
}

static void log_line(u32 bytes, u64 seq, u32 skipped, u32 claimed)
{
	struct ivring_klog *klog = (void *)text;

	memset(text, 'k', sizeof(*klog) + bytes);
	klog->seq = seq;
	klog->time_us = seq % 2 ? IVRING_KLOG_NO_TIME : seq * 1000;
	klog->skipped = skipped;
	klog->priority = 30;
	klog->text_bytes = (u16)claimed;
	ivring_ring_write(&rings[geo.nr_rings - 1], IVRING_ID_KLOG, text, sizeof(*klog) + bytes);
}

static void announce(u32 reason, u32 epoch)
{
	struct ivring_clock clock = { .clock_value = 5, .utc_ns = 6, .reason = reason,
				      .epoch = epoch };

	ivring_ring_write(&rings[geo.nr_rings - 1], IVRING_ID_CLOCK, &clock, sizeof(clock));
}

/* Writes the kernel's own records, valid ones and some that contradict themselves. */
static void kernel_log(void)
{
	u32 epoch = rings[geo.nr_rings - 1].epoch;

	log_line(20, 1, 0, 20);
	log_line(0, 2, 2, 0);
	log_line(20, 3, 4, 20); /* more skipped than there were */
	log_line(20, 4, 0, 21);
	log_line(20, IVRING_POSITION_LIMIT, 0, 20);
	announce(IVRING_ANNOUNCE_START, epoch);
	announce(IVRING_ANNOUNCE_STEP, epoch + 1);
	announce(77, epoch);
}

/* Fills the newest block exactly; its last record has @pad bytes of padding. */
static void fill_block(u32 ring, u32 pad)
{
	const u32 block_bytes = 1u << rings[ring].block_shift;
	u32 at, left;

	do {
		say(ring, 100);
		at = (u32)rings[ring].commit & (block_bytes - 1) & ~7u;
		left = at ? block_bytes - at : 0;
	} while (left < 16 + 8 || left > 16 + 2000);
	say(ring, left - 16 - pad);
	CHECK((rings[ring].commit & ~7ull) % block_bytes == 0);
	CHECK((rings[ring].commit & 7) == pad);
}

/* Holds a writer up, and writes others on top of it until there is no room. */
static void dropping(u32 ring)
{
	u64 before = rings[ring].dropped;
	void *held = ivring_ring_reserve(&rings[ring], IVRING_ID_MESSAGE, 10, NULL);

	CHECK(held);
	memset(held, 'h', 10);
	memset(text, 'd', 900);
	while (rings[ring].dropped < before + 3)
		ivring_ring_write(&rings[ring], IVRING_ID_MESSAGE, text, 900);
	ivring_ring_commit(&rings[ring]);
}

/* Begins a record that never ends, and writes complete ones on top of it. */
static void abandoned(u32 ring, u32 count)
{
	CHECK(ivring_ring_reserve(&rings[ring], IVRING_ID_MESSAGE, 33, NULL));
	for (u32 i = 0; i < count; i++)
		ivring_ring_write(&rings[ring], IVRING_ID_MESSAGE, text, 500);
}

static void session(void)
{
	const u32 klog = geo.nr_rings - 1;

	save(); /* nothing is written yet */
	for (u32 bytes = 1; bytes < 20; bytes++)
		say(0, bytes);
	kernel_log();
	save();
	say(0, 5000);
	say(1, 40000);
	say(klog, IVRING_MESSAGE_BYTES_MAX / 8);
	crossed(0);
	save();
	for (u32 pad = 0; pad < 8; pad++) {
		fill_block(pad % 2, pad);
		save();
		laps(pad % 2, pad % 3);
		fill_block(pad % 2, pad);
		save(); /* in about half of the cases the ring was lapped */
	}
	say_part(0, 0, 0, 100, 300); /* the other parts never come */
	dropping(0);
	dropping(1);
	save();
	abandoned(0, 2);
	abandoned(1, rings[1].nr_blocks);
	save(); /* records are claimed but not committed, and blocks are numbered ahead */
	ivring_ring_takeover(&rings[0], IVRING_TAKEOVER_KILLED);
	save();
	CHECK(attach()); /* another driver start, over what ring 1 never ended */
	save();
	kernel_log();
	for (u32 i = 0; i < geo.nr_rings; i++)
		laps(i, i == klog ? 2 : 3);
	save();
}

int main(int argc, char **argv)
{
	CHECK(argc == 4);
	folder = argv[1];
	set_up(strtoull(argv[2], NULL, 0), 2, (u32)strtoul(argv[3], NULL, 0));
	CHECK(!attach());
	session();
	laps(0, 1);
	header()->magic = 0; /* like a header that is half written */
	save();
	cfg.session_id++;
	CHECK(!attach()); /* a later session, over the blocks of the one before */
	session();
	tear_down();
	printf("stages %u\n", stage);
	return 0;
}
