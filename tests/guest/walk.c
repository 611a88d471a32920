// SPDX-License-Identifier: MIT
/* The checker, which reads the wire independently of the reader, block by block. */
#include "check.h"

#define BLOCK_HEADER	((u32)sizeof(struct ivring_block))
#define RECORD_HEADER	((u32)sizeof(struct ivring_record))
#define PART_HEADER	((u32)sizeof(struct ivring_part))
#define MESSAGES_MAX	1024

/* A message whose parts are still coming. */
struct message {
	u32 first_seq;
	u32 total;
	u32 done;
	u32 key;
};

struct state {
	struct walk *w;
	u64 seq;		/* sequence expected next */
	u64 ts;			/* timestamp of the newest record */
	struct message open[MESSAGES_MAX];
	u32 nr_open;
};

static u32 first_word(const u8 *p, u32 bytes)
{
	u32 word = 0;

	memcpy(&word, p, min_t(u32, bytes, 4));
	return le32_to_cpu(word);
}

static void check_words(const u8 *p, u32 bytes, u32 key, const char *what, u64 seq)
{
	static u8 want[65536];

	check_message(want, bytes, key);
	CHECK(memcmp(p, want, bytes) == 0, "%s, seq %llu, %u bytes", what,
	      (unsigned long long)seq, bytes);
}

static struct message *find_message(struct state *s, u32 first_seq)
{
	for (u32 i = s->nr_open; i-- > 0;)
		if (s->open[i].first_seq == first_seq)
			return &s->open[i];
	return NULL;
}

static void check_part(struct state *s, const u8 *payload, u32 len)
{
	struct ivring_part p;
	struct message *m;
	u32 done, key;

	CHECK(len > PART_HEADER);
	memcpy(&p, payload, sizeof(p));
	CHECK(p.data_bytes == len - PART_HEADER);
	CHECK(p.id == IVRING_ID_MESSAGE);
	CHECK(p.total_bytes <= IVRING_MESSAGE_BYTES_MAX);
	CHECK((u64)p.offset_bytes + p.data_bytes <= p.total_bytes);
	s->w->parts++;
	/* The message's key follows from each part alone; all must have the same. */
	key = first_word(payload + PART_HEADER, p.data_bytes) - p.offset_bytes / 4 * 0x9e3779b1u;
	if (p.data_bytes >= 4)
		check_words(payload + PART_HEADER, p.data_bytes,
			    first_word(payload + PART_HEADER, 4), "part", s->seq);
	m = find_message(s, p.first_seq);
	if (!m) {
		if ((int32_t)(p.first_seq - (u32)s->w->first_seq) < 0)
			return; /* the message's beginning has been overwritten */
		CHECK(p.offset_bytes == 0, "seq %u continues nothing", (u32)s->seq);
		CHECK(p.first_seq == (u32)s->seq);
		CHECK(s->nr_open < MESSAGES_MAX);
		m = &s->open[s->nr_open++];
		*m = (struct message){ p.first_seq, p.total_bytes, 0, key };
	}
	CHECK(p.offset_bytes == m->done && p.total_bytes == m->total);
	CHECK(p.data_bytes < 4 || key == m->key);
	done = m->done += p.data_bytes;
	if (done == m->total)
		*m = s->open[--s->nr_open];
}

static void check_record(struct state *s, const struct ivring_record *h, const u8 *payload)
{
	CHECK(h->seq == (u32)s->seq, "seq %u, expected %llu", h->seq, (unsigned long long)s->seq);
	CHECK(h->timestamp >= s->ts);
	s->ts = h->timestamp;
	if (h->id == TEST_ID) {
		check_words(payload, h->len, h->seq * 0x85ebca6bu + 1, "record", s->seq);
	} else if (h->id == IVRING_ID_MESSAGE) {
		if (h->len >= 4)
			check_words(payload, h->len, first_word(payload, 4), "message", s->seq);
	} else if (h->id == IVRING_ID_PART) {
		check_part(s, payload, h->len);
	} else {
		CHECK(h->id == IVRING_ID_TAKEOVER, "id %u", h->id);
		CHECK(h->len == sizeof(struct ivring_takeover));
		s->w->takeovers++;
	}
	s->seq++;
	s->w->records++;
}

/* Walks the records of one block, whose content ends at @end. */
static void check_records(struct state *s, const u8 *block, u32 end)
{
	struct ivring_record h;
	u32 at = BLOCK_HEADER, content = BLOCK_HEADER;

	while (at < end) {
		CHECK(at + RECORD_HEADER <= end, "%u of %u", at, end);
		memcpy(&h, block + at, sizeof(h));
		content = at + RECORD_HEADER + h.len;
		CHECK(content <= end, "record at %u, %u bytes, end %u", at, h.len, end);
		if (at == BLOCK_HEADER)
			CHECK(h.timestamp == ((const struct ivring_block *)block)->timestamp_begin);
		check_record(s, &h, block + at + RECORD_HEADER);
		at = ALIGN(content, IVRING_RECORD_ALIGN);
	}
	CHECK(content == end, "the last payload ends at %u, the content at %u", content, end);
}

/* A block may begin behind a gap only if a takeover made the gap. */
static void check_first_seq(struct state *s, const struct ivring_block *h, const u8 *block,
			    u32 end)
{
	struct ivring_record first;

	if (h->first_seq == s->seq)
		return;
	CHECK(h->first_seq > s->seq);
	if (end > BLOCK_HEADER) {
		memcpy(&first, block + BLOCK_HEADER, sizeof(first));
		CHECK(first.id == IVRING_ID_TAKEOVER, "gap of %llu before block %llu",
		      (unsigned long long)(h->first_seq - s->seq),
		      (unsigned long long)h->packet_seq_num);
	}
	s->w->lost += h->first_seq - s->seq;
	s->seq = h->first_seq;
}

static u64 number_of(const struct ivring_ring *r, const u8 *data, u64 block)
{
	const void *slot = data + ((block % r->nr_blocks) << r->block_shift);

	return ((const struct ivring_block *)slot)->packet_seq_num;
}

/* Walks the newest @most blocks that end at @commit. */
static void walk_blocks(const struct ivring_ring *r, const u8 *data, u64 commit, u64 drops,
			u32 most, struct walk *w)
{
	static struct state s;
	const u32 size = 1u << r->block_shift;
	const u64 end_pos = commit & ~7ULL, pad = commit & 7;
	u64 last = (end_pos - 1) >> r->block_shift, b, discards = 0, end_ts = 0;

	memset(w, 0, sizeof(*w));
	s = (struct state){ .w = w };
	if (end_pos == size) {
		CHECK(pad == 0);
		return;
	}
	b = last < most ? 1 : last - most + 1;
	for (u64 first = b; b <= last; b++) {
		const u8 *block = data + ((b % r->nr_blocks) << r->block_shift);
		struct ivring_block h;
		u32 end;

		memcpy(&h, block, sizeof(h));
		CHECK(h.packet_seq_num == b, "slot of block %llu holds %llu",
		      (unsigned long long)b, (unsigned long long)h.packet_seq_num);
		CHECK(h.magic == IVRING_BLOCK_MAGIC && h.stream_id == r->kind);
		CHECK(h.packet_size == size * 8 && h.cpu_id == r->cpu);
		CHECK(h.epoch <= r->epoch);
		CHECK(h.timestamp_begin >= end_ts, "block %llu", (unsigned long long)b);
		end = b == last ? (u32)(end_pos - pad - (b << r->block_shift)) : h.content_size / 8;
		CHECK(end >= BLOCK_HEADER && end <= size);
		if (b == first)
			s.seq = w->first_seq = b == 1 ? 0 : h.first_seq;
		check_first_seq(&s, &h, block, end);
		check_records(&s, block, end);
		if (b == last)
			break;
		CHECK(h.content_size % 8 == 0);
		CHECK(h.timestamp_end >= s.ts);
		end_ts = h.timestamp_end;
		CHECK(h.events_discarded <= drops);
		w->discards_fell += h.events_discarded < discards;
		discards = h.events_discarded;
	}
	w->next_seq = s.seq;
	w->unfinished = s.nr_open;
}

void check_ring(const struct ivring_ring *r, const u8 *data,
		const struct ivring_ring_live *live, struct walk *w)
{
	check_ring_newest(r, data, live, r->nr_blocks, w);
}

void check_ring_newest(const struct ivring_ring *r, const u8 *data,
		       const struct ivring_ring_live *live, u32 most, struct walk *w)
{
	walk_blocks(r, data, live->commit, live->drops, most, w);
	CHECK(live->commit_seq == w->next_seq, "commit_seq %llu, found %llu",
	      (unsigned long long)live->commit_seq, (unsigned long long)w->next_seq);
}

u32 check_intact(const struct ivring_ring *r, const u8 *data, u64 commit)
{
	const u64 last = ((commit & ~7ULL) - 1) >> r->block_shift;
	u32 n = 0;

	while (n < r->nr_blocks && n < last && number_of(r, data, last - n) == last - n)
		n++;
	return n;
}

u64 check_seq_at(const struct ivring_ring *r, u64 commit)
{
	struct walk w;

	walk_blocks(r, r->data, commit, r->dropped, 1, &w);
	return w.next_seq;
}
