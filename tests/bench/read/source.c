// SPDX-License-Identifier: MIT
/* Copies blocks, fences, checks again, and validates the copy. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "reader.h"

#define BLOCK_HEADER	((u32)sizeof(struct ivring_block))
#define RECORD_HEADER	((u32)sizeof(struct ivring_record))

static u64 load(const __le64 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

void source_open(struct source *s, const char *path)
{
	const struct ivring_ring_desc *desc;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	MUST(fd >= 0 && fstat(fd, &st) == 0);
	*s = (struct source){ .bytes = (u64)st.st_size };
	s->base = mmap(NULL, s->bytes, PROT_READ, MAP_SHARED, fd, 0);
	MUST(s->base != MAP_FAILED);
	close(fd);
	memcpy(&s->header, s->base, sizeof(s->header));
	MUST(s->header.magic == IVRING_MAGIC && s->header.region_bytes <= s->bytes);
	MUST(s->header.rings_offset + sizeof(*desc) <= s->bytes);
	desc = (const void *)(s->base + s->header.rings_offset);
	memcpy(&s->geo, &desc->geometry, sizeof(s->geo));
	s->live = &desc->live;
	MUST(s->geo.block_bytes >= IVRING_BLOCK_BYTES_MIN && s->geo.nr_blocks >= IVRING_BLOCKS_MIN);
	MUST(s->geo.data_offset + (u64)s->geo.nr_blocks * s->geo.block_bytes <= s->bytes);
	s->cursor = s->geo.block_bytes;
}

static u64 slot_offset(const struct source *s, u64 block)
{
	return s->geo.data_offset + block % s->geo.nr_blocks * s->geo.block_bytes;
}

static bool still_holds(const struct source *s, u64 block)
{
	const struct ivring_block *h = (const void *)(s->base + slot_offset(s, block));

	return load(&h->packet_seq_num) == block;
}

/* Copies blocks; of the first one, only the header and what is behind the cursor. */
static void copy(const struct source *s, struct batch *b, u64 end, u64 first, u32 count)
{
	const u32 size = s->geo.block_bytes;
	const u8 *slot = s->base + slot_offset(s, first);
	u32 skip = max_t(u32, BLOCK_HEADER, (u32)(s->cursor - first * size)), n;

	memcpy(b->bytes, slot, BLOCK_HEADER);
	n = (u32)min_t(u64, size, end - first * size);
	memcpy(b->bytes + skip, slot + skip, n - skip);
	for (u32 i = 1; i < count;) {
		u32 run = min_t(u32, count - i,
				s->geo.nr_blocks - (u32)((first + i) % s->geo.nr_blocks));
		u64 bytes = min_t(u64, (u64)run * size, end - (first + i) * size);

		memcpy(b->bytes + (u64)i * size, s->base + slot_offset(s, first + i), bytes);
		i += run;
	}
}

/* Notes the valid records of one block; returns true if all are. */
static bool walk(struct source *s, struct batch *b, u32 block, u32 at, u32 end)
{
	u32 seq = (u32)s->expected, next;
	u64 time = 0;
	bool whole = true;

	while (at < end) {
		const struct ivring_record *h = (const void *)(b->bytes + block + at);

		next = at + RECORD_HEADER + h->len;
		whole = next <= end && h->seq == seq && h->id && h->timestamp >= time;
		if (!whole)
			break;
		b->offsets[b->count++] = block + at;
		time = h->timestamp;
		seq++;
		at = next == end ? end : ALIGN(next, IVRING_RECORD_ALIGN);
	}
	s->expected += seq - (u32)s->expected;
	return whole && at == end;
}

/* Takes a block; returns false if the batch has to end before it. */
static bool take(struct source *s, struct batch *b, u64 block, u32 at, u64 commit)
{
	const struct ivring_block *h = (const void *)(b->bytes + at);
	const u32 size = s->geo.block_bytes;
	const u64 end = commit & ~7ULL, from = s->cursor - block * size;
	const bool closed = end > (block + 1) * size, fresh = from < BLOCK_HEADER;
	u32 content = closed ? h->content_size / 8 : (u32)(end - (commit & 7) - block * size);
	bool whole = false;

	if (fresh && h->first_seq != s->expected && b->count)
		return false;
	if (h->magic == IVRING_BLOCK_MAGIC && h->stream_id == s->geo.kind &&
	    h->cpu_id == s->geo.cpu && h->packet_size == size * 8 &&
	    content >= BLOCK_HEADER && content <= size && h->first_seq < IVRING_POSITION_LIMIT) {
		if (fresh && h->first_seq != s->expected) {
			if (s->begun)
				s->lost += h->first_seq - s->expected;
			s->expected = h->first_seq;
		}
		s->begun = true;
		if (!b->count)
			b->first_seq = s->expected;
		whole = walk(s, b, at, fresh ? BLOCK_HEADER : (u32)from, content);
	}
	s->corrupt += !whole;
	s->cursor = closed || !whole ? (block + 1) * size : end;
	return true;
}

bool source_drain(struct source *s, struct batch *b)
{
	const u32 size = s->geo.block_bytes;
	const u64 commit = load(&s->live->commit), end = commit & ~7ULL;
	u64 last, first;
	bool held[4096];
	u32 count;

	b->count = 0;
	if (commit < size || commit >= IVRING_POSITION_LIMIT || end <= s->cursor)
		return false;
	last = (end - 1) / size;
	if (s->cursor / size + s->geo.nr_blocks <= last)
		s->cursor = (last - s->geo.nr_blocks + 1) * size;
	first = s->cursor / size;
	count = (u32)min_t(u64, last - first + 1, b->size / size);
	MUST(count <= sizeof(held));
	copy(s, b, end, first, count);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the copy before the check */
	if (load(&((const struct ivring_region_header *)s->base)->session_id) !=
	    s->header.session_id)
		return false;
	for (u32 i = 0; i < count; i++)
		held[i] = still_holds(s, first + i);
	for (u32 i = 0; i < count; i++)
		if (!held[i])
			s->cursor = (first + i + 1) * size;
		else if (!take(s, b, first + i, i * size, commit))
			break;
	s->records += b->count;
	return s->cursor < end;
}
