// SPDX-License-Identifier: MIT
/*
 * Runs the sample writer and the sample reader of PROTOCOL.md against the driver's writer
 * and its checker. `sample FILE` leaves a region in FILE for the reader in ring/.
 */
#include <pthread.h>
#include <unistd.h>
#include "../guest/fixture.h"
/* The kernel's name for this barrier; the other barriers are in guest/core/port.h. */
#define virt_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#include "sample_reader.h"
#include "sample_writer.h"

static u64 copy[IVRING_BLOCK_BYTES_MAX / 8];
static u64 delivered, next;
static u8 text[IVRING_BLOCK_BYTES_MAX], want[IVRING_BLOCK_BYTES_MAX];

static void deliver(u64 seq, const struct ivring_record *record, const void *payload)
{
	CHECK(seq >= next && record->seq == (u32)seq);
	next = seq + 1;
	delivered++;
	if (record->id == IVRING_ID_TAKEOVER)
		return;
	check_fill(want, record->len, (u32)seq);
	CHECK(record->id == IVRING_ID_MESSAGE && memcmp(payload, want, record->len) == 0,
	      "seq %llu", (unsigned long long)seq);
}

static struct sample_reader reader_of(u32 ring)
{
	const struct ivring_ring_geometry *g = &descs()[ring].geometry;

	delivered = next = 0;
	return (struct sample_reader){
		.data = region + g->data_offset, .live = &descs()[ring].live,
		.header = header(), .session_id = header()->session_id,
		.block_bytes = g->block_bytes, .nr_blocks = g->nr_blocks, .kind = g->kind,
		.cpu = g->cpu, .copy = (u8 *)copy, .deliver = deliver,
	};
}

/* Checks that every sequence up to the commit was delivered, or is counted as lost. */
static void check_all(const struct sample_reader *r)
{
	CHECK(r->corrupt == 0 && r->expected == r->live->commit_seq);
	CHECK(delivered + r->lost == r->expected, "%llu and %llu of %llu",
	      (unsigned long long)delivered, (unsigned long long)r->lost,
	      (unsigned long long)r->expected);
}

static u32 any_len(const struct ivring_ring *r)
{
	const u64 random = check_random(&seed);

	return (u32)(random % 16 ? (random >> 8) % 120 : (random >> 8) % (r->max_payload + 1));
}

/* Writes a record with the driver's writer, in one of its two ways. */
static void drive(struct ivring_ring *r)
{
	const u32 len = any_len(r);
	void *payload;
	u32 seq;

	if (check_random(&seed) % 2) {
		check_fill(text, len, (u32)r->commit_seq);
		CHECK(ivring_ring_write(r, IVRING_ID_MESSAGE, text, len) == (int)len);
		return;
	}
	payload = ivring_ring_reserve(r, IVRING_ID_MESSAGE, len, &seq);
	CHECK(payload);
	check_fill(payload, len, seq);
	ivring_ring_commit(r);
}

/* Writes until a longest record does not fit into the block. */
static void fill_up(struct ivring_ring *r)
{
	const u64 size = 1ull << r->block_shift;

	do
		drive(r);
	while ((r->commit & ~7ull) % size < size - r->max_payload);
}

static void read_driver(void)
{
	struct ivring_ring *driver = &rings[0];
	struct sample_reader r = reader_of(0);
	struct walk walk;

	read_ring(&r); /* while nothing is written yet */
	CHECK(delivered == 0 && r.cursor == r.block_bytes);
	for (u32 round = 0; round < 4000; round++) {
		u32 count = (u32)(check_random(&seed) % (round % 500 ? 40 : 5000));

		const u64 lost = r.lost, expected = r.expected;

		while (count--)
			drive(driver);
		read_ring(&r);
		check_all(&r);
		if (round % 100)
			continue;
		/* Only records that are no longer there count as lost. */
		check_ring(driver, driver->data, driver->live, &walk);
		CHECK(r.lost - lost == (walk.first_seq > expected ? walk.first_seq - expected : 0));
	}
	CHECK(r.lost > 0 && delivered > r.lost);
	printf("driver_delivered %llu\ndriver_lost %llu\n", (unsigned long long)delivered,
	       (unsigned long long)r.lost);
}

/* Reads while the oldest block is overwritten, and no commit shows it yet. */
static void read_overwritten(void)
{
	struct ivring_ring *driver = &rings[0];
	struct sample_reader r = reader_of(0);
	void *held;
	u32 seq;

	fill_up(driver);
	held = ivring_ring_reserve(driver, IVRING_ID_MESSAGE, driver->max_payload, &seq);
	CHECK(held);
	memset(held, 0xff, driver->max_payload);
	read_ring(&r);
	check_all(&r);
	check_fill(held, driver->max_payload, seq);
	ivring_ring_commit(driver);
	read_ring(&r);
	check_all(&r);
	/* A writer that never ends, and one on top of it. */
	CHECK(ivring_ring_reserve(driver, IVRING_ID_MESSAGE, 100, NULL));
	CHECK(ivring_ring_reserve(driver, IVRING_ID_MESSAGE, 100, NULL));
	read_ring(&r);
	ivring_ring_takeover(driver, IVRING_TAKEOVER_KILLED);
	drive(driver);
	seq = (u32)r.lost;
	read_ring(&r);
	check_all(&r);
	CHECK(r.lost == seq + 2);
}

static void *storm(void *until)
{
	while (rings[0].commit_seq < *(u64 *)until) {
		drive(&rings[0]);
		if (rings[0].commit_seq % 512 == 0)
			usleep(1);
	}
	return NULL;
}

/* Reads while the driver's writer laps the reader at any moment. */
static void read_storm(void)
{
	struct sample_reader r = reader_of(0);
	u64 until = rings[0].commit_seq + 300000;
	pthread_t writer;

	CHECK(!pthread_create(&writer, NULL, storm, &until));
	while (r.expected < until)
		read_ring(&r);
	pthread_join(writer, NULL);
	read_ring(&r);
	check_all(&r);
	printf("storm_delivered %llu\nstorm_lost %llu\n", (unsigned long long)delivered,
	       (unsigned long long)r.lost);
}

static struct sample_writer writer_of(u32 ring)
{
	const struct ivring_ring_geometry *g = &descs()[ring].geometry;

	return (struct sample_writer){
		.data = region + g->data_offset, .live = &descs()[ring].live,
		.block_bytes = g->block_bytes, .nr_blocks = g->nr_blocks, .kind = g->kind,
		.cpu = g->cpu, .epoch = header()->epoch, .position = g->block_bytes,
	};
}

/* Writes a record with @len bytes of payload with the sample writer. */
static void say(struct sample_writer *w, u16 len)
{
	check_fill(text, len, (u32)w->seq);
	write_record(w, w->seq / 3, IVRING_ID_MESSAGE, text, len);
}

/* Reads what the sample writer writes, with the driver's checker and the sample reader. */
static void read_sample(void)
{
	struct sample_writer w = writer_of(1);
	struct sample_reader r = reader_of(1);
	u64 full = 0;
	struct walk walk;

	for (u32 i = 0; i < 20000; i++) {
		const u64 at = w.position % w.block_bytes, left = w.block_bytes - at;

		/* Fill the block exactly, with any padding, if that is possible now. */
		if (at && left >= 24 && left < 400)
			say(&w, (u16)(left - 16 - i % 8));
		else if (i % 64 == 0) /* the longest record, in a block of its own */
			say(&w, (u16)(w.block_bytes - 80 - i / 64 % 8));
		else
			say(&w, (u16)any_len(&rings[1]));
		full += w.position % w.block_bytes == 0;
		if (i % 50 == 0 || i < 500) {
			check_ring(&rings[1], w.data, w.live, &walk);
			CHECK(walk.next_seq == w.seq && walk.lost == 0 && walk.records > 0);
			read_ring(&r);
			check_all(&r);
		}
		if (i % 5000 == 0) /* no lap was between two reads */
			CHECK(r.lost == 0);
	}
	read_ring(&r);
	check_all(&r);
	CHECK(full > 100 && delivered == w.seq);
	printf("sample_written %llu\n", (unsigned long long)w.seq);
}

static void save(const char *path)
{
	FILE *f = fopen(path, "wb");

	CHECK(f && fwrite(region, cfg.region_bytes, 1, f) == 1 && fclose(f) == 0);
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	set_up(1 << 18, 2, 4096);
	CHECK(!attach());
	read_driver();
	read_overwritten();
	read_storm();
	read_sample();
	save(argv[1]);
	tear_down();
	return 0;
}
